"""Wrong programs, made from a right one: small edits of the model solution's syntax tree, with words for each.

A student's wrong function cannot be looked into, it can only be called. So all the edits are built into one
copy of the model solution, with a switch at every place where something can be edited (a *mutant schema*,
Untch, Offutt & Harrold 1993): the edits then run one by one, or two at a time, without compiling anything again, and
the one that gives the student's wrong results names the mistake. `course.diagnosis` does the comparing.

An edit is one of: a factor or a term left out or put twice, a sign, a product for a sum, an activation, a slope, a
quantity replaced by another of the same shape, an index of time or a block of the gates moved, a first step without a
case of its own, a carry dropped, a sum over another axis or a mean, a transpose, results or parallel lines exchanged.
"""

# ruff: noqa: ARG005, E731  an edit takes what the right operation takes, whether it uses all of it or not
import ast
import contextlib
import copy
import functools
import itertools
import operator
import sys
from dataclasses import dataclass

import numpy as np

from course import model
from course.words import phrase


@dataclass(frozen=True, eq=False)
class Edit:
    """What stands at some switches in the place of the right thing, and what its author is told."""

    changes: dict  # for each switch, a function of what the right operation is given
    kind: str
    words: str
    group: tuple = ()  # edits of one group are also made all together
    source: str = ""  # of a known wrong program that is no edit of the model's
    place: str = ""  # where it is, as its words begin


def sigmoid(a):
    """1 / (1 + exp(-a))."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(a)))


def logit(p):
    """The inverse of the sigmoid."""
    return np.log(p / (1 - p))


def total(signs, terms):
    """A sum of terms with signs."""
    first, *rest = (term if sign > 0 else -term for sign, term in zip(signs, terms, strict=True))
    for term in rest:
        first = first + term
    return first


def product(factors):
    """A product of factors."""
    first, *rest = factors
    for factor in rest:
        first = first * factor
    return first


LIKELY_INSIDE = ("left out", "activation", "slope", "sign", "twice", "transpose", "mean", "axis", "index", "boundary")
SIDE_BY_SIDE = {"gates": ["a_r", "a_z"]}  # what a quantity holds in blocks
CALLED = {"np.outer": "the outer product", "np.sqrt": "the root", "np.abs": "the absolute value"}
GIVEN = ("sigmoid",)  # functions that the students get
OPERATORS = {
    ast.Div: operator.truediv,
    ast.MatMult: operator.matmul,
    ast.Pow: operator.pow,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
}
COMPARISONS = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
#: for a call of the model's: what may stand there instead, and how that is told
CALLS: dict[str, list[tuple]] = {
    "np.tanh": [
        ("activation", "a sigmoid stands where another activation belongs", sigmoid),
        ("activation", "the activation is left out", lambda a: a),
        ("activation", "the activation is applied twice", lambda a: np.tanh(np.tanh(a))),
        ("activation", "the activation is a ReLU", lambda a: np.maximum(a, 0)),
        ("activation", "exp stands where another activation belongs", np.exp),
    ],
    "sigmoid": [
        ("activation", "tanh stands where another activation belongs", np.tanh),
        ("activation", "the activation is left out", lambda a: a),
        ("activation", "the activation is applied twice", lambda a: sigmoid(sigmoid(a))),
        ("activation", "the activation is a ReLU", lambda a: np.maximum(a, 0)),
        (
            "sign",
            "the gate is open where it should be closed: the sign of its pre-activation is turned",
            lambda a: sigmoid(-a),
        ),
    ],
    "np.log": [
        ("function", "the logarithm has another base", np.log2),
        ("function", "the logarithm has another base", np.log10),
    ],
    "np.sqrt": [("function", "a root is left out", lambda a: a)],
    "np.abs": [
        ("function", "the absolute values are left out", lambda a: a),
        ("function", "real parts stand where absolute values belong", np.real),
    ],
    "np.imag": [
        ("function", "the real part stands where the imaginary part belongs", np.real),
        ("function", "the absolute value stands where the imaginary part belongs", np.abs),
    ],
    "np.linalg.norm": [
        ("function", "another norm is taken: the root of the sum of squares", lambda a, *_: np.linalg.norm(a)),
        ("function", "another norm is taken: the largest absolute entry", lambda a, *_: np.abs(a).max()),
        ("function", "another norm is taken: that of the sums of columns", lambda a, *_: np.linalg.norm(a, 1)),
    ],
    "np.linalg.eigvals": [("function", "singular values stand for eigenvalues", lambda a: np.linalg.svd(a)[1])],
    "min": [
        ("function", "the larger of two values stands where the smaller belongs", max),
        ("function", "the second of two values stands where the smaller of them belongs", lambda a, b: b),
    ],
    "reversed": [("order", "the steps are taken in the other order", lambda a: a)],
    "np.where": [
        ("case", "the two cases are exchanged", lambda c, a, b: np.where(c, b, a)),
        ("case", "one of the two cases is used for all entries", lambda c, a, b: np.where(c, a, a)),
        ("case", "one of the two cases is set to zero", lambda c, a, b: np.where(c, a, 0)),
    ],
    "range": [
        ("range", "the first step is left out", lambda n: range(1, n)),
        ("range", "the last step is left out", lambda n: range(n - 1)),
    ],
    "enumerate": [
        ("index", "the steps are counted from one", lambda a: enumerate(a, 1)),
        ("index", "the steps are counted from before the first", lambda a: enumerate(a, -1)),
    ],
    "np.eye": [("constant", "the start is not the identity", lambda n: np.ones((n, n)))],
    "np.outer": [("transpose", "an outer product is transposed", lambda a, b: np.outer(b, a))],
    "np.array": [
        ("order", "the steps are taken in the other order", lambda a: np.array(a)[::-1]),
        ("axis", "the axes of time and batch are exchanged", lambda a: np.swapaxes(np.array(a), 0, 1)),
        ("result", "only the last step is returned", lambda a: np.array(a)[-1]),
        ("result", "the last step is left out", lambda a: np.array(a)[:-1]),
        ("result", "zeros stand for the last step", lambda a: np.array([*a[:-1], 0 * a[-1]])),
        ("result", "zeros stand for the first step", lambda a: np.array([0 * a[0], *a[1:]])),
        ("result", "the first step is left out", lambda a: np.array(a)[1:]),
    ],
}
#: the same for methods
METHODS: dict[str, list[tuple]] = {
    "sum": [
        ("mean", "a mean stands where a sum belongs", lambda a, **k: a.mean(**k)),
        ("axis", "the sum goes over another axis", lambda a, **_: a.sum(axis=-1)),
        ("axis", "the sum goes over all axes", lambda a, **_: a.sum()),
        ("axis", "the sum is left out", lambda a, **_: a),
        ("mean", "one summand stands for the whole sum", lambda a, **_: a[0]),
        ("axis", "the sum keeps an axis of length one", lambda a, **k: a.sum(**k, keepdims=True)),
    ],
    "mean": [
        ("mean", "a sum stands where a mean belongs", lambda a, **k: a.sum(**k)),
        ("mean", "the mean goes over one axis only", lambda a, **_: a.sum() / len(a)),
        ("mean", "the mean goes over one axis only", lambda a, **_: a.sum() / a.shape[-1]),
        ("mean", "half of the mean stands where the mean belongs", lambda a, **k: a.mean(**k) / 2),
        ("function", "the root of the mean stands where the mean belongs", lambda a, **k: np.sqrt(a.mean(**k))),
    ],
    "max": [
        ("function", "the smallest value stands where the largest belongs", lambda a: a.min()),
        ("function", "the first value stands where the largest belongs", lambda a: a.ravel()[0]),
        ("function", "the mean stands where the largest value belongs", lambda a: a.mean()),
        ("function", "the sum stands where the largest value belongs", lambda a: a.sum()),
    ],
}
BATCH = ("a mean stands where a sum belongs",)
SLOPES = [
    ("the slope of {v} is left out", lambda v: 1.0),
    ("the slope is that of a sigmoid, and {v} went through tanh", lambda v: v * (1 - v)),
    (
        "the slope is given the input of the activation where it is written for the output, {v}",
        lambda v: 1 - np.arctanh(v) ** 2,
    ),
    ("{v} goes through the activation once more before its slope is taken", lambda v: 1 - np.tanh(v) ** 2),
    ("the slope of {v} lacks a square", lambda v: 1 - v),
    ("the slope of {v} has a wrong sign", lambda v: 1 + v**2),
    ("{v} itself stands where its slope belongs", lambda v: v),
    ("the slope of {v} lacks its one", lambda v: v**2),
    ("the square root stands for the slope of {v} itself", lambda v: np.sqrt(1 - v**2)),
]
GATE_SLOPES = [
    ("the slope of {v} is left out", lambda v: 1.0),
    ("the slope is that of tanh, and {v} went through a sigmoid", lambda v: 1 - v**2),
    (
        "the slope is given the input of the activation where it is written for the output, {v}",
        lambda v: logit(v) * (1 - logit(v)),
    ),
    ("{v} goes through the activation once more before its slope is taken", lambda v: sigmoid(v) * (1 - sigmoid(v))),
    ("the slope is that of tanh, taken at the input of {v}", lambda v: 1 - np.tanh(logit(v)) ** 2),
]


def dotted(node):
    """The name of a function as it is written, or ""."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def is_number(node, value=None):
    """Whether a node is a number, or that number."""
    number = isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value is not True
    return number and (value is None or node.value == value)


