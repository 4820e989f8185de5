"""Name the mistake in a wrong function by calling it, and the wrong programs of `course.grammar`, on the same numbers.

First single edits. Then two at once: where they act on different parts of the result, part by part; where they act on
the same part, on inputs that silence one of them (a zero memory, a gate that is closed, one step). The numbers are the
same for all students, so what the wrong programs give on them is worked out once. What is found must also give the
student's own results on the student's own numbers. Where nothing is found, the first equation of the book that does not
hold is named: the one behind the quantity whose disturbance in the model would spoil what is spoilt, and nothing else.
"""

import contextlib
import copy
import itertools
from dataclasses import replace

import numpy as np

from course import grammar, model
from course.words import EQUATIONS, equation, phrase

RTOL, ATOL = 1e-7, 1e-9
MOST = 3  # places of a mistake that are told where it cannot be known which it is
#: Of a gate or another quantity these can be wrong where it is made or, to the same effect, where it is used.
OTHERWISE = ("left out", "activation", "sign", "complement", "block", "twice", "transpose", "quantity")
FIT = 0.7  # how much of what is spoilt must be alike before an equation is blamed
SOME, FEW = 20, 3  # how many edits that explain something are tried with each other, and how many with all
#: Quantities that a student may have at hand in a function, and the model does not name.
EXTRAS = {
    "lstm_step_back": {"c_new": "f * c + i * g", "h_new": "o * np.tanh(f * c + i * g)"},
    "gru_step_back": {"h_new": "z * h + (1 - z) * n", "r_h": "r * h"},
    "gru_step": {"r_h": "r * h"},
}
#: Of edits that give the same, the kind that is first here names the mistake.
KINDS = (
    *("known", "left out", "activation", "slope", "index", "carry", "boundary", "sign", "complement", "block"),
    *("result", "exchange", "twice", "axis", "transpose", "mean", "quantity", "order", "start", "case", "function"),
    *("range", "factor", "product", "comparison", "number", "constant", "zero", "too many"),
)


def arrays(result):
    """A result as a list of arrays; None where it is no such thing."""
    parts = result if isinstance(result, tuple | list) else [result]
    try:
        parts = [np.asarray(part) for part in parts]
    except (TypeError, ValueError):
        return None
    return parts if all(part.dtype.kind in "biufc" for part in parts) else None


def copied(args):
    """Arguments to give away to a function that may write into them: most are arrays, which are copied soonest so."""
    return [arg.copy() if type(arg) is np.ndarray else copy.deepcopy(arg) for arg in args]


