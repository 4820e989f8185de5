"""What every cell must keep to, so that the rest of the package works for it."""

import copy
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.cells.base import Cell, State
from rnnbook.checking.diagnostics import path_jacobians, step_jacobians
from rnnbook.checking.gradients import check_gradients
from rnnbook.layers.files import load, save

T, B = 5, 3
SIZES = (2, 4), (3, 8)  # D and H, twice: a number that stands in the code fits one of them only
LENGTHS = np.array([5, 1, 3])
TOLERANCE = 1e-10  # relative to an array's largest number; the complex step itself is exact to about 1e-14


@dataclass(frozen=True)
class Contract:
    """What `check_cell` found; printing it shows a line for each clause."""

    cell: str
    clauses: tuple[tuple[str, str], ...]  #: each clause, and what was found: "kept", or "not checked: ..."

    def __str__(self) -> str:
        return "\n".join([self.cell, *(f"{found}  {clause}" for clause, found in self.clauses)])


def check_cell(make: Callable[..., Cell], *, rng: np.random.Generator | None = None, **options: Any) -> Contract:
    """Hold a cell to the contract on which stacks, training, diagnostics, compiling and export stand.

    Parameters
    ----------
    make : type or callable
        A subclass of `Cell`, or what makes one: ``make(input_size, hidden_size, rng=rng, dtype=dtype, **options)``.
    rng : numpy.random.Generator, optional
        Draws parameters, inputs and gradients; seed 0 by default.
    **options
        The cell's own, such as ``reset="before"``.

    Returns
    -------
    Contract
        When every clause is kept. Without JAX the compiled cell is not checked, and the report says so.

    Raises
    ------
    AssertionError
        With the first clause that is not kept, in a sentence.
    TypeError
        When `make` is neither a class of cells nor makes one.

    Examples
    --------
    >>> from rnnbook import GRU
    >>> report = check_cell(GRU, reset="before")
    >>> print(str(report).splitlines()[0])
    GRU
    """
    rng = np.random.default_rng(0) if rng is None else check.generator("rng", rng)
    if isinstance(make, Cell) or not callable(make):
        raise TypeError(f"make must be a class of cells, or what makes one, got {type(make).__name__}")

    def prepared(D: int, H: int) -> Case:
        def new(dtype: npt.DTypeLike = np.float64, seed: int = 1) -> Cell:
            return make(D, H, rng=np.random.default_rng(seed), dtype=dtype, **options)

        cell = new()
        if not isinstance(cell, Cell):
            raise TypeError(f"make must make a Cell, got {type(cell).__name__}")
        for value in cell.params.values():  # no bias stays zero, no gain one
            value += 0.3 * rng.normal(size=value.shape)
        return Case(cell, rng.normal(size=(T, B, D)), rng, new)

    first = prepared(*SIZES[0])
    name, found, where = type(first.cell).__name__, dict.fromkeys(CLAUSES, ""), ""
    for D, H in SIZES:
        clause = next(iter(CLAUSES))
        try:
            case = prepared(D, H) if where else first
            asked = H if isinstance(make, type) else case.cell.hidden_size  # a function may choose another
            got = case.cell.hidden_size
            must(got == asked, f"hidden_size must be {asked}, as asked for, it is {got}")
            for clause, examine in CLAUSES.items():
                if not (where and examine is compilation):  # which takes as long as all others
                    found[clause] = examine(case) or "kept"
        except Exception as error:  # whatever a stranger's code does, it is told which clause it broke
            kind = "" if isinstance(error, Broken) else f"{type(error).__name__}: "
            raise AssertionError(f"{name} breaks the contract of cells\n{clause}: {kind}{error}{where}") from error
        where = " (with another input_size, 3, and hidden_size, 8)"
    return Contract(name, tuple(found.items()))


class Case(NamedTuple):
    """What a clause examines."""

    cell: Cell
    x: Array  #: (T, B, D)
    rng: np.random.Generator
    new: Callable[..., Cell]  #: ``new(dtype, seed)`` makes another cell


