"""The model solution of problem set 9 against its equations, written here, and the complex step."""

import numpy as np
import pytest

from course import examiner, grade, model

ps9 = model.solution("ps9")


def gradients(loss, arguments):
    """The gradient of a loss with respect to each argument, entry by entry, by the complex step."""
    grads = []
    for number, argument in enumerate(arguments):
        grad = np.zeros(np.shape(argument))
        for place in np.ndindex(grad.shape):
            moved = np.array(argument, complex)
            moved[place] += 1e-100j
            grad[place] = loss(*arguments[:number], moved, *arguments[number + 1 :]).imag / 1e-100
        grads.append(grad)
    return grads


def test_the_linear_recurrence_is_the_sum_over_all_ways(rng):
    keep, u, weights = rng.normal(size=(3, 5, 2, 3))
    h0 = rng.normal(size=(2, 3))

    def states(keep, u, h0):
        ways = [h0, *u]  # what came in before the first step, and at each
        return [sum(w * np.prod(keep[s : t + 1], axis=0) for s, w in enumerate(ways[: t + 2])) for t in range(len(u))]

    np.testing.assert_allclose(ps9.linear_forward(keep, u, h0), states(keep, u, h0), rtol=1e-12)
    due = gradients(lambda *args: (weights * np.array(states(*args))).sum(), [keep, u, h0])
    for mine, grad in zip(ps9.linear_backward(weights, keep, u, h0), due, strict=True):
        np.testing.assert_allclose(mine, grad, rtol=1e-11)


def test_two_steps_are_one(rng):
    A1, A2 = rng.normal(size=(2, 3, 3))
    b1, b2, h = rng.normal(size=(3, 3))
    A, b = ps9.two_in_one(A1, b1, A2, b2)
    np.testing.assert_allclose(A @ h + b, A2 @ (A1 @ h + b1) + b2, rtol=1e-12)


def test_the_matrix_forgets_and_overwrites_and_its_gradients_are_exact(rng):
    S, dS_new = rng.normal(size=(2, 4, 4))
    k, v, q, dh = rng.normal(size=(4, 4))

    def step(S, k, v, q, alpha, beta):  # in the other form: a product from the right, and a term
        erased = alpha * (S - beta * np.einsum("ij,j,l->il", S, k, k))
        new = erased + beta * np.einsum("i,j->ij", v, k)
        return np.einsum("ij,j->i", new, q), new

    given = [S, k, v, q, 0.7, 1.3]
    for mine, due in zip(ps9.delta_step(*given), step(*given), strict=True):
        np.testing.assert_allclose(mine, due, rtol=1e-12)

    def loss(*args):
        h, new = step(*args)
        return (dh * h).sum() + (dS_new * new).sum()

    for mine, grad in zip(ps9.delta_step_back(dh, dS_new, *given), gradients(loss, given), strict=True):
        np.testing.assert_allclose(mine, grad, rtol=1e-11)


@pytest.mark.parametrize("n", range(3, 13))
def test_the_counter_counts(n, rng):
    symbols, count, due = rng.integers(0, 4, 300), 0, []
    for symbol in symbols:
        count = (count, count + 1, count - 1, -count)[symbol] % n
        due.append(count)
    assert ps9.play(*ps9.counter(n), symbols) == due


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("-np.sin(np.pi / n), np.cos(np.pi / n)", "np.cos(np.pi / n), np.sin(np.pi / n)", "does not lead through all"),
        ("(np.pi / n)", "(3 * np.pi / n)", "does not lead through all"),
        ("np.array([1.0, 0.0])", "np.zeros(2)", "does not lead through all"),
        ("np.array([1.0, 0.0])", "np.array([1.0, 1.0])", "Before the first symbol"),
    ],
)
def test_a_counter_is_not_told_of_what_it_does_rightly(old, new, seen):
    """For a few `n` a wrong mirror turns the state as if only the order were wrong, and a wrong start is a tie."""
    source = model.source_of("ps9", "counter")
    assert old in source
    space = {"np": np}
    exec(source.replace(old, new), space)
    hidden = next(text for key, _, text in grade.roles("ps9")[0] if key == "counter").partition(grade.HIDDEN)[2]
    with pytest.raises(examiner.Lost, match=seen):
        exec(hidden, space)
