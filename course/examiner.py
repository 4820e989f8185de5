"""What the hidden tests call: compare a student's function with the model's, and name the mistake.

The hidden part of a test cell says which numbers to try; `examine` does the rest. In the grader it runs in
the teacher's process and the student's functions are messengers into the sandbox, so neither the tests nor
the model solution are where a student's code could read them. Under plain ``nbgrader autograde`` the same
cell runs in the student's own kernel, with none of that protection.

What a student is told comes from here and from `course.misconceptions`: fixed sentences, into which no number
of a test is ever put.
"""

import ast
import builtins
import copy
import importlib.util
from functools import cache

import numpy as np

from course import diagnosis, model
from course.misconceptions import MISTAKES
from course.sandbox import Stopped, StudentError

RTOL, ATOL = 1e-9, 1e-11  # float64 by any algebra; float32 has seven digits
TRIALS = 4
ALL_BUT = 0.8  # the share of the points for right results of too few digits, or of which an argument was changed

# mistakes that are seen without comparing results
MISSING = "There is no `{name}` in your notebook. Was it renamed, or did its cell stop with an error?"
LATER = (
    "`{name}` stands below the test that uses it. Jupyter's *Restart and run all* goes from the top to the bottom, and "
    "the test does not find it: move the cell above the test."
)
EMPTY = "`{name}` has not been written yet."
NOTHING = "`{name}` returns None. Does it end with a return statement, on every path?"
COUNT = "`{name}` returns {got} value(s), where {due} are expected: {outputs}."
SHAPE = "`{name}` returns `{output}` with axes or sizes other than the problem states. Print its shape."
PLACE = "`{name}` changes the arrays it is given. Whoever called it still needs them: work on a copy."
SINGLE = (
    "The results of `{name}` are right to a few digits and no further: somewhere they pass through float32, "
    "or something is approximated that could be exact. The inputs are float64; keep it that way."
)
KIND = "`{name}` does not return numbers."
NOT_FINITE = "`{name}` returns NaN or infinity where the result is finite."
VALUES = "`{name}` runs and its shapes are right, but `{output}` is wrong{others}."
SLOW = "`{name}` took too long and was stopped. Does every loop end?"
PRINTS = "`{name}` prints so much that it was stopped. Take the print out of the loop."
MUCH = "`{name}` returns far more than the problem asks for: more numbers, or more lists in each other."
SIGNATURE = "`{name}` cannot be called with the arguments that the problem states. Leave them as they were handed out."
UNKNOWN = "`{name}` uses a name that is not defined{line}: is it misspelt, or defined below, or in a cell that failed?"
ABSENT = "`{name}` imports something that the grader does not have{line}. NumPy is enough for all problems."
RAISES = "`{name}` stops with {kind}{line}. It was run on other numbers and sizes than those of the visible test."

seed = 0  # set by the grader: other numbers for every student


class Lost(AssertionError):
    """Points are lost, and this is what the student is told.

    Parameters
    ----------
    says : str
    kept : float, default 0
        The share of the points that is not lost.
    """

    def __init__(self, says, kept=0.0):
        super().__init__(says)
        self.kept = kept


@cache
def mistakes(problem_set):
    """The wrong solutions of a problem set, in the order of their file; none where it has no file yet."""
    if importlib.util.find_spec(f"course.misconceptions.{problem_set}"):
        importlib.import_module(f"course.misconceptions.{problem_set}")
    return MISTAKES.get(problem_set, [])


def compared(problem_set, name):
    """The wrong solutions of a problem that are recognised by their results."""
    return [m for m in mistakes(problem_set) if name in (m.problem, m.replaces) and not m.general]


def say(problem_set, name):
    """The words for a mistake that a hidden test recognises itself."""
    return next(m.says for m in mistakes(problem_set) if m.name == name)


def require(condition, message):
    """Take the points, with these words, unless the condition holds."""
    if not condition:
        raise Lost(message)


def generators(name, trials=TRIALS):
    """Sources of random numbers for the trials of a problem: others for each student and problem."""
    return [np.random.default_rng([seed, *name.encode(), k]) for k in range(trials)]