def complement_of(node):
    """The name v in 1 - v, or None."""
    fits = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and is_number(node.left, 1)
    return node.right.id if fits and isinstance(node.right, ast.Name) else None


def slope_of(node):
    """What stands for v in 1 - v**2, the slope of tanh, or None."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Sub) or not is_number(node.left, 1):
        return None
    square = node.right
    if not isinstance(square, ast.BinOp) or not isinstance(square.op, ast.Pow) or not is_number(square.right, 2):
        return None
    return square.left


def told(node, what="expression"):
    """A part of an expression in words; `what` it is called where it has no name."""
    if isinstance(node, ast.Name):
        return phrase(node.id)
    if slope_of(node) is not None:
        return f"the slope of tanh at {told(slope_of(node))}"
    if complement_of(node):
        return f"one minus {phrase(complement_of(node))}"
    if is_number(node):
        return "a number"
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Name):
        name = dotted(node.func)
        return f"{CALLED.get(name, name.split('.')[-1])} of {told(node.args[0])}"
    called = {id(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
    names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in called and n.id != "np"]
    return f"the {what} with {phrase(names[0])}" if names else f"a {what}"


def terms_of(node, sign=1):
    """The terms of a sum, with their signs."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub) and slope_of(node) is None:
        right = sign if isinstance(node.op, ast.Add) else -sign
        return [*terms_of(node.left, sign), *terms_of(node.right, right)]
    return [(sign, node)]


