"""A recurrent layer for any cell: time, batch, lengths and weight gradients, written once."""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnbook import check
from rnnbook.arrays import Array, flat, namespace

#: What a cell carries from step to step, in the order of its `states`; or a gradient with respect to that.
State: TypeAlias = tuple[Array, ...]
#: What a step keeps for the way back, in the order of `saved`.
Saved: TypeAlias = tuple[Array, ...]


class Parameter(NamedTuple):
    """What a cell declares of a parameter."""

    shape: tuple[int, ...]
    start: "Start"  #: ``start(rng, shape)`` draws it
    recurrent: bool = False  #: whether the state of the step before acts through it


#: Draws a parameter of a shape.
Start: TypeAlias = Callable[[np.random.Generator, tuple[int, ...]], Array]


def uniform(bound: float) -> Start:
    """A start drawn uniformly from ±`bound`."""
    return lambda rng, shape: rng.uniform(-bound, bound, shape)


def constant(value: float) -> Start:
    """A start at one value."""
    return lambda _, shape: np.full(shape, value)


class Cell:
    """A recurrent layer: an affine map of the input, then `step` once per time step.

    A subclass names its `blocks` (of columns of ``W_x``, ``W_h`` and ``b``), which of them are `gates`, and its
    `states` (what it carries through time, the output ``h`` first), and writes the two methods that are its
    mathematics, `step` and `step_back`. Everything else (batches, sequences of different lengths, weight gradients,
    gradient checks, diagnostics, stacks, training) works for it unchanged. Where blocks or states are not all H wide,
    or parameters are others than ``W_x``, ``W_h`` and ``b``, it says so in `block_widths`, `state_shapes` and
    `parameters`. `check_cell` holds a cell to all of this.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Draws the parameters as `parameters` declares them: ``W_x`` and ``W_h`` uniformly from
        ±1/√H; ``b`` starts at zero.
    dtype : dtype, default float32
        Of the parameters: float32 or float64.

    Raises
    ------
    ValueError, TypeError
        Here and in every method, when an argument has the wrong shape or type; nothing is changed.
    RuntimeError
        When `backward` comes before the first call.

    Attributes
    ----------
    params : dict of str to ndarray
        ``W_x (D, kH)``, ``W_h (H, kH)``, ``b (kH,)`` for a cell of k blocks.
    grads : dict of str to ndarray
        Same keys and shapes; filled by `backward`.
    tape : list of ndarray
        What `step` saved in the last call, each item stacked over time, (T, B, H); `saved` names its entries.
    x : ndarray, shape (T, B, D)
        Input of the last call. It is kept, not copied: leave it unchanged until `backward`.
    h_prev : ndarray, shape (T, B, H)
        The output before each step of the last call.

    Notes
    -----
    Axes are time-major, ``x (T, B, D)`` and ``h (T, B, H)``, and vectors are rows:
    ``a_t = x_t W_x + h_{t-1} W_h + b``. The computation runs in the widest dtype among input, state and parameters. NaN
    and infinity are not looked for; they spread. `step_back` must broadcast over leading axes of `dstate`.
    """

    tape: list[Array]

    #: Blocks of columns of ``W_x``, ``W_h`` and ``b``, in their order.
    blocks: tuple[str, ...]
    #: Those of `blocks` that are gates, shares between 0 and 1; the others are candidates.
    gates: tuple[str, ...] = ()
    states: tuple[str, ...] = ("h",)
    #: Names of what `step` saves for `step_back`.
    saved: tuple[str, ...] = ()
    #: The gate whose bias sets how long the cell remembers, and the sign that lengthens it.
    retention_gate: tuple[str, int] | None = None
    #: The gate that lets what is new in, where it is another.
    input_gate: str | None = None
    #: The keywords that the cell adds to those of every cell, each with values to test it with, the default first.
    options: ClassVar[dict[str, tuple[Any, ...]]] = {}

    def __init__(
        self, input_size: int, hidden_size: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        if not getattr(self, "blocks", ()):
            raise TypeError(f"{type(self).__name__} must name its blocks, as in blocks = ('h',)")
        check.generator("rng", rng)
        dtype = check.dtype(dtype)
        self.input_size = check.positive("input_size", input_size)
        self.hidden_size = self.output_size = check.positive("hidden_size", hidden_size)
        self.params = {name: p.start(rng, p.shape).astype(dtype) for name, p in self.parameters().items()}
        self.grads: dict[str, Array] = {}
        self.tape = []
        self._buffers: dict[object, Array] = {}

    def block_widths(self) -> tuple[int, ...]:
        """How many columns each of `blocks` has: H, unless a cell says otherwise."""
        return (self.hidden_size,) * len(self.blocks)

    def state_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of each of `states` for one sequence: (H,), unless a cell says otherwise; the output's is."""
        return ((self.hidden_size,),) * len(self.states)

    def parameters(self) -> dict[str, Parameter]:
        """What each parameter is and how it starts; a cell with other parameters extends or replaces this.

        Returns
        -------
        dict of str to Parameter
            They are drawn in its order.
        """
        D, H, width = self.input_size, self.hidden_size, sum(self.block_widths())
        return {
            "W_x": Parameter((D, width), uniform(H**-0.5)),
            "W_h": Parameter((H, width), uniform(H**-0.5), recurrent=True),
            "b": Parameter((width,), constant(0.0)),
        }

    def step(self, xw: Array, state: State) -> tuple[State, Saved]:
        """One time step: what the cell *is*.

        Parameters
        ----------
        xw : ndarray, shape (B, kH)
            ``x_t W_x + b``, block by block.
        state : tuple of ndarray, each (B, H)
            The state before this step, in the order of `states`.

        Returns
        -------
        state : tuple of ndarray, each (B, H)
            The state after it.
        saved : tuple of ndarray
            What `step_back` will need.
        """
        raise NotImplementedError(f"{type(self).__name__} must define step(xw, state)")

    def step_back(self, saved: Saved, dstate: State) -> tuple[Array, State]:
        """The gradient of one step.

        Parameters
        ----------
        saved : tuple of ndarray
            What `step` returned.
        dstate : tuple of ndarray, each (..., B, H)
            Gradient of the loss with respect to the state after the step.

        Returns
        -------
        da : ndarray, shape (..., B, kH)
            Gradient with respect to the step's `xw`.
        dstate : tuple of ndarray, each (..., B, H)
            Gradient with respect to the state before the step.
        """
        raise NotImplementedError(f"{type(self).__name__} must define step_back(saved, dstate)")

    def __call__(self, x: Array, state: State | None = None, lengths: ArrayLike | None = None) -> tuple[Array, State]:
        """Run over time.

        Parameters
        ----------
        x : ndarray, shape (T, B, D)
        state : tuple of ndarray, each (B, H), optional
            The initial state, zero by default.
        lengths : ndarray of int, shape (B,), optional
            Steps of each sequence, between 1 and T. After its last step a sequence's
            state stays as it is and its output is zero; the padding in `x` is ignored.

        Returns
        -------
        hs : ndarray, shape (T, B, H)
            The outputs.
        state : tuple of ndarray, each (B, H)
            The state after each sequence's last step.
        """
        x = check.sequences("x", x, self.input_size)
        check.parameters(self)
        T, B, _ = x.shape
        if state is None:
            state = tuple(np.zeros((B, *shape), x.dtype) for shape in self.state_shapes())
        state = self.checked_state("state", state, B)
        alive = None if lengths is None else sequence_mask(check.lengths(lengths, T, B), T)
        x = within(alive, x)
        dtype = np.result_type(x, *state, *self.params.values())
        x, state = x.astype(dtype, copy=False), tuple(s.astype(dtype, copy=False) for s in state)
        xw = self._buffer("a", (T, B, sum(self.block_widths())), dtype)
        np.matmul(flat(x), self.params["W_x"], out=flat(xw))  # every time step in one product
        xw += self.params["b"]
        h = self._buffer("h", (T + 1, B, self.hidden_size), dtype)
        h[0] = state[0]
        tape: list[Array] = []
        for t in range(T):
            after, saved = self.step(xw[t], state)
            if t == 0:
                tape = [self._buffer(k, (T, *s.shape), s.dtype) for k, s in enumerate(saved)]
            for stacked, s in zip(tape, saved, strict=True):
                stacked[t] = s
            if alive is not None:
                after = where_alive(alive[t], after, state)
            state = after
            h[t + 1] = state[0]
        self.tape, self.x, self.h_prev, self.alive = tape, x, h[:-1], alive
        # a copy, since the weight gradient needs the states as they were
        return h[1:].copy() if alive is None else within(alive, h[1:]), state

    def backward(self, dhs: Array, dstate: State | None = None) -> tuple[Array, State]:
        """Back through time, for the last call; fills `grads`.

        Parameters
        ----------
        dhs : ndarray, shape (T, B, H)
            Gradient of the loss with respect to the outputs.
        dstate : tuple of ndarray, each (B, H), optional
            Gradient with respect to the final state, where the loss uses it.

        Returns
        -------
        dx : ndarray, shape (T, B, D)
        dstate : tuple of ndarray, each (B, H)
            Gradient with respect to the initial state.
        """
        if not hasattr(self, "h_prev"):
            raise RuntimeError("backward needs a forward call first: hs, state = cell(x)")
        T, B, H = self.h_prev.shape
        dhs = check.shaped("dhs", dhs, (T, B, H), "(T, B, H)")
        dhs = within(self.alive, dhs)
        if dstate is None:
            dstate = tuple(np.zeros((B, *shape), dhs.dtype) for shape in self.state_shapes())
        dstate = self.checked_state("dstate", dstate, B)

        dtype = np.result_type(dhs, *dstate, self.h_prev)
        da = self._buffer("a", (T, B, sum(self.block_widths())), dtype)
        W_h = self.params.get("W_h")
        if W_h is not None:  # the same numbers, so that the transpose in step_back is contiguous: faster products
            self.params["W_h"] = np.asfortranarray(W_h)
        try:
            for t in reversed(range(T)):
                saved = tuple(stacked[t] for stacked in self.tape)
                da[t], before = self.step_back(saved, (dstate[0] + dhs[t], *dstate[1:]))
                if self.alive is not None:  # past its end a sequence passes its gradient on untouched
                    da[t] = within(self.alive[t], da[t])
                    before = where_alive(self.alive[t], before, dstate)
                dstate = before
        finally:
            if W_h is not None:
                self.params["W_h"] = W_h
        self.grads = self.weight_grads(da)
        dx = (flat(da) @ self.params["W_x"].T).reshape(self.x.shape)
        return dx, dstate

    def weight_grads(self, da: Array) -> dict[str, Array]:
        """Gradients of the parameters, given those of the pre-activations at every step.

        A cell with parameters of its own, or whose recurrent product is not simply ``h_{t-1} W_h``, extends this.

        Parameters
        ----------
        da : ndarray, shape (T, B, kH)

        Returns
        -------
        dict of str to ndarray
        """
        da = flat(da)
        return {"W_x": flat(self.x).T @ da, "W_h": flat(self.h_prev).T @ da, "b": da.sum(0)}

    def columns(self, block: str) -> slice:
        """Where the columns of `block`, one of `blocks`, stand, a slice."""
        k = self.blocks.index(check.choice("block", block, self.blocks))
        widths = self.block_widths()
        return slice(sum(widths[:k]), sum(widths[: k + 1]))

    def block(self, name: str, block: str) -> Array:
        """The columns of one block in a parameter, a view: ``cell.block("b", "f")[:] = 1``.

        Parameters
        ----------
        name : {"W_x", "W_h", "b"}
        block : str
            One of `blocks`.

        Returns
        -------
        ndarray, shape (D, H), (H, H) or (H,)
        """
        check.choice("name", name, tuple(n for n in ("W_x", "W_h", "b") if n in self.params))
        return self.params[name][..., self.columns(block)]

    def _buffer(self, name: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Memory kept from call to call: touching fresh memory takes longer than the arithmetic."""
        old = self._buffers.get(name)
        if old is None or old.shape != shape or old.dtype != dtype:
            self._buffers[name] = np.empty(shape, dtype)
        return self._buffers[name]

    def checked_state(self, name: str, state: Any, B: int) -> State:
        """A state as a tuple of arrays (B, …), or an error that calls it `name`."""
        if not isinstance(state, (tuple, list)) or len(state) != len(self.states):
            got = f"{len(state)} arrays" if isinstance(state, (tuple, list)) else type(state).__name__
            raise ValueError(f"{name} must be a tuple ({', '.join(self.states)}), got {got}")
        return tuple(
            check.shaped(f"{name}[{k}] ({s})", value, (B, *shape), "(B, H)" if len(shape) == 1 else "(B, …)")
            for k, (s, value, shape) in enumerate(zip(self.states, state, self.state_shapes(), strict=True))
        )


def where_alive(alive: Array, after: State, before: State) -> State:
    """A state after a step: `after` where a sequence still runs, ``alive (B, 1)``, and `before` where it has ended."""
    xp = namespace(alive)
    each = (alive.reshape(-1, *(1,) * (a.ndim - 1)) for a in after)
    return tuple(xp.where(mask, a, b) for mask, a, b in zip(each, after, before, strict=True))


def within(alive: Array | None, a: Array) -> Any:
    """`a` with 0 where `alive` says that a sequence has ended, be it NaN or infinite there; unchanged without it."""
    return a if alive is None else namespace(alive).where(alive, a, 0)


def sequence_mask(lengths: Array, T: int) -> Array:
    """A (T, B, 1) mask: True while a sequence still runs."""
    return (namespace(lengths).arange(T)[:, None] < lengths)[..., None]
