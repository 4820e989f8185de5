"""The examination of problem set 7: the cell of the paper that the student's name draws."""

import numpy as np

from course import model
from course.examiner import attempt, complaint, examine, require, say
from course.sandbox import StudentError

#: for each paper, which of its statements are differences from the book
DIFFERENCES = {"mgu": {1, 3, 5}, "mut1": {2, 3, 5}, "lstm97": {1, 3, 4}}
#: for each function, the names of what it returns
OUTPUTS = {
    "mgu_step": "h_new",
    "mgu_step_back": "dx dh dW_f db_f dW_h db_h",
    "mut1_step": "h_new",
    "mut1_step_back": "dx dh dW_xz db_z dW_xr dW_hr db_r dW_hh db_h",
    "lstm97_step": "y_new s_new",
    "lstm97_step_back": "dx dy ds dW_in dW_out dW_c",
}


def numbers_for(function):
    """What draws the arguments of a function, as `course.examiner.examine` takes it."""
    paper, _, kind = function.partition("_")

    def numbers(rng, k):
        B, D, H = (4, 4, 4) if k == 0 else rng.integers(2, 6, 3)
        if paper == "mut1":
            D = H
        weights: dict[str, list[tuple]] = {
            "mgu": [(H, H + D), (H,), (H, H + D), (H,)],
            "mut1": [(H, D), (H,), (H, D), (H, H), (H,), (H, H), (H,)],
            "lstm97": [(H, D + H)] * 3,
        }
        state = [(B, H)] * (2 if paper == "lstm97" else 1)
        first = state if kind == "step_back" else []
        return tuple(rng.normal(size=shape) for shape in (*first, (B, D), *state, *weights[paper]))

    return numbers


def somebody(paper):
    """What a student writes of whom a paper is asked: their name, and its differences, as texts."""
    who = next(letter for letter in "abcdefghij" if model.solution("ps7").draw(letter) == paper)
    return {
        "name": f'def name():\n    return "{who}"\n',
        "differences": f"def differences():\n    return {sorted(DIFFERENCES[paper])}\n",
    }


def drawn(name):
    """The paper that belongs to a student.

    Raises
    ------
    Lost
        There is no name.
    """
    try:
        who, _ = attempt(name, [])
    except StudentError as error:
        require(False, complaint("name", error))
    require(isinstance(who, str) and who.strip(), "`name` should return your name, a text.")
    return model.solution("ps7").draw(who)


def judge(kind, name, function):
    """Compare a student's function with that of the drawn paper.

    Parameters
    ----------
    kind : {"step", "step_back"}
    name, function : callable
        The student's.

    Raises
    ------
    Lost
    """
    key = f"{drawn(name)}_{kind}"
    examine("ps7", key, function, numbers_for(key), OUTPUTS[key])


def judge_differences(name, differences):
    """Whether three statements are those that hold of the drawn paper.

    Raises
    ------
    Lost
    """
    paper = drawn(name)
    try:
        chosen, _ = attempt(differences, [])
    except StudentError as error:
        require(False, complaint("differences", error))
    fine = isinstance(chosen, list | tuple | np.ndarray) and len(chosen) == 3
    fine = fine and all(np.ndim(n) == 0 and n in range(1, 7) for n in chosen) and len({*map(int, chosen)}) == 3
    require(fine, "`differences` should return a list of three different numbers from 1 to 6.")
    for n in sorted({*map(int, chosen)} - DIFFERENCES[paper]):
        require(False, say("ps7", f"{paper}_says_{n}"))
