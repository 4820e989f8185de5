"""Solutions that are right in other ways than the model's: all must get full marks.

A file gives, for each problem, the ways to write it: whole functions, or the model solution with an edit.
"""

from course import model

RIGHT: dict[str, dict] = {}


def right(problem):
    """Register another right solution of a problem."""

    def register(function):
        problem_set = function.__module__.rsplit(".", 1)[-1]
        RIGHT.setdefault(problem_set, {}).setdefault(problem, []).append(model.renamed(function, problem))
        return function

    return register


def ways(problem_set, problem, *all_edits):
    """Register right solutions as edits of the model's: each a tuple of pairs (what stood there, what is written).

    Of a problem that a teacher has taken out nothing is registered.

    Raises
    ------
    ValueError
        What an edit replaces is not in the model solution.
    """
    for edits in all_edits:
        source = model.source_of(problem_set, problem)
        if source is None:
            return
        for old, new in edits:
            if old not in source:
                raise ValueError(f"{old!r} is not in {problem} of {problem_set}")
            source = source.replace(old, new)
        RIGHT.setdefault(problem_set, {}).setdefault(problem, []).append(source)