class Suspects:
    """The wrong programs for one function, and what they give on probes.

    Parameters
    ----------
    problem_set, name : str
    numbers : callable
        As in `course.examiner.examine`.
    outputs : list of str
    known : list of `course.misconceptions.Mistake`
        Wrong solutions with words of their own, which are better than those of an edit that gives the same.
    """

    def __init__(self, problem_set, name, numbers, outputs, known):
        self.problem_set, self.name, self.outputs = problem_set, name, outputs
        self.right = getattr(model.solution(problem_set), name)
        given = [numbers(np.random.default_rng([2027, k]), k) for k in (0, 1)]
        self.probes = probes(name, *given)
        asked = len(self.probes)
        self.probes += silent(given[0])
        # where the right result is no number, nothing can be compared
        finite = [all(np.isfinite(a).all() for a in self.see(self.right, k)) for k in range(len(self.probes))]
        self.asked = sum(finite[:asked])  # on these mistakes are looked for, on the rest two are only compared
        self.probes = [probe for probe, good in zip(self.probes, finite, strict=True) if good]
        self.due = [self.see(self.right, probe) for probe in range(len(self.probes))]
        self.parts = [parts_of(due, self.probes[0]) for due in self.due]
        self.schemas = {"": self.schema("")}
        known = [m for m in known if m.replaces == name]
        edits = [grammar.Edit({}, "known", m.says, (), m.source) for m in known]
        edits += self.schemas[""].edits
        # of edits that give the same, one in the function itself stands first, then one of a likelier kind
        self.edits = sorted(
            edits, key=lambda e: (e.group[:1] not in ((), (name,)), KINDS.index(e.kind), len(e.changes))
        )
        self.functions = {m.source: m.function for m in known}
        self.tables: dict = {}
        self.some: dict = {}
        self.beside: dict = {}
        vectors, due = self.table(0)[0], self.vector(self.due[0], 0)
        self.idle = close(vectors, due).all(axis=1)
        for k in np.flatnonzero(self.idle):  # does it change nothing on the second probe either?
            self.idle[k] = alike(self.see(self.program(self.edits[k]), 1), self.due[1])
        self.touched = ~self.whole_parts(close(vectors, due), 0)
        # of edits that give the same, the first stands for all when two are tried together
        _, leading = np.unique(vectors.round(9), axis=0, return_index=True)
        self.leading = ~np.isfinite(vectors).all(axis=1)
        self.leading[leading] = True
        for j in range(len(known)):
            second = self.see(known[j].function, 1)
            for k in np.flatnonzero(close(vectors, vectors[j]).all(axis=1)):
                edit = self.edits[k]
                if not edit.source and alike(self.see(self.program(edit), 1), second):
                    self.edits[k] = replace(edit, words=known[j].says)

    def schema(self, source):
        """The edits of a program: the model's, or a known wrong one."""
        return grammar.Schema(
            self.problem_set, self.name, self.probes[0], self.outputs, EXTRAS.get(self.name), source or None
        )

    def program(self, edit, other=None):
        """The wrong program of one edit, or of two, as a function."""
        if other is None and edit.source:
            return self.functions[edit.source]
        changes = edit.changes | (other.changes if other else {})
        return lambda *args: self.schemas[edit.source].run(changes, args)

    def partners(self, edit, wrong, open_):
        """The edits that could explain, beside another, what is still open, and what both give on the first probe.

        Parameters
        ----------
        edit : Edit
        wrong, open_ : ndarray of bool
            For each part of the result, whether it is wrong, and whether it is not what the edit alone gives.
        """
        others = self.inside(edit)
        if not edit.source:  # what an edit touches alone it touches beside another
            others = [
                (k, other)
                for k, other in others
                if self.leading[k] and (self.touched[k] >= open_).all() and (self.touched[k] <= wrong).all()
            ]
        seen = self.beside.setdefault(edit, {})
        for k, other in others:
            if k not in seen:
                seen[k] = self.vector(self.see(self.program(edit, other), 0), 0)
        return [other for _, other in others], np.array([seen[k] for k, _ in others])

    def inside(self, edit):
        """The edits of the function itself that can be made beside another, with their numbers."""
        if edit.source not in self.schemas:
            try:
                self.schemas[edit.source] = self.schema(edit.source)
            except Exception:  # it is written in a way that has no edits
                self.schemas[edit.source] = None
        schema = self.schemas[edit.source]
        known = self.edits if not edit.source else schema.edits if schema else []
        return [
            (k, other)
            for k, other in enumerate(known)
            if not other.source and other.group[0] == self.name and not edit.changes.keys() & other.changes.keys()
        ]

    # what is seen

    def see(self, function, probe):
        """What a function gives on a probe, as arrays; None where it fails."""
        with np.errstate(all="ignore"), contextlib.suppress(Exception):
            return arrays(function(*copied(self.probes[probe])))
        return None

    def fits(self, seen, probe):
        """Whether a result has the right shapes."""
        return seen is not None and [a.shape for a in seen] == [a.shape for a in self.due[probe]]

    def vector(self, seen, probe):
        """A result as one vector; NaN where its shapes are not the right ones."""
        if not self.fits(seen, probe):
            return np.full(len(self.parts[probe]), np.nan, complex)
        return np.concatenate([np.ravel(a) for a in seen]).astype(complex)

    def table(self, probe):
        """What all edits give on a probe: as rows of numbers, and as they are."""
        if probe not in self.tables:
            seen = [self.see(self.program(edit), probe) for edit in self.edits]
            self.tables[probe] = np.array([self.vector(one, probe) for one in seen]), seen
        return self.tables[probe]

    def rows(self, probe, which):
        """What some edits give on a probe, as rows of numbers; each is worked out once."""
        if probe in self.tables:
            return self.tables[probe][0][which]
        known = self.some.setdefault(probe, {})
        for k in which:
            if k not in known:
                known[k] = self.vector(self.see(self.program(self.edits[k]), probe), probe)
        return np.array([known[k] for k in which]).reshape(len(which), len(self.parts[probe]))

    def whole_parts(self, agree, probe):
        """For each part, whether all of its numbers agree."""
        parts = self.parts[probe]
        return np.stack([agree[..., parts == k].all(axis=-1) for k in range(parts.max() + 1)], axis=-1)

    # what is found

    def single(self, student, explains):
        """The edits that give what the student's function gives, each in another place.

        A gate that is read wrongly gives the same as one that is used wrongly: who can only call a function cannot say
        which line it is, and must not accuse one of them.
        """
        probe = 0 if student(0) is not None else 1
        vectors, seen = self.table(probe)
        if self.fits(student(probe), probe):
            found = np.flatnonzero(close(vectors, self.vector(student(probe), probe)).all(axis=1))
        else:
            found = np.array([k for k, one in enumerate(seen) if alike(one, student(probe))], int)
        told: list = []
        for k in found:
            edit = self.edits[k]
            other = edit.kind in OTHERWISE and edit.group[0] == self.name
            if self.idle[k] or edit.place in [one.place for one in told] or (told and not other):
                continue
            if explains(self.program(edit)):
                told.append(edit)
            if told and (len(told) == MOST or told[0].kind not in OTHERWISE):
                break
        return told

    def explained(self, seen, vector, probe):
        """For each row of results: how many parts of what is wrong it explains, and how many it contradicts.

        A part that is all zeros explains nothing: too much gives zeros.
        """
        wrong = ~self.whole_parts(close(self.vector(self.due[probe], probe), vector), probe)
        agree = self.whole_parts(close(seen, vector), probe)
        telling = wrong & ~self.whole_parts(vector == 0, probe)
        return (agree & telling).sum(axis=-1), (~agree & ~wrong).sum(axis=-1), wrong.sum()

    def hints(self, student, probes):
        """Edits that explain a part of what is wrong on a probe and contradict nothing there, the best first.

        Only those are tried that by themselves touch no part that is right in the student's result.
        """
        scores: dict = {}
        first = self.vector(self.due[0], 0)
        wrong = ~self.whole_parts(close(first, self.vector(student(0), 0)), 0)
        likely = np.flatnonzero(~self.idle & self.leading & (self.touched <= wrong).all(axis=1))
        for probe in probes:
            if not self.fits(student(probe), probe):
                continue
            rows = self.rows(probe, likely)
            gain, loss, total = self.explained(rows, self.vector(student(probe), probe), probe)
            for j in np.flatnonzero((gain > 0) & (loss == 0)):
                scores[likely[j]] = scores.get(likely[j], 0) + gain[j] / total
        return [self.edits[k] for k in sorted(scores, key=lambda k: -scores[k])]

    def sure(self, edit, student):
        """Whether an edit explains a part of what is wrong on all numbers that silence nothing."""
        fit = [probe for probe in (0, 1) if self.fits(student(probe), probe)]
        for probe in fit:
            row = self.vector(self.see(self.program(edit), probe), probe)
            gain, loss, _ = self.explained(row, self.vector(student(probe), probe), probe)
            if not gain or loss:
                return False
        return bool(fit)

    def spoilt(self, seen, probe):
        """For each part of a result on a probe, whether it is wrong; where it has other shapes, all are."""
        if not self.fits(seen, probe):
            return np.ones(self.parts[probe].max() + 1, bool)
        return ~self.whole_parts(close(self.vector(seen, probe), self.vector(self.due[probe], probe)), probe)

    def just(self, edit, student):
        """Whether a mistake spoils nothing, on any numbers, that is right in the student's result.

        Two edits can give what the student's function gives although one of them stands for too much, and the other
        takes a part of it back: there the student's line is right, and would be accused. What silences a term shows it.
        """
        return not any(
            (self.spoilt(self.see(self.program(edit), probe), probe) & ~self.spoilt(student(probe), probe)).any()
            for probe in range(len(self.probes))
        )

    def both(self, edit, other, student):
        """Whether two mistakes are both in the student's function, so that mending both would make it right.

        Two edits of the right program stand in lines of their own. A known wrong program may differ from the right one
        in several lines, and an edit of it may take one of them back: it has to be a mistake in the right program too.
        """
        if not edit.source:
            return True
        return self.just(edit, student) and any(one.words == other.words for one in self.edits if not one.source)

    @staticmethod
    def couples(edits):
        """Two of the first edits that can be made together."""
        for edit, other in itertools.combinations(edits[:SOME], 2):
            if not (edit.source or other.source or edit.changes.keys() & other.changes.keys()):
                yield edit, other

    def pair(self, student, explains):
        """Two edits that give what the student's function gives; or one that gives a part of it, and None."""
        if not self.fits(student(0), 0):
            return None
        vector, tried = self.vector(student(0), 0), set()
        wrong = ~self.whole_parts(close(self.vector(self.due[0], 0), vector), 0)
        # what silences a term is asked only where the others do not suffice, and one after the other
        for probes in (range(2), *(range(2, k) for k in range(3, self.asked + 1))):
            hints = self.hints(student, probes)
            for edit, other in self.couples([edit for edit in hints if edit not in tried]):
                program = self.program(edit, other)
                alike_ = close(self.vector(self.see(program, 0), 0), vector).all()
                if alike_ and explains(program) and self.both(edit, other, student):
                    return edit, other
            for edit in [edit for edit in hints if edit not in tried][:FEW]:
                alone = self.vector(self.see(self.program(edit), 0), 0)
                others, rows = self.partners(edit, wrong, ~self.whole_parts(close(alone, vector), 0))
                for k in np.flatnonzero(close(rows, vector).all(axis=1)) if others else ():
                    if explains(self.program(edit, others[k])) and self.both(edit, others[k], student):
                        return edit, others[k]
            tried |= {*hints}
        hints = self.hints(student, range(2))
        sure = [edit for edit in hints if self.sure(edit, student) and self.just(edit, student)]
        return (sure[0], None) if sure else None

    def equations(self, student):
        """The first equations of which one does not hold: their labels, each with the quantity that it defines.

        They define the quantities whose disturbance in the model spoils what is spoilt, and as little else as can be.
        """
        table = EQUATIONS.get(self.problem_set, {})
        probe = next((p for p in (0, 1) if self.fits(student(p), p)), None)
        best, told = FIT, [(table[self.name], "")] if self.name in table else []
        if probe is None:
            return told
        due = self.vector(self.due[probe], probe)
        wrong = ~self.whole_parts(close(due, self.vector(student(probe), probe)), probe)
        for (_, quantity), switch in self.schemas[""].quantities.items():
            label = table.get(f"{self.name}.{quantity}", table.get(quantity))
            if not label:
                continue
            seen = self.see(self.program(grammar.Edit({switch: disturbed}, "", "")), probe)
            spoilt = ~self.whole_parts(close(due, self.vector(seen, probe)), probe)
            score = (spoilt & wrong).sum() / (spoilt | wrong).sum() if self.fits(seen, probe) else 0
            if score > best + 1e-9:
                best, told = score, []
            if score > best - 1e-9 and (label, quantity) not in told:
                told.append((label, quantity))
        return told