class Broken(AssertionError):
    """A clause that is not kept, in a sentence."""


def must(condition: object, sentence: str) -> None:
    """A `Broken` with the sentence, unless the condition holds."""
    if not condition:
        raise Broken(sentence)


def alike(what: str, found: Any, expected: Any) -> None:
    """Nested tuples and dicts of arrays that must be equal up to rounding."""
    if isinstance(expected, dict):
        must(found.keys() == expected.keys(), f"{what} must be {sorted(expected)}, got {sorted(found)}")
        for name, value in expected.items():
            alike(f"{what} {name}", found[name], value)
    elif isinstance(expected, tuple):
        for k, (a, b) in enumerate(zip(found, expected, strict=True)):
            alike(f"{what}[{k}]", a, b)
    else:
        must(np.shape(found) == expected.shape, f"{what} must have shape {expected.shape}, got {np.shape(found)}")
        found, expected = found * 1.0, expected * 1.0  # what a step saves may be a truth value
        scale = max(float(np.abs(expected).max(initial=0.0)), 1e-300)
        error = float(np.abs(found - expected).max(initial=0.0)) / scale
        must(error <= TOLERANCE, f"{what} must be equal up to rounding, they differ by {error:.0e} of the largest")


def declaration(case: Case) -> None:
    """Names, shapes and starts."""
    cell, new = case.cell, case.new
    for name in ("blocks", "gates", "states", "saved"):
        value = getattr(cell, name)
        of_names = isinstance(value, tuple) and all(isinstance(v, str) for v in value)
        must(of_names, f"{name} must be a tuple of names, got {value!r}")
    must(set(cell.gates) <= set(cell.blocks), f"gates {cell.gates} must be among the blocks {cell.blocks}")
    kept = cell.retention_gate
    signed = kept is None or (isinstance(kept, tuple) and len(kept) == 2 and kept[1] in (+1, -1))
    must(signed, f"retention_gate must be a gate and +1 or -1, got {kept!r}")
    named = [g for g in (kept and kept[0], cell.input_gate) if g]
    must(set(named) <= set(cell.gates), f"retention_gate and input_gate must be among the gates {cell.gates}")
    widths, shapes = cell.block_widths(), cell.state_shapes()
    must(len(widths) == len(cell.blocks), f"block_widths must give one number for each of {cell.blocks}, got {widths}")
    must(len(shapes) == len(cell.states), f"state_shapes must give one shape for each of {cell.states}, got {shapes}")
    must(shapes[0] == (cell.hidden_size,), f"the first state is the output and must have shape (H,), got {shapes[0]}")
    declared, held = check.shapes(cell.parameters()), check.shapes(cell.params)
    must(declared == held, f"parameters() must declare the shapes of params, {declared} is not {held}")
    for name in ("W_x", "b"):
        must(name in held, f"params must have {name}, since x W_x + b is computed for every cell")
    reserved = {"x", "file", *(f"{s}_0" for s in cell.states)} & held.keys()
    must(not reserved, f"a parameter must not be called as an input, a state or a file is, got {sorted(reserved)}")
    first, again, rng = new().params, new().params, np.random.default_rng(1)
    alone = all((first[name] == again[name]).all() for name in first)
    must(alone, "the parameters must be drawn from rng alone: one seed gave two starts")
    odd = [name for name, p in cell.parameters().items() if not (first[name] == p.start(rng, p.shape)).all()]
    must(not odd, f"each parameter must start as parameters() declares it; not so {odd}")
    for dtype in (np.float32, np.float64):
        odd = [name for name, p in new(dtype).params.items() if p.dtype != dtype]
        must(not odd, f"parameters must have the dtype that is asked for, {dtype.__name__}; not so {odd}")


