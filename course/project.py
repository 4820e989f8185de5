"""The examination of problem set 6: does it learn, from data, within a state of 64 numbers?"""

import time

import numpy as np

from course import examiner, model
from course.examiner import PLACE, attempt, complaint, require, say
from course.sandbox import StudentError

T, TRAINING, NEW, SECONDS, STATE = 12, 2000, 400, 60, 64


def learns(problem_set, train, start, step, below, runs):
    """Train, and require a mean squared error below that fraction of the targets' variance, in every run.

    Parameters
    ----------
    problem_set : str
    train, start, step : callable
        The student's.
    below : float
    runs : int
        Each with other data, another seed, and another α and β.

    Raises
    ------
    Lost
    """
    make_data = model.solution(problem_set).make_data
    for rng in examiner.generators(f"learns {below}", runs):
        alpha, beta = rng.choice([-1, 1]) * rng.uniform(5, 8), rng.uniform(-2, 2)
        x, y = make_data(rng, TRAINING, alpha, beta)
        x_new, y_new = make_data(rng, NEW, alpha, beta)
        try:
            one_run(problem_set, (train, start, step), (x, y, int(rng.integers(2**31))), (x_new, y_new), below)
        except StudentError as error:
            raise examiner.Lost(complaint("train", error)) from None


def one_run(problem_set, functions, data, new, below):
    """Train once and judge the answers to new sequences."""
    train, start, step = functions
    (x_new, y_new), began = new, time.monotonic()
    weights, touched = attempt(train, list(data))
    require(time.monotonic() - began < SECONDS, f"`train` took longer than {SECONDS} seconds.")
    require(isinstance(weights, dict) and weights, "`train` should return a dictionary of arrays.")
    require(not touched, PLACE.format(name="train"))

    def answers(x):
        state, _ = attempt(start, [weights, x.shape[1]])
        for x_t in x:
            shape = np.shape(state)
            fits = len(shape) == 2 and shape[0] == x.shape[1]
            require(fits, "The state should be an array (batch, at most 64).")
            require(shape[1] <= STATE, say(problem_set, "state_too_large"))
            result, _ = attempt(step, [weights, x_t, state])
            pair = isinstance(result, tuple | list) and len(result) == 2
            require(pair, "`step` should return the new state and the answer.")
            state, answer = result
        answer = np.asarray(answer, float)
        require(answer.shape == (x.shape[1],), "The answer of `step` should be one number for each sequence: (batch,).")
        return answer

    answer = answers(x_new)
    require(np.isfinite(answer).all(), say(problem_set, "diverges"))
    require(np.allclose(answers(x_new[:, :3]), answer[:3], atol=1e-6), say(problem_set, "looks_at_the_batch"))
    error = ((answer - y_new) ** 2).mean() / y_new.var()
    if error < below:
        return
    x, y, seed = data
    again, _ = attempt(train, [x, y[::-1].copy(), seed])
    same = weights.keys() == again.keys() and all(np.array_equal(weights[key], again[key]) for key in weights)
    require(not same, say(problem_set, "does_not_learn"))
    require(answer.std() > 1e-3 * y_new.std(), say(problem_set, "answers_a_constant"))
    correlation = np.corrcoef(answer, y_new)[0, 1]
    require(correlation > -0.5, say(problem_set, "climbs"))
    other = x_new.copy()
    other[..., 0] *= x_new[..., 1]  # what is not marked, erased
    require(np.corrcoef(answers(other), answer)[0, 1] > 0.5, say(problem_set, "ignores_the_marks"))
    late = x_new.copy()
    late[: T // 2, :, 0] = 0
    require(not np.allclose(answers(late), answer, atol=0.05 * y_new.std()), say(problem_set, "forgets_the_first_half"))
    residual = np.var(y_new - answer * np.cov(answer, y_new)[0, 1] / answer.var()) / y_new.var()
    require(residual > below, say(problem_set, "not_scaled_back"))
    require(False, f"It learns, but its error is above {100 * below:.0f} % of the variance on new sequences.")