def probes(name, square, odd):
    """Inputs: of equal sizes; of different ones; then the first with one step, an argument zero, or a gate closed."""
    long = [isinstance(a, np.ndarray) and a.ndim == 3 for a in square]
    if any(long):
        return [square, odd, tuple(a[:1] if one else a for a, one in zip(square, long, strict=True))]
    found = [square, odd]
    for k, argument in enumerate(square):
        if isinstance(argument, np.ndarray):
            found.append((*square[:k], 0 * argument, *square[k + 1 :]))
    if name.startswith(("lstm", "gru", "coupled")):
        width = len(square[-2])
        for k in range(0, len(square[-1]), width):
            bias = square[-1].copy()
            bias[k : k + width] = -30
            found.append((*square[:-1], bias))
    return found


def silent(square):
    """Inputs of equal sizes of which one vector (a bias, a peephole's weights) is left and the others are zero."""
    vectors = [k for k, argument in enumerate(square) if isinstance(argument, np.ndarray) and argument.ndim == 1]
    if len(vectors) < 2:
        return []
    return [tuple(0 * a if k in vectors and k != left else a for k, a in enumerate(square)) for left in vectors]


def parts_of(due, probe):
    """For each number of a result its part: an output, cut into blocks, and into first, last and other steps."""
    width = next((len(a) for a in probe if isinstance(a, np.ndarray) and a.ndim == 2 and a.shape[1] > len(a)), 0)
    labels, count = [], 0
    for array in due:
        cut = np.zeros(array.shape, int)
        if width and array.ndim and array.shape[-1] > width and array.shape[-1] % width == 0:
            cut += np.arange(array.shape[-1]) // width
        if array.ndim == 3:
            cut[0] += 10
            cut[-1] += 20
        values, inverse = np.unique(cut, return_inverse=True)
        labels.append(np.ravel(inverse) + count)
        count += len(values)
    return np.concatenate(labels)