def shapes_and_dtypes(case: Case) -> None:
    """What comes out, in float32 too."""
    cell, x, new = case.cell, case.x, case.new
    xw, state, _ = one_step(case.cell, case.rng)
    returned = case.cell.step(xw, state)
    pair = isinstance(returned, tuple) and len(returned) == 2 and all(isinstance(r, tuple) for r in returned)
    must(pair, "step must return two tuples, the state and what is saved: return (h,), (h, ...)")
    H = cell.hidden_size
    for dtype in (np.float32, np.float64):
        small = new(dtype)
        hs, state = small(x.astype(dtype))
        dx, dstate = small.backward(np.ones_like(hs))
        expected = {"hs": (hs, (T, B, H)), "dx": (dx, x.shape)}
        for kind, arrays in (("state", state), ("dstate", dstate)):
            must(len(arrays) == len(cell.states), f"{kind} must hold {len(cell.states)} arrays, got {len(arrays)}")
            for s, array, shape in zip(cell.states, arrays, cell.state_shapes(), strict=True):
                expected[f"{kind} {s}"] = array, (B, *shape)
        names = f"{sorted(small.params)}, got {sorted(small.grads)}"
        must(small.grads.keys() == small.params.keys(), f"weight_grads must give a gradient for each of {names}")
        expected |= {f"the gradient of {name}": (g, small.params[name].shape) for name, g in small.grads.items()}
        for name, (array, shape) in expected.items():
            must(array.shape == shape, f"{name} must have shape {shape}, got {array.shape}")
            must(array.dtype == dtype, f"{name} must be {np.dtype(dtype).name} where all else is, got {array.dtype}")


def purity(case: Case) -> None:
    """`step` and `step_back` depend on their arguments and parameters only, and change neither."""
    cell, rng = case.cell, case.rng
    xw, state, dstate = one_step(cell, rng)
    before = copy.deepcopy((xw, state, dstate, cell.params))
    after, saved = cell.step(xw, state)
    complete = not cell.saved or len(cell.saved) == len(saved)
    must(complete, f"saved must name the {len(saved)} arrays that step saves, got {cell.saved}")
    kept = copy.deepcopy(saved)
    first = cell.step_back(saved, dstate)
    for others in (1, 2):
        for k in range(others):
            cell.step(xw + k + 1, state)
        alike("step, called again,", cell.step(xw, state), (after, saved))
    alike("step_back, called again,", cell.step_back(saved, dstate), first)
    unchanged = same_bits((xw, state, dstate, cell.params), before) and same_bits(saved, kept)
    must(unchanged, "step and step_back must leave their arguments and the parameters as they are")


def analytic(case: Case) -> None:
    """`step` runs on complex numbers and follows them, as the complex step needs it."""
    cell, rng = case.cell, case.rng
    xw, state, _ = one_step(cell, rng)
    (output, *_), _ = cell.step(xw + 1e-30j * np.ones_like(xw), tuple(s.astype(complex) for s in state))
    must(np.iscomplexobj(output), "step must keep complex numbers: no real part, no comparison, no float() on the way")


def leading_axes(case: Case) -> None:
    """`step_back` takes many gradients at once along leading axes."""
    cell, rng = case.cell, case.rng
    xw, state, dstate = one_step(cell, rng)
    _, saved = cell.step(xw, state)
    many = tuple(np.stack([d, 2 * d, -d]) for d in dstate)
    da, before = cell.step_back(saved, many)
    each = [cell.step_back(saved, tuple(d[k] for d in many)) for k in range(3)]
    alike("da for three gradients at once", da, np.stack([one[0] for one in each]))
    for s, found, expected in zip(cell.states, before, zip(*(one[1] for one in each), strict=True), strict=True):
        alike(f"d{s} for three gradients at once", found, np.stack(expected))


def gradients(case: Case) -> None:
    """Every gradient against the complex step."""
    cell, x, rng = case.cell, case.x, case.rng
    _compared(cell, x, rng, None)


