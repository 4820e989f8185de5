"""Mistakes that students make, one wrong solution each, with what the student is told.

The grader recognises a mistake by running these functions on the numbers that the student's function
got wrong: the first in the file that gives the same wrong results names it. The likelier of two mistakes
with one symptom stands first. Problems that have no single right result ask for words by name instead.
"""

from typing import NamedTuple

from course import model

MISTAKES: dict[str, list] = {}


class Mistake(NamedTuple):
    """A wrong solution: of which problem, in the place of which function, and what its author is told."""

    problem: str
    replaces: str
    name: str
    function: object
    source: str
    says: str
    general: bool


def wrong(problem, replaces=None, says=None):
    """Register a wrong solution of a problem; its docstring is what the student is told.

    Parameters
    ----------
    problem : str
        The test that takes its points.
    replaces : str, optional
        The function whose place it takes, where that is not `problem`.
    says : str, optional
        One of the general sentences of `course.examiner`, for a mistake that needs no comparison of results.
    """

    def register(function):
        text = says.format(name=problem) if says else " ".join(function.__doc__.split())
        source = model.renamed(function, replaces or problem)
        entry = Mistake(problem, replaces or problem, function.__name__, function, source, text, says is not None)
        MISTAKES.setdefault(function.__module__.rsplit(".", 1)[-1], []).append(entry)
        return function

    return register


def slip(problem_set, problem, name, says, *edits, replaces=None):
    """Register the model solution with a slip in it: each edit is a pair (what stood there, what was written).

    Of a problem that a teacher has taken out nothing is registered.

    Raises
    ------
    ValueError
        What an edit replaces is not in the model solution, or more than once.
    """
    replaces = replaces or problem
    source = model.source_of(problem_set, replaces)
    if source is None:
        return
    for old, new in edits:
        if source.count(old) != 1:
            raise ValueError(f"{name}: {old!r} stands {source.count(old)} times in {replaces} of {problem_set}")
        source = source.replace(old, new)
    space = dict(vars(model.solution(problem_set)))
    exec(source, space)
    entry = Mistake(problem, replaces, name, space[replaces], source, says, False)
    MISTAKES.setdefault(problem_set, []).append(entry)