def close(a, b):
    """Where numbers agree."""
    with np.errstate(all="ignore"):
        return np.abs(a - b) <= ATOL + RTOL * np.abs(b)


def disturbed(value, *_):
    """A quantity, spoilt."""
    if isinstance(value, list):
        return [disturbed(part) for part in value]
    return 1.17 * value + 0.31 if np.asarray(value).dtype.kind in "fc" else value


def alike(a, b):
    """Whether two lists of arrays are the same; nothing is like None."""
    if a is None or b is None or [x.shape for x in a] != [x.shape for x in b]:
        return False
    return all(close(x, y).all() for x, y in zip(a, b, strict=True))


SUSPECTS: dict = {}


def name_mistakes(problem_set, name, student, numbers, outputs, known, explains):
    """What can be said of a wrong function.

    Parameters
    ----------
    student : callable
        Takes arguments, returns what the student's function gives, or raises an error.
    explains : callable
        Whether a wrong program gives the student's own results on the student's own numbers.

    Returns
    -------
    single, pair, first : callables
        The words of one mistake; of two; of the first equation that does not hold. Each is "" where there is none.
    """
    key = problem_set, name
    if key not in SUSPECTS:
        SUSPECTS[key] = Suspects(problem_set, name, numbers, outputs, known)
    suspects, seen = SUSPECTS[key], {}

    def on(probe):
        if probe not in seen:
            seen[probe] = suspects.see(student, probe)
        return seen[probe]

    def single():
        found = [edit.words for edit in suspects.single(on, explains)]
        return f"One of these gives your results. {' Or: '.join(found)}" if len(found) > 1 else "".join(found)

    def pair():
        found = suspects.pair(on, explains)
        if not found:
            return ""
        one, other = found
        if other is None:
            return f"This explains a part of what is wrong, and not all of it. {one.words}"
        return f"There are two mistakes. The one: {one.words} The other: {other.words}"

    def first():
        found: dict = {}
        for label, quantity in suspects.equations(on):
            found.setdefault(label, []).append(phrase(quantity) if quantity else "")
        said = [f"{equation(label)}, for {' or '.join(q)}".removesuffix(", for ") for label, q in found.items()][:3]
        return f"The first thing that does not hold is {'; or '.join(said)}." if said else ""

    return single, pair, first