def ragged(case: Case) -> None:
    """Sequences of different lengths: gradients, and padding that nothing sees."""
    cell, x, rng = case.cell, case.x, case.rng
    _compared(cell, x, rng, LENGTHS)
    hs, state = cell(x, lengths=LENGTHS)
    noise = np.where(np.arange(T)[:, None, None] < LENGTHS[:, None], x, np.nan)
    alike("outputs with NaN for padding", cell(noise, lengths=LENGTHS), (hs, state))
    for b, n in enumerate(LENGTHS):
        alone, end = cell(x[:n, b : b + 1])
        alike(f"the outputs of a sequence of length {n}", hs[:n, b : b + 1], alone)
        alike(f"the last state of a sequence of length {n}", tuple(s[b : b + 1] for s in state), end)
        must(not hs[n:, b].any(), "outputs behind a sequence's end must be zero")


def batches(case: Case) -> None:
    """A batch equals its items, run one by one; their weight gradients add up."""
    cell, x, rng = case.cell, case.x, case.rng
    dhs = rng.normal(size=(T, B, cell.hidden_size))
    hs, _ = cell(x)
    dx, _ = cell.backward(dhs)
    whole, summed = dict(cell.grads), {name: np.zeros_like(g) for name, g in cell.grads.items()}
    for b in range(B):
        own = slice(b, b + 1)
        alike("the outputs of an item alone", cell(x[:, own])[0], hs[:, own])
        alike("the input gradient of an item alone", cell.backward(dhs[:, own])[0], dx[:, own])
        summed = {name: summed[name] + cell.grads[name] for name in summed}
    alike("the sum of the items' gradients of", summed, whole)


def halves(case: Case) -> None:
    """Two halves, with the state handed over, equal the whole, forward and back."""
    cell, x, rng = case.cell, case.x, case.rng
    dhs, cut = rng.normal(size=(T, B, cell.hidden_size)), 2
    hs, end = cell(x)
    dx, dstart = cell.backward(dhs)
    first, middle = cell(x[:cut])
    second, last = cell(x[cut:], middle)
    alike("the outputs of two halves", np.concatenate([first, second]), hs)
    alike("the state after two halves", last, end)
    dx_2, dmiddle = cell.backward(dhs[cut:])
    cell(x[:cut])
    dx_1, dbefore = cell.backward(dhs[:cut], dmiddle)
    alike("the input gradient over two halves", np.concatenate([dx_1, dx_2]), dx)
    alike("the gradient of the initial state over two halves", dbefore, dstart)


def gates(case: Case) -> None:
    """A gate's values are shares; a bias on the retention gate retains, one on the input gate lets candidates in."""
    cell, (xw, state, _) = case.new(), one_step(case.cell, case.rng)
    cell(3 * case.x)
    for name, values in zip(cell.saved, cell.tape, strict=False):
        share = values.min() >= 0 and values.max() <= 1 if name in cell.gates else True
        must(share, f"{name} is named a gate, but what is saved under this name is not between 0 and 1")
    if cell.retention_gate is not None:
        gate, sign = cell.retention_gate
        kept = []
        for bias in (-3.0, 3.0):
            cell.block("b", gate)[...] = sign * bias
            cell(case.x[:1], state)
            kept.append(np.abs(np.linalg.eigvals(path_jacobians(cell)["direct"])).sum())  # what a state keeps of itself
        more = kept[1] - kept[0] > 1e-3 * kept[1]
        must(more, f"retention_gate {cell.retention_gate}: a bias of {sign:+d} times more must retain more")
    if cell.input_gate is not None:
        memory, entered = slice(min(1, len(cell.states) - 1), None), []  # an output gate closes the output alone
        for bias in (-3.0, 3.0):
            xw[:, cell.columns(cell.input_gate)] = bias
            other = xw.copy()
            for block in set(cell.blocks) - set(cell.gates):
                other[:, cell.columns(block)] += 1
            one, two = cell.step(xw, state)[0][memory], cell.step(other, state)[0][memory]
            entered.append(sum(np.abs(a - b).sum() for a, b in zip(one, two, strict=True)))
        less = 2 * entered[0] < entered[1]
        must(less, f"input_gate {cell.input_gate!r}: with a bias below 0 less must enter the memory")