def factors_of(node):
    """The factors of a product."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*factors_of(node.left), *factors_of(node.right)]
    return [node]


def in_block(array, k, count, change):
    """An array with one of the blocks along its last axis changed."""
    array = np.array(array)
    width = array.shape[-1] // count
    array[..., k * width : (k + 1) * width] = change(array[..., k * width : (k + 1) * width])
    return array


def between(value):
    """Whether all numbers are between 0 and 1, as those of a gate."""
    return bool(np.size(value) and np.all((np.asarray(value) > 0) & (np.asarray(value) < 1)))


def zeroed(value):
    """Zeros in the place of an array or of several."""
    return tuple(map(zeroed, value)) if isinstance(value, tuple) else 0 * value


def without(parts, k):
    """A list without one of its items."""
    return [*parts[:k], *parts[k + 1 :]]


#: what may be read at each step instead of the step's own
STEPS = [
    ("{v} is read at the step before, and for the first step at the last", lambda a: np.roll(a, 1, axis=0)),
    ("{v} is read at the step after", lambda a: np.concatenate([a[1:], a[-1:]])),
    ("{v} is read at the first step every time", lambda a: np.repeat(a[:1], len(a), axis=0)),
    ("{v} is read at the last step every time", lambda a: np.repeat(a[-1:], len(a), axis=0)),
    ("the first step is left out", lambda a: a[1:]),
    ("the last step is left out", lambda a: a[:-1]),
]


class Schema(ast.NodeTransformer):
    """One function of a model solution, and those it calls, with switches for all edits.

    Parameters
    ----------
    problem_set, name : str
    probe : tuple
        Arguments for the model: the shapes of its quantities say which could be taken for each other.
    outputs : list of str
    extras : dict
        Quantities that the function could have at hand and does not name: for a name, an expression.
    source : str, optional
        Another program than the model's, such as a wrong one.
    """

    def __init__(self, problem_set, name, probe, outputs, extras=None, source=None):
        self.extras = extras or {}
        self.on: dict = {}  # the edits that are switched on
        self.quantities: dict = {}  # for each quantity, the switch behind it
        self.space = dict(vars(model.solution(problem_set))) | {"_on": self.on}
        self.called: dict = {}  # for each function that is only called: its switches, itself with them and without
        self.switches, self.edits = itertools.count(1), []
        source = source or model.source_of(problem_set, name)
        self.values = traced(problem_set, name, probe)
        due, done = [(name, source)], {name}
        while due:
            self.function, text = due.pop(0)
            node = ast.parse(text).body[0]
            called = [c.func.id for c in ast.walk(node) if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)]
            for callee in called:
                inner = model.source_of(problem_set, callee) if callee not in done else None
                if inner and callee in self.values:
                    done.add(callee)
                    due.append((callee, inner))
            first = next(self.switches)
            self.build(node, outputs if self.function == name else [])
            tree = ast.fix_missing_locations(ast.Module([node], []))
            if self.function != name:
                exec(text, self.space)
                plain = self.space[self.function]
            exec(compile(tree, "<schema>", "exec"), self.space)
            if self.function != name:
                switches = range(first, next(self.switches))
                self.called[self.function] = switches, self.space[self.function], plain
        self.name = name
        self.together()

    def run(self, changes, args):
        """The result with some edits switched on."""
        self.on.clear()
        self.on.update(changes)
        for function, (switches, edited, plain) in self.called.items():  # switches that are off take time, too
            self.space[function] = edited if any(switch in switches for switch in changes) else plain
        try:
            return self.space[self.name](*args)
        finally:
            self.on.clear()

    # building ----------------------------------------------------------------------------------------------------

    def build(self, node, outputs):
        """Put the switches into a function."""
        self.results = outputs
        self.local = [argument.arg for argument in node.args.args]
        self.arguments = list(self.local)
        self.known = self.values.get(self.function, {})
        self.inside, self.frozen, self.within, self.loop = "", False, False, set()
        self.over, self.factor, self.names, self.target = False, False, [], ""
        self.blocks, self.stacked, self.parts_of = [], [], {}  # names of what stands side by side in an array
        body = node.body[1:] if ast.get_docstring(node) else node.body
        node.body = [self.visit(statement) for statement in body]

    def place(self):
        """Where an edit is, in words."""
        where = f"in {self.inside}" if self.inside else f"in `{self.function}`"
        return f"{where}," if self.function == self.main() else f"{where}, within a step,"

    def main(self):
        """The function that is graded."""
        return next(iter(self.values))

    def at(self, switch, kind, words, change, group=()):
        """Register an edit; within a function that is only called, one of the likelier kinds."""
        if self.function != self.main() and kind not in LIKELY_INSIDE:
            return
        where = self.place()
        text = f"{where[0].upper()}{where[1:]} {words}."
        self.edits.append(Edit({switch: change}, kind, text, (self.function, kind, *group), place=where))

    def edit(self, switch, kind, words, change, group=()):
        """Register an edit of a sum or a product, which does not need to know what else is there."""
        self.at(switch, kind, words, lambda parts, _: change(parts), group)

    def call(self, switch, right, *args, keywords=(), beside=None):
        """The tree of a switch: a call of the right operation, or of what an edit puts there.

        What only an edit needs `beside` its arguments is not worked out for the right operation, which gets None.
        """
        name = f"_f{switch}"
        self.space[name] = right
        get = ast.Attribute(ast.Name("_on", ast.Load()), "get", ast.Load())
        called = ast.Call(get, [ast.Constant(switch), ast.Name(name, ast.Load())], [])
        if beside:
            on = ast.Compare(ast.Constant(switch), [ast.In()], [ast.Name("_on", ast.Load())])
            args = (*args, ast.IfExp(on, beside, ast.Constant(None)))
        return ast.Call(called, [*args], [*keywords])

    def together(self):
        """The edits of a group, all at once."""
        groups: dict = {}
        for edit in self.edits:
            if edit.group[2:]:
                groups.setdefault(edit.group, []).append(edit)
        for group, edits in groups.items():
            changes = {switch: change for edit in edits for switch, change in edit.changes.items()}
            if len(changes) > 1:
                words = f"{edits[0].words} It is so in more than one place."
                self.edits.append(Edit(changes, edits[0].kind, words, group))

    # statements --------------------------------------------------------------------------------------------------

    def visit_Assign(self, node):
        """An assignment; of several values at once each has a place of its own."""
        (target,) = node.targets
        self.names = []
        targets = target.elts if isinstance(target, ast.Tuple) else [target]
        names = [dotted(t.value if isinstance(t, ast.Subscript) else t) for t in targets]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            values = []
            for name, value in zip(names, node.value.elts, strict=True):
                self.inside, self.target = phrase(name), name
                values.append(self.quantity(name, self.visit(value)))
            node.value = ast.Tuple(values, ast.Load())
        elif isinstance(target, ast.Tuple):
            self.inside = "the split into blocks" if len(names) > 2 else "a step"
            self.blocks = names if dotted(getattr(node.value, "func", node.value)) == "np.split" else []
            switch = next(self.switches)
            node.value = self.call(switch, list, self.visit(node.value))
            self.permutations(switch, names, list)
            node.value = self.piled_up(names, node.value)
            for name in self.blocks:
                self.quantities[self.function, name] = switch
            self.blocks = []
        else:
            self.inside, self.target = phrase(names[0]), names[0]
            self.blocks = SIDE_BY_SIDE.get(names[0], [])
            node.value = self.quantity(names[0], self.visit(node.value))
            if isinstance(node.value, ast.Call) and self.stacked:
                self.parts_of[names[0]] = self.stacked
                self.stacked = []
            self.blocks = []
        self.exchanges()
        self.target = ""
        self.local += [name for name in names if name not in self.local]
        return node

    def piled_up(self, names, value):
        """A switch where what is handed on could be added to what was there, and not take its place."""
        switch = next(self.switches)
        for k, name in enumerate(names):
            if name in self.loop:

                def added(parts, env, k=k, name=name):
                    return [part + env[name] if j == k else part for j, part in enumerate(parts)]

                words = f"{phrase(name)} is added to what was there before, where it takes its place"
                self.at(switch, "carry", words, added)
        return self.call(switch, lambda parts, _: parts, value, beside=self.here())

    def quantity(self, name, value):
        """A switch behind a quantity, with which it can be disturbed."""
        switch = next(self.switches)
        self.quantities.setdefault((self.function, name), switch)
        shape = getattr(self.known.get(name), "shape", None)
        self.too_many(switch, shape, name)
        if shape:
            self.at(switch, "sign", "the sign is turned", lambda a, _: -a)
        if shape and len(shape) > 1 and name not in self.arguments:
            for activation, function in (("tanh", np.tanh), ("a sigmoid", sigmoid)):
                words = f"{activation} is applied that does not belong there"
                self.at(switch, "activation", words, lambda a, _, f=function: f(a))
        return self.call(switch, lambda a, _: a, value, beside=self.here())

    def too_many(self, switch, shape, name):
        """A term or a factor that does not belong to a quantity."""
        for other in self.local if self.function == self.main() else ():
            there = self.known.get(other)
            if isinstance(there, np.ndarray) and there.shape == shape and other != name and there.ndim > 1:
                words = f"there is a term too many: {phrase(other)}"
                self.at(switch, "too many", words, lambda a, env, n=other: a + env[n])
                words = f"there is a factor too many: {phrase(other)}"
                self.at(switch, "too many", words, lambda a, env, n=other: a * env[n])
            if isinstance(there, float) and shape:
                words = f"there is a factor too many: {phrase(other)}"
                self.at(switch, "twice", words, lambda a, env, n=other: env[n] * a)

    def here(self):
        """The names at a place with their values. A lambda sees only its own, so it is given those around it."""
        return ast.Name("_here", ast.Load()) if self.within else ast.Call(ast.Name("locals", ast.Load()), [], [])

    def permutations(self, switch, names, kind):
        """Edits that put parts into another order."""
        identity = tuple(range(len(names)))
        for order in itertools.permutations(identity) if len(names) <= 4 else ():
            moved = [k for k in identity if order[k] != k]
            if not moved or not self.alike(*(names[k] for k in moved)):
                continue
            if len(moved) == 2:
                words = f"{phrase(names[moved[0]])} and {phrase(names[moved[1]])} are exchanged"
            else:
                words = f"{', '.join(phrase(names[k]) for k in moved)} stand in another order"
            self.at(switch, "block", words, lambda parts, order=order: kind([list(parts)[k] for k in order]))

    def alike(self, *names):
        """Whether quantities have one shape, as far as it is known."""
        values = [self.known.get(name) for name in names]
        return all(isinstance(v, np.ndarray | float) for v in values) and len({np.shape(v) for v in values}) == 1

    def exchanges(self):
        """Two quantities of a statement that stand in each other's place."""
        for (one, first, here), (other, second, there) in itertools.combinations(self.names, 2):
            if one == other or not self.alike(one, other):
                continue
            changes = {first: lambda env, n=other: env[n], second: lambda env, n=one: env[n]}
            self.inside = here if here == there else f"{here} and {there}"
            where = self.place()
            words = f"{where[0].upper()}{where[1:]} {phrase(one)} and {phrase(other)} stand in each other's place."
            self.edits.append(Edit(changes, "exchange", words, (self.function, "exchange"), place=where))

    def visit_Return(self, node):
        """The results, each with a place of its own."""
        self.names = []
        many = isinstance(node.value, ast.Tuple)
        names = self.results or [f"what `{self.function}` returns"]
        values = []
        for k, value in enumerate(node.value.elts if many else [node.value]):
            name = names[k] if k < len(names) else names[-1]
            self.inside = f"`{name}`" if self.results not in ([], ["result"]) else f"what `{self.function}` returns"
            switch = next(self.switches)
            environment = self.here()
            shape = self.shape_of(value)
            self.too_many(switch, shape, "")
            values.append(self.call(switch, lambda a, _: a, self.visit(value), beside=environment))
            for other in self.local:
                there = self.known.get(other)
                if isinstance(there, np.ndarray) and there.shape == shape and dotted(value) != other:
                    words = f"{phrase(other)} is returned where something else belongs"
                    self.at(switch, "quantity", words, lambda _, env, n=other: env[n])
                elif isinstance(there, np.ndarray) and there.ndim == 3 and there.shape[1:] == shape:
                    for which, step in (("first", 0), ("last", -1)):
                        words = f"the {which} step of {phrase(other)} is returned where something else belongs"
                        self.at(switch, "quantity", words, lambda _, env, n=other, t=step: env[n][t])
            if self.results:
                self.quantities["", name] = switch
            self.at(switch, "sign", "the sign is turned", lambda a, _: -np.asarray(a), ("all",))
            self.at(
                switch, "factor", "a factor of two stands that does not belong there", lambda a, _: 2 * np.asarray(a)
            )
            self.at(switch, "factor", "half of what is due is returned", lambda a, _: 0.5 * np.asarray(a))
            self.at(switch, "zero", "there are only zeros", lambda a, _: 0 * np.asarray(a))
            for activation, function in (("tanh", np.tanh), ("a sigmoid", sigmoid)):
                words = f"{activation} is applied that does not belong there"
                self.at(switch, "activation", words, lambda a, _, f=function: f(np.asarray(a)))
            if shape and len(shape) == 3:
                self.at(switch, "order", "the steps stand in the other order", lambda a, _: np.asarray(a)[::-1])
                self.at(switch, "index", "all steps stand one too late", lambda a, _: np.roll(a, 1, axis=0))
                self.at(switch, "index", "all steps stand one too early", lambda a, _: np.roll(a, -1, axis=0))
            self.at(switch, "transpose", "the result is transposed", lambda a, _: np.asarray(a).T, ("all",))
        self.exchanges()
        if not many:
            node.value = values[0]
            return node
        self.inside = "what is returned"
        switch = next(self.switches)
        node.value = self.call(switch, lambda *parts: parts, *values)
        for k, j in itertools.combinations(range(len(values)), 2):

            def swapped(*parts, k=k, j=j):
                return tuple(parts[{k: j, j: k}.get(n, n)] for n in range(len(parts)))

            one, other = (names[k], names[j]) if self.results else (k + 1, j + 1)
            words = f"`{one}` and `{other}`" if self.results else f"results {one} and {other}"
            self.at(switch, "result", f"{words} are exchanged", swapped)
        if len(values) > 3:
            self.at(switch, "result", "the results stand in the opposite order", lambda *parts: parts[::-1])
        return node

    def visit_For(self, node):
        """A loop: its order, what it hands on, and the order of its statements."""
        self.inside = "the loop over the steps"
        self.names = []
        self.over = True
        node.iter = self.visit(node.iter)
        self.over = False
        self.local += [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name) and n.id not in self.local]
        made = {
            n.id for s in node.body for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        self.loop = made & {*self.local}
        node.body = [self.visit(statement) for statement in node.body]
        bodies = node.body
        for k in range(len(bodies) - 1):
            self.inside = "the loop over the steps"
            switch = next(self.switches)
            later = [*without(bodies, k), bodies[k]]
            test = ast.Compare(ast.Constant(switch), [ast.In()], [ast.Name("_on", ast.Load())])
            node.body = [ast.If(test, later, node.body)]
            self.at(switch, "order", "a line comes after the others that should come before them", None)
        self.loop = set()
        return node

    def visit_Expr(self, node):
        """A call for its effect: something is collected in a list."""
        call = node.value
        self.names = []
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "append":
            self.inside = f"what is collected in {phrase(dotted(call.func.value))}"
            call.args = [self.visit(argument) for argument in call.args]
        return node

    # expressions -------------------------------------------------------------------------------------------------

    def visit_Name(self, node):
        """A quantity: another of the same shape, zero, one minus it, its transpose."""
        value = self.known.get(node.id)
        if (
            isinstance(node.ctx, ast.Store)
            or self.frozen
            or not isinstance(value, np.ndarray | float)
            or node.id == "np"
        ):
            return node
        switch = next(self.switches)
        self.names.append((node.id, switch, self.inside))
        for other in self.local:
            if other == node.id or not self.alike(node.id, other):
                continue
            if node.id in self.loop and other not in self.loop and other[-1:] == "0":
                words = f"{phrase(node.id)} is not handed on: every step is given {phrase(other)}"
                self.at(switch, "carry", words, lambda env, n=other: env[n], ("start",))
                continue
            words = f"{phrase(other)} stands where something else belongs"
            self.at(switch, "quantity", words, lambda env, n=other: env[n], (other, node.id))
            if between(self.known[other]):
                words = f"one minus {phrase(other)} stands where something else belongs"
                self.at(switch, "complement", words, lambda env, n=other: 1 - env[n], ("one minus", other, node.id))
        for other, expression in self.extras.items():
            code = compile(expression, "<extra>", "eval")
            with contextlib.suppress(NameError, ValueError):
                if np.shape(eval(code, self.space | self.known)) == np.shape(value):
                    words = f"{phrase(other)} stands where something else belongs"
                    change = lambda env, c=code: eval(c, self.space | env)
                    self.at(switch, "quantity", words, change, (other, node.id))
        if np.ndim(value) == 2 and self.function == self.main():
            for activation, function in (("tanh", np.tanh), ("a sigmoid", sigmoid)):
                words = f"{activation} of {phrase(node.id)} stands where {phrase(node.id)} itself belongs"
                self.at(
                    switch, "activation", words, lambda env, n=node.id, f=function: f(env[n]), (activation, node.id)
                )
            for other in self.local if not self.factor else ():
                if self.alike(node.id, other):
                    words = f"there is a factor too many: {phrase(other)}"
                    self.at(switch, "too many", words, lambda env, n=node.id, o=other: env[n] * env[o])
                    words = f"there is a term too many: {phrase(other)}"
                    self.at(switch, "too many", words, lambda env, n=node.id, o=other: env[n] + env[o])
        words = f"{phrase(node.id)} does not take part"
        if node.id in self.loop:
            words = f"{phrase(node.id)} is not handed on from step to step"
        if not self.within:  # zeros in one case only are nobody's mistake, but for those before the first step
            self.at(switch, "left out", words, lambda env, n=node.id: 0 * env[n], ("zero", node.id))
        if between(value):
            words = f"one minus {phrase(node.id)} stands where something else belongs"
            self.at(switch, "complement", words, lambda env, n=node.id: 1 - env[n], ("complement", node.id))
        for words, reading in STEPS if self.over else ():
            self.at(switch, "index", words.format(v=phrase(node.id)), lambda env, n=node.id, r=reading: r(env[n]))
        if self.over:
            backwards = lambda env, n=node.id: env[n][::-1]
            self.at(
                switch,
                "order",
                "the steps are taken in the other order",
                backwards,
                ("the steps are taken in the other order",),
            )
        if np.ndim(value) == 2:
            words = f"{phrase(node.id)} is transposed"
            self.at(switch, "transpose", words, lambda env, n=node.id: env[n].T, ("transposed",))
        environment = self.here()
        edited = ast.Call(
            ast.Subscript(ast.Name("_on", ast.Load()), ast.Constant(switch), ast.Load()), [environment], []
        )
        test = ast.Compare(ast.Constant(switch), [ast.NotIn()], [ast.Name("_on", ast.Load())])
        return ast.IfExp(test, node, edited)

    def visit_Constant(self, node):
        """A number: another one."""
        if not is_number(node):
            return node
        switch, value = next(self.switches), node.value
        for change in (value + 1, value - 1, 2 * value, value / 2, -value):
            if change != value:
                self.at(switch, "number", "a number is another than it should be", lambda c=change: c)
        return self.call(switch, lambda: value)

    def visit_UnaryOp(self, node):
        """A minus sign."""
        node.operand = self.visit(node.operand)
        if not isinstance(node.op, ast.USub):
            return node
        switch = next(self.switches)
        self.at(switch, "sign", "a sign is left out", lambda a: a)
        return self.call(switch, operator.neg, node.operand)

    def visit_Compare(self, node):
        """A comparison: with equality or without, or the other way round."""
        ((op,), (right,)) = node.ops, node.comparators
        switch, rightly = next(self.switches), COMPARISONS[type(op)]
        for other in COMPARISONS.values():
            if other is not rightly:
                self.at(switch, "comparison", "a comparison is another than it should be", other)
        return self.call(switch, rightly, self.visit(node.left), self.visit(right))

    def visit_IfExp(self, node):
        """A case of its own, such as that of the first step: forgotten, or taken always."""
        switch = next(self.switches)
        test = node.test if isinstance(node.test, ast.Name) else self.visit(node.test)
        indexed = any(isinstance(n, ast.Subscript) for n in ast.walk(node.body))
        environment, within, self.within = self.here(), self.within, True
        first, second = (
            ast.Lambda(ast.arguments([], [ast.arg("_here")], None, [], [], None, [environment]), self.visit(part))
            for part in (node.body, node.orelse)
        )
        self.within = within
        if indexed:
            words = "the first step has no case of its own: the index before the first is the last"
        else:
            words = "one case is treated as the other"
        self.at(switch, "boundary", words, lambda test, a, b: a())
        if indexed:
            late = "what only the first step should get comes at another step"
            self.at(switch, "boundary", late, lambda test, a, b: b() if test == 1 else a())
            self.at(switch, "boundary", late, lambda test, a, b: a() if test > 1 else b())
            words = "every step is given what only the first one should get"
        self.at(switch, "boundary", words, lambda test, a, b: b())
        if indexed:
            zeros = lambda test, a, b: a() if test else zeroed(b())
            self.at(switch, "boundary", "the first step is treated as if it started from zeros", zeros)
        return self.call(switch, lambda test, a, b: a() if test else b(), test, first, second)

    def visit_ListComp(self, node):
        """A list made in one expression: its names have no switches; its variable is named by what it runs over."""
        loop = node.generators[0]
        if isinstance(loop.target, ast.Name) and isinstance(loop.iter, ast.Name):
            for name in [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == loop.target.id]:
                name.id = f"each_{loop.iter.id}"
        frozen, self.frozen = self.frozen, True
        node.elt = self.visit(node.elt)
        self.frozen = frozen
        return node

    visit_GeneratorExp = visit_ListComp  # noqa: N815  the names are those that ast looks for

    def visit_List(self, node):
        """Parts side by side: in another order; an empty list: one that holds the start already."""
        names = [dotted(element) for element in node.elts]
        switch = next(self.switches)
        elements = [self.visit(element) for element in node.elts]
        if not elements:
            for start in [name for name in self.local if name[-1:] == "0" and not self.frozen]:
                words = f"there is {phrase(start)} already, before the first step"
                change = lambda env, n=start: [env[n]]
                self.at(switch, "start", words, change, ("start",))
            return self.call(switch, lambda env: [], beside=self.here())
        if len(names) > 1 and all(names):
            self.stacked = names
            self.permutations(switch, names, list)
        return self.call(switch, lambda *parts: list(parts), *elements)

    def visit_BinOp(self, node):
        """Sums, products, slopes, and what else stands between two operands."""
        if (inner := slope_of(node)) is not None:
            return self.slope(inner)
        if name := complement_of(node):
            switch = next(self.switches)
            self.at(
                switch, "complement", f"{phrase(name)} itself stands where something else belongs", lambda v: v, (name,)
            )
            self.at(switch, "sign", f"the sign of {phrase(name)} is turned", lambda v: 1 + v)
            self.at(switch, "left out", f"one minus {phrase(name)} is left out", lambda v: 1.0)
            self.at(switch, "slope", f"the square of {phrase(name)} stands for {phrase(name)}", lambda v: 1 - v**2)
            return self.call(switch, lambda v: 1 - v, self.visit(node.right))
        if isinstance(node.op, ast.Add | ast.Sub):
            return self.sum(terms_of(node))
        if isinstance(node.op, ast.Mult):
            return self.product(factors_of(node))
        switch, kind = next(self.switches), OPERATORS[type(node.op)]
        left, right = told(node.left), told(node.right)
        if kind is operator.matmul:
            first, second = (isinstance(side, ast.Attribute) for side in (node.left, node.right))
            side = "left" if first and not second else "right" if second and not first else ""
            self.at(switch, "transpose", f"the product with {right} is transposed", lambda a, b: (a @ b).T, (side,))
            self.at(switch, "product", f"the product with {right} is one entry by entry", lambda a, b: a * b, (side,))
            mean = lambda a, b: a @ b / len(b)
            if side == "left":
                self.at(switch, "mean", "a mean stands where a sum belongs", mean, BATCH)
            self.at(switch, "order", f"{left} and {right} stand in the other order", lambda a, b: b @ a)
            blocks = self.blocks_of(node.left)
            count = len(blocks)
            for k, block in enumerate(blocks):
                fewer = lambda a, b, k=k: in_block(a, k, count, lambda part: 0 * part) @ b
                self.at(switch, "left out", f"the block of {phrase(block)} is left out", fewer)
        if kind is operator.truediv:
            self.at(switch, "left out", f"the division by {right} is left out", lambda a, b: a)
            self.at(switch, "product", f"{right} multiplies where it should divide", lambda a, b: a * b)
            self.at(switch, "product", f"{left} and {right} are exchanged in a division", lambda a, b: b / a)
            for axis in (0, -1):
                change = lambda a, b, k=axis: a / np.shape(a)[k] if np.ndim(a) else a / 2
                self.at(switch, "mean", "the division is by the size of one axis only", change)
        if kind is operator.pow:
            self.at(switch, "left out", "a power is left out", lambda a, b: a)
            self.at(switch, "product", "a product stands where a power belongs", lambda a, b: a * b)
        return self.call(switch, kind, self.visit(node.left), self.visit(node.right))

    def shape_of(self, node):
        """The shape of an expression, or None where it cannot be worked out."""
        tree = ast.fix_missing_locations(ast.Expression(copy.deepcopy(node)))
        with contextlib.suppress(Exception):
            return np.shape(eval(compile(tree, "<value>", "eval"), self.space | self.known))
        return None

    def blocks_of(self, node):
        """The names of what stands side by side in an array, or in a slice of its columns."""
        if not isinstance(node, ast.Subscript):
            return self.parts_of.get(dotted(node), [])
        names = self.parts_of.get(dotted(node.value), [])
        if not names:
            return []
        whole = self.known[dotted(node.value)]
        columns = np.broadcast_to(np.arange(whole.shape[-1]) * len(names) // whole.shape[-1], whole.shape)
        code = compile(ast.fix_missing_locations(ast.Expression(copy.deepcopy(node))), "<slice>", "eval")
        kept = eval(code, self.space | self.known | {dotted(node.value): columns})
        return [names[k] for k in np.unique(kept)]

    def slope(self, inner):
        """1 - v**2, the slope of tanh."""
        switch = next(self.switches)
        for words, change in SLOPES:
            self.at(switch, "slope", words.format(v=told(inner)), change, (words,))
        return self.call(switch, lambda v: 1 - v**2, self.visit(inner))

    def sum(self, terms):
        """A sum: a term left out, counted twice, with the other sign, or multiplied."""
        switch, signs = next(self.switches), [sign for sign, _ in terms]
        for k, (_, term) in enumerate(terms):
            said = told(term, "term")
            inner = f"{said} does not take part"
            if isinstance(term, ast.Name) and term.id in self.loop and term.id == self.target:
                inner = f"{said} is overwritten: what was there before is not added"
            fewer = lambda parts, k=k: total(without(signs, k), without(parts, k))
            self.edit(switch, "left out", inner, fewer, ("overwritten",) if "overwritten" in inner else ())
            twice = lambda parts, k=k: total([*signs, signs[k]], [*parts, parts[k]])
            self.edit(switch, "twice", f"{said} is counted twice", twice, ("all",))
            turned = lambda parts, k=k: total([s if j != k else -s for j, s in enumerate(signs)], parts)
            self.edit(switch, "sign", f"the sign of {said} is turned", turned)
            count = len(self.blocks)
            for b, block in enumerate(self.blocks):

                def in_one(parts, change, k=k, b=b, count=count):
                    parts = list(parts)
                    parts[k] = in_block(parts[k], b, count, change)
                    return total(signs, parts)

                inside, self.inside = self.inside, phrase(block)
                self.edit(switch, "left out", f"{said} does not take part", lambda ps, f=in_one: f(ps, lambda a: 0 * a))
                self.edit(switch, "twice", f"{said} is counted twice", lambda ps, f=in_one: f(ps, lambda a: 2 * a))
                self.edit(switch, "sign", f"the sign of {said} is turned", lambda ps, f=in_one: f(ps, lambda a: -a))
                self.inside = inside
            if len(terms) > 1:
                multiplied = lambda ps, k=k: total(without(signs, k), without(ps, k)) * ps[k]
                self.edit(switch, "product", f"{said} multiplies where it should be added", multiplied)
                divided = lambda ps, k=k: total(without(signs, k), without(ps, k)) / ps[k]
                self.edit(switch, "product", f"{said} divides where it should be added", divided)
        if all(sign > 0 for sign in signs):
            self.edit(
                switch,
                "mean",
                "a mean of two terms stands where their sum belongs",
                lambda parts: total(signs, parts) / 2,
            )
        shape = self.shape_of(functools.reduce(lambda a, b: ast.BinOp(a, ast.Add(), b), [term for _, term in terms]))
        parts = ast.List([self.visit(term) for _, term in terms], ast.Load())
        return self.extended(switch, lambda parts: total(signs, parts), parts, shape, "term", operator.add)

    def product(self, factors):
        """A product: a factor left out, put twice or added, and the slopes of sigmoids in it."""
        switch = next(self.switches)
        gates = {}
        for k, factor in enumerate(factors):
            name = complement_of(factor)
            for j, other in enumerate(factors):
                if name and isinstance(other, ast.Name) and other.id == name:
                    gates[k, j] = name
        for (k, j), name in gates.items():
            rest = [n for n in range(len(factors)) if n not in (k, j)]
            for words, slope in GATE_SLOPES:
                change = lambda fs, r=rest, j=j, s=slope: product([*(fs[n] for n in r), s(fs[j])])
                self.edit(switch, "slope", words.format(v=phrase(name)), change, (words, "gates"))
        for k, factor in enumerate(factors):
            said = told(factor, "factor")
            fewer = lambda fs, k=k: product(without(fs, k))
            detail = ("slope of tanh",) if slope_of(factor) is not None else ()
            self.edit(switch, "left out", f"a factor is left out: {said}", fewer, detail)
            twice = lambda fs, k=k: product([*fs, fs[k]])
            self.edit(switch, "twice", f"a factor stands twice: {said}", twice)
        for k, factor in enumerate(factors if len(factors) > 1 else ()):
            said = told(factor, "factor")
            others = lambda fs, k=k: product(without(fs, k))
            self.edit(
                switch, "product", f"{said} is added where it should multiply", lambda fs, k=k, r=others: r(fs) + fs[k]
            )
            self.edit(
                switch,
                "product",
                f"{said} is subtracted where it should multiply",
                lambda fs, k=k, r=others: r(fs) - fs[k],
            )
            self.edit(
                switch, "product", f"{said} divides where it should multiply", lambda fs, k=k, r=others: r(fs) / fs[k]
            )
        if len(factors) == 2:
            matrices = lambda fs: fs[0] @ fs[1]
            words = f"a product of matrices stands for one entry by entry, of {told(factors[0], 'factor')}"
            self.edit(switch, "product", words, matrices)
        shape = self.shape_of(functools.reduce(lambda a, b: ast.BinOp(a, ast.Mult(), b), factors))
        self.factor = True
        parts = ast.List([self.visit(factor) for factor in factors], ast.Load())
        self.factor = False
        return self.extended(switch, product, parts, shape, "factor", operator.mul)

    def extended(self, switch, right, parts, shape, what, operation):
        """A sum or a product, to which something can be added that does not belong there."""
        if self.frozen or not shape or len(shape) != 2 or self.function != self.main():
            return self.call(switch, lambda parts, _: right(parts), parts, ast.Constant(None))
        for other in self.local:
            if isinstance(self.known.get(other), np.ndarray) and self.known[other].shape == shape:
                words = f"there is a {what} too many: {phrase(other)}"
                self.at(switch, "too many", words, lambda ps, env, n=other: operation(right(ps), env[n]))
        return self.call(switch, lambda parts, _: right(parts), parts, beside=self.here())

    def visit_Attribute(self, node):
        """A transpose that is forgotten."""
        said, right = told(node.value), isinstance(node.value, ast.Name) and node.value.id[0] in "WU"
        node.value = self.visit(node.value)
        switch = next(self.switches)
        if node.attr == "T":
            self.at(switch, "transpose", f"{said} is not transposed", lambda a: a, ("right" if right else "left",))
            return self.call(switch, lambda a: a.T, node.value)
        if node.attr == "size":
            self.at(switch, "mean", f"only the first axis of {said} is counted", len)
            self.at(switch, "mean", f"only the last axis of {said} is counted", lambda a: a.shape[-1])
            return self.call(switch, lambda a: a.size, node.value)
        return node

    def visit_Subscript(self, node):
        """A part of an array: another step, or another block."""
        if isinstance(node.ctx, ast.Store):
            return node
        said = phrase(dotted(node.value)) if dotted(node.value) else "an array"
        switch = next(self.switches)
        index = node.slice
        if isinstance(index, ast.Name):
            before = lambda a, t: a[t - 1]
            after = lambda a, t: a[min(t + 1, len(a) - 1)]
            self.at(switch, "index", f"{said} is read at the step before", before)
            self.at(switch, "index", f"{said} is read at the step after", after)
            self.at(switch, "index", f"{said} is read from the other end", lambda a, t: a[len(a) - 1 - t])
            self.at(switch, "index", f"{said} is read at the last step every time", lambda a, t: a[-1])
            self.at(switch, "index", f"{said} is read at the first step every time", lambda a, t: a[0])
        elif isinstance(index, ast.BinOp):
            self.at(
                switch,
                "index",
                f"{said} is read at the step itself, not at its neighbour",
                lambda a, t: a[t + 1],
                ("same",),
            )
            self.at(switch, "index", f"{said} is read at a step too far away", lambda a, t: a[t - 1])
        elif isinstance(index, ast.Tuple) and all(isinstance(part, ast.Slice) for part in index.elts):

            def moved(a, i, k):
                width = np.shape(np.asarray(a)[i])[-1]
                return np.roll(a, -k * width, -1)[i]

            for k in (1, 2):
                change = lambda a, i, k=k: moved(a, i, k)
                self.at(switch, "block", f"another block of {said} is read", change, (said, k))
        elif isinstance(index, ast.Slice) and isinstance(index.step, ast.UnaryOp):
            self.at(switch, "order", f"{said} is taken in the other order", lambda a, i: a)
        else:
            node.value = self.visit(node.value)
            return node
        index = (
            ast.Tuple([self.as_slice(part) for part in index.elts], ast.Load())
            if isinstance(index, ast.Tuple)
            else self.as_slice(index)
        )
        return self.call(switch, lambda a, i: a[i], self.visit(node.value), index)

    @staticmethod
    def as_slice(node):
        """An index as a value."""
        if not isinstance(node, ast.Slice):
            return node
        parts = [part or ast.Constant(None) for part in (node.lower, node.upper, node.step)]
        return ast.Call(ast.Name("slice", ast.Load()), parts, [])

    def visit_Call(self, node):
        """A call: another function in its place."""
        name = dotted(node.func)
        if name in ("np.zeros", "np.zeros_like", "len", "np.ndindex"):
            return node
        switch = next(self.switches)
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS and not name.startswith("np."):
            for kind, words, change in METHODS[node.func.attr]:
                self.at(switch, kind, words, change, BATCH if words in BATCH else (words,))
            method = node.func.attr
            rightly = lambda a, *args, **keywords: getattr(a, method)(*args, **keywords)
            return self.call(switch, rightly, self.visit(node.func.value), keywords=node.keywords)
        if name in self.values and name != self.main():
            inside, self.inside = self.inside, f"what is handed to `{name}`"
            node.args = [self.visit(argument) for argument in node.args]
            self.inside = inside
            return node
        if name == "np.split":
            node.args[0] = self.visit(node.args[0])
        elif name.endswith((".copy", ".append", ".astype")):
            return node
        elif name != "range":
            gates = [n.id[2:] for n in ast.walk(node) if isinstance(n, ast.Name) and n.id.startswith("a_")]
            if name in ("np.tanh", "sigmoid") and gates:
                self.inside = phrase(gates[0])
            terms = terms_of(node.args[0]) if name in ("np.tanh", "sigmoid") else []
            node.args = [self.visit(argument) for argument in node.args]
            if len(terms) > 1:
                return self.activation(name, terms, node.args[0])
        for kind, words, change in CALLS.get(name, ()):
            self.at(switch, kind, words, change, (words,))
        if name not in CALLS:
            return node
        rightly = eval(compile(ast.fix_missing_locations(ast.Expression(node.func)), "<name>", "eval"), self.space)
        return self.call(switch, rightly, *node.args, keywords=node.keywords)

    def activation(self, name, terms, visited):
        """The activation of a sum: another one, or a term that it does not reach with the others."""
        switch, signs = next(self.switches), [sign for sign, _ in terms]
        rightly = np.tanh if name == "np.tanh" else sigmoid
        for kind, words, change in CALLS[name]:
            self.at(switch, kind, words, lambda a, _, c=change: c(a), (words,))
            inside, count = self.inside, len(self.blocks)
            for b, block in enumerate(self.blocks):
                self.inside = phrase(block[2:])
                one = lambda a, _, c=change, b=b, n=count: in_block(rightly(a), b, n, lambda part: c(logit(part)))
                self.at(switch, kind, words, one)
            self.inside = inside
        for k, (_, term) in enumerate(terms):

            def outside(_, parts, k=k):
                return rightly(total(without(signs, k), without(parts, k))) + signs[k] * parts[k]

            def apart(_, parts, k=k):
                return rightly(total(without(signs, k), without(parts, k))) + rightly(signs[k] * parts[k])

            self.at(
                switch, "activation", f"{told(term, 'term')} is added after the activation", outside, ("outside", k)
            )
            self.at(
                switch, "activation", f"{told(term, 'term')} goes through the activation by itself", apart, ("apart", k)
            )
        parts = copy.deepcopy(visited.args[0])
        return self.call(switch, lambda a, _: rightly(a), visited, beside=parts)


def traced(problem_set, name, probe):
    """What the quantities of a function, and of those that it calls, are on some arguments: by function, by name."""
    values: dict = {name: {}}
    space = vars(model.solution(problem_set))

    def note(frame, event, _):
        function = frame.f_code.co_name
        if event == "return" and frame.f_globals is space and function not in GIVEN and not function.startswith("<"):
            values.setdefault(function, {}).update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        space[name](*copy.deepcopy(probe))
    finally:
        sys.setprofile(before)
    return values