def attempt(function, args):
    """Call a student's function on copies: its result, and whether it changed what it was given.

    Raises
    ------
    StudentError
        It raised an error, or did what its limits forbid.
    Stopped
        Its process has ended.
    """
    messenger = hasattr(function, "changed")  # the grader's, whose sandbox has its own copies
    given = args if messenger else copy.deepcopy(args)
    try:
        result = function(*given)
    except (StudentError, Stopped, Lost):
        raise
    except Exception as error:  # under plain nbgrader
        raise StudentError(type(error).__name__, str(error)) from error
    if messenger:
        return result, function.changed
    return result, not same(*([a for a in some if not callable(a)] for some in (given, args)))


def same(a, b, rtol=RTOL, atol=ATOL):
    """Whether two results are the same numbers in the same shapes, whatever holds them."""
    if isinstance(b, dict):
        return isinstance(a, dict) and a.keys() == b.keys() and all(same(a[key], b[key], rtol, atol) for key in b)
    if isinstance(b, tuple | list):
        return (
            isinstance(a, tuple | list)
            and len(a) == len(b)
            and all(same(x, y, rtol, atol) for x, y in zip(a, b, strict=True))
        )
    try:
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape:
            return False
        equal = a.dtype.kind == b.dtype.kind == "f" and (a == b).all()  # most are, and it is seen sooner
        return bool(equal or np.allclose(a, b, rtol=rtol, atol=atol))
    except (TypeError, ValueError):
        return False


def rounded(a, b):
    """Whether a result is of fewer digits than the one that is due, where both are arrays of decimals."""
    if isinstance(b, tuple | list):
        return any(map(rounded, a, b))
    if isinstance(b, dict):
        return any(rounded(a[key], b[key]) for key in b)
    a, b = np.asarray(a).dtype, np.asarray(b).dtype
    return a.kind in "fc" and b.kind in "fc" and np.finfo(a).eps > np.finfo(b).eps


def examine(problem_set, name, student, numbers, outputs="result"):
    """Compare a student's function with the model's on random numbers.

    Parameters
    ----------
    problem_set, name : str
        Such as "ps4" and "lstm_step": the function to compare with.
    student : callable
    numbers : callable
        Takes a `numpy.random.Generator` and the number of the trial, returns the arguments.
    outputs : str
        Names of what is returned, separated by spaces. More than one means a tuple, of which each has its part of
        the points: equal parts, or by a weight, as in ``"dx dh dW_x*2"``.

    Raises
    ------
    Lost
        The student's function is wrong; the text names the mistake.
    """
    right = getattr(model.solution(problem_set), name)
    weights = weights_of(outputs)
    trials, names, changed = [], list(weights), False
    for k, rng in enumerate(generators(name)):
        args = numbers(rng, k)
        due = right(*diagnosis.copied(args))
        try:
            got, touched = attempt(student, args)
            changed |= touched
        except StudentError as error:
            if error.kind in ("TimeoutError", "OutputLimit"):
                raise Lost(complaint(name, error)) from None  # once is enough
            got = error
        trials.append((args, due, got))
    if all(same(got, due) for _, due, got in trials):
        if any(rounded(got, due) for _, due, got in trials):
            raise Lost(SINGLE.format(name=name), ALL_BUT)
        if changed:
            raise Lost(PLACE.format(name=name), ALL_BUT)
        return
    kept = kept_by(trials, weights)
    known = compared(problem_set, name)
    for mistake in known:
        if explains(mistake.function, trials):
            raise Lost(mistake.says, kept)

    ended: list[Exception] = []

    def wrongly(*args):
        if ended:  # it is not started again and again only to be told more
            raise ended[0]
        try:
            return attempt(student, args)[0]
        except (Stopped, StudentError) as error:
            if isinstance(error, Stopped) or error.kind in ("TimeoutError", "OutputLimit"):
                ended.append(error)
            raise

    described, is_value = description(name, trials, names, changed)
    if all(isinstance(got, StudentError) for _, _, got in trials):
        raise Lost(described)
    single, pair, first = diagnosis.name_mistakes(
        problem_set, name, wrongly, numbers, names, known, lambda program: explains(program, trials)
    )
    if described == SINGLE.format(name=name):
        kept = ALL_BUT
    says = single() or (is_value and pair()) or " ".join([described, *((is_value and [first()]) or [])]).strip()
    raise Lost(says, kept)