def paths(case: Case) -> None:
    """The paths of a gradient sum to the Jacobian, and only recurrent parameters lead along them."""
    cell, x = case.cell, case.x
    cell(x)
    alike("the sum of path_jacobians", sum(path_jacobians(cell).values()), step_jacobians(cell))
    xw, state, dstate = one_step(cell, case.rng)
    whole, (_, saved) = cell.params, cell.step(xw, state)
    recurrent = {name for name, p in cell.parameters().items() if p.recurrent}
    closed = whole | {name: np.zeros_like(whole[name]) for name in recurrent}
    try:
        cell.params = closed
        direct = cell.step_back(saved, dstate)[1]
        for name in whole.keys() - recurrent:
            cell.params = closed | {name: 2 * whole[name] + 1}
            unmoved = same_bits(cell.step_back(saved, dstate)[1], direct)
            must(unmoved, f"{name} leads from state to state: parameters() must declare it recurrent")
    finally:
        cell.params = whole


def files(case: Case) -> None:
    """Saved and loaded, a cell is the same."""
    cell, x, new = case.cell, case.x, case.new
    with tempfile.TemporaryDirectory() as folder:
        save(f"{folder}/cell.npz", cell)
        other = new(seed=2)
        load(f"{folder}/cell.npz", other)
    alike("the outputs of a cell that was saved, and loaded into one of another seed,", other(x), cell(x))


def compilation(case: Case) -> str | None:
    """Compiled by JAX, a cell gives the same values and gradients."""
    cell, x, rng = case.cell, case.x, case.rng
    if check.optional("jax") is None:
        return "not checked: JAX is not installed"
    from rnnbook.jax import compiled

    fast = compiled(cell)
    for lengths in (None, LENGTHS):
        hs, state = cell(x, lengths=lengths)
        dhs, dstate = rng.normal(size=hs.shape), tuple(rng.normal(size=s.shape) for s in state)
        back = cell.backward(dhs, dstate)
        alike("compiled outputs and state", fast(x, None, lengths), (hs, state))
        alike("compiled gradients of input and state", fast.backward(dhs, dstate), back)
        alike("the compiled gradient of", fast.grads, cell.grads)
    return None


#: What is examined, in this order.
CLAUSES: dict[str, Callable[[Case], str | None]] = {
    "names, shapes, starts as declared": declaration,
    "shapes and dtypes of what comes out": shapes_and_dtypes,
    "step and step_back pure": purity,
    "step analytic": analytic,
    "step_back over leading axes": leading_axes,
    "gradients by the complex step": gradients,
    "a batch equals its items": batches,
    "sequences of different lengths": ragged,
    "two halves equal the whole": halves,
    "gates between 0 and 1, and retaining": gates,
    "gradient paths sum to the Jacobian": paths,
    "saved and loaded": files,
    "compiled equals NumPy": compilation,
}


def one_step(cell: Cell, rng: np.random.Generator) -> tuple[Array, State, State]:
    """Random arguments of one step and of its gradient."""
    xw = rng.normal(size=(B, sum(cell.block_widths())))
    state, dstate = (tuple(rng.normal(size=(B, *shape)) for shape in cell.state_shapes()) for _ in range(2))
    return xw, state, dstate


def same_bits(a: Any, b: Any) -> bool:
    """Whether nested tuples and dicts hold the same arrays."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_bits(a[name], b[name]) for name in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same_bits, a, b))
    return np.array_equal(a, b, equal_nan=True)


def _compared(cell: Cell, x: Array, rng: np.random.Generator, lengths: Array | None) -> None:
    wrong = [c for c in check_gradients(cell, x, rng=rng, lengths=lengths).checks if not c.error <= TOLERANCE]
    found = "; ".join(f"that of {c.name} is off by {c.error:.0e} of its largest number, at {c.where}" for c in wrong)
    must(not wrong, f"a gradient must be that of the complex step: {found}")