def weights_of(outputs):
    """The names of what a function returns, each with its weight.

    Examples
    --------
    >>> weights_of("dx dh dW_x*2")
    {'dx': 1.0, 'dh': 1.0, 'dW_x': 2.0}
    """
    parts = (one.partition("*") for one in outputs.split())
    return {name: float(weight or 1) for name, _, weight in parts}


def kept_by(trials, weights):
    """The share of the points for those outputs that are right in all trials."""
    right = set(weights) if len(weights) > 1 else set()
    for _, due, got in trials:
        if not isinstance(got, tuple | list) or len(got) != len(weights):
            return 0.0
        right -= {name for name, x, y in zip(weights, got, due, strict=True) if not same(x, y)}
    return sum(weights[name] for name in right) / sum(weights.values())


def explains(wrong, trials):
    """Whether a wrong solution gives what the student's gave, in every trial."""
    agreed = False
    for args, _, got in trials:
        try:
            with np.errstate(all="ignore"):
                result = wrong(*diagnosis.copied(args))
        except Exception:
            if not isinstance(got, StudentError):
                return False
            continue
        if isinstance(got, StudentError) or not same(got, result):
            return False
        agreed = True
    return agreed


def description(name, trials, names, changed):
    """What is seen in a wrong result without knowing why, and whether it is only the numbers that are wrong."""
    if changed:
        return PLACE.format(name=name), False
    for _, due, got in trials:
        if isinstance(got, StudentError):
            return complaint(name, got), False
        if got is None:
            return NOTHING.format(name=name), False
        if isinstance(due, list):
            names = [f"{names[0]}[{k}]" for k in range(len(due))]
        elif not isinstance(due, tuple):
            due, got = (due,), (got,)
        if not isinstance(got, tuple | list) or len(got) != len(due):
            count = len(got) if isinstance(got, tuple | list) else 1
            return COUNT.format(name=name, got=count, due=len(due), outputs=", ".join(names)), False
        wrong = [label for label, x, y in zip(names, got, due, strict=True) if not same(x, y)]
        for label, x, y in zip(names, got, due, strict=True):
            try:
                x, y = np.asarray(x, complex), np.asarray(y, complex)
            except (TypeError, ValueError):
                return KIND.format(name=name), False
            if x.shape != y.shape:
                return SHAPE.format(name=name, output=label), False
            if not np.isfinite(x).all():
                return NOT_FINITE.format(name=name), False
        if not wrong:
            continue
        if all(same(x, y, rtol=1e-4, atol=1e-5) for x, y in zip(got, due, strict=True)):
            return SINGLE.format(name=name), False
        rest = [label for label in names if label not in wrong]
        others = f", while {' and '.join(f'`{label}`' for label in rest)} can be trusted" if rest else ""
        return VALUES.format(name=name, output=wrong[0], others=others), True
    raise AssertionError("only called for a result that is wrong")


def complaint(name, error):
    """The words for a function that raised an error on hidden numbers: its kind and line, none of its own words."""
    if error.kind == "NotImplementedError":
        return EMPTY.format(name=name)
    if error.kind == "TimeoutError":
        return SLOW.format(name=name)
    if error.kind == "OutputLimit":
        return PRINTS.format(name=name)
    if error.kind == "ReplyLimit":
        return MUCH.format(name=name)
    if error.kind == "MemoryError":
        return f"`{name}` asks for more memory than there is."
    if error.kind == "TypeError" and error.line is None:  # it was not even entered
        return SIGNATURE.format(name=name)
    line = f" in line {error.line} of its cell" if isinstance(error.line, int) else ""
    if error.kind == "NameError":
        return UNKNOWN.format(name=name, line=line)
    if error.kind in ("ImportError", "ModuleNotFoundError"):
        return ABSENT.format(name=name, line=line)
    return RAISES.format(name=name, kind=error.kind, line=line)


def free_names(source):
    """Names that a test cell takes from the notebook: those it uses and does not make, but for built-in ones."""
    names = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    made = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return sorted({node.id for node in names} - made - set(dir(builtins)) - {"np"})
