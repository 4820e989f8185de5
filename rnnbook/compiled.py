"""Any layer, compiled by JAX: the same `step` and `step_back`, the loop over time without Python.

NumPy's loop calls `step` once per time step. Here JAX calls it once, to see what it does,
and `jax.lax.scan` repeats that in machine code; `step_back` likewise. Layers around cells
(stacks, readouts) are differentiated by JAX itself.
"""

import copy
import os
import traceback
from contextlib import contextmanager
from functools import lru_cache

import numpy as np

from rnnbook import check
from rnnbook.arrays import flat
from rnnbook.cells.base import Cell, alive_mask
from rnnbook.layers import Container, Model, Stack, one_each

INSTEAD = (
    "rnnbook.activations has tanh and sigmoid, rnnbook.join stands for np.concatenate, and "
    "rnnbook.namespace(x) is the module to take other functions from, as in namespace(x).exp(x)"
)


def compiled(layer):
    """A layer that computes the same, compiled by JAX.

    Parameters
    ----------
    layer : Cell, Stack, Bidirectional or Model
        Your own cells too. Its parameters are shared, not copied: train either, both have learned.

    Returns
    -------
    Compiled
        It is called as the layer is, and has its `backward`, `params` and `grads`.

    Raises
    ------
    ImportError
        Without JAX; says how to install it.
    TypeError
        When the argument is no such layer; at the first call, when a cell hands JAX's arrays
        to a function of NumPy.

    Notes
    -----
    The first call with new shapes compiles, for about a second; later ones run at once.
    Arrays go in and come out as NumPy's (those that come out cannot be written to). Leave
    input and parameters unchanged between a call and its `backward`.

    Examples
    --------
    >>> from rnnbook import LSTM
    >>> rng = np.random.default_rng(0)
    >>> cell = LSTM(2, 3, rng=rng, dtype=np.float64)
    >>> x, dhs = rng.normal(size=(5, 4, 2)), rng.normal(size=(5, 4, 3))
    >>> fast = compiled(cell)
    >>> hs, (h, c) = fast(x)
    >>> bool(np.allclose(hs, cell(x)[0], atol=1e-12))
    True
    >>> dx, (dh0, dc0) = fast.backward(dhs)
    >>> sorted(fast.grads)
    ['W_h', 'W_x', 'b']
    """
    if not isinstance(layer, (Cell, Container)):
        raise TypeError(f"layer must be a Cell, Stack, Bidirectional or Model, got {type(layer).__name__}")
    import_jax()
    return Compiled(layer)


class Compiled:
    """What `compiled` returns.

    Attributes
    ----------
    layer : Cell, Stack, Bidirectional or Model
    params : dict of str to ndarray
        The layer's own.
    grads : dict of str to ndarray
        Filled by `backward`, as the layer's would be.
    """

    def __init__(self, layer):
        self.layer = layer
        self.grads: dict[str, np.ndarray] = {}
        self._call = None

    @property
    def params(self):
        """The layer's parameters."""
        return self.layer.params

    def __call__(self, x, *state_and_lengths, rng=None, **by_name):
        """As the layer's own call: `x`, then `state` and `lengths`, or `lengths` alone for a `Model`.

        `rng` draws the dropout masks of a `Stack`.
        """
        jax = import_jax()
        names = ("lengths",) if isinstance(self.layer, Model) else ("state", "lengths")
        inputs = checked_inputs(self.layer, x, **dict(zip(names, state_and_lengths, strict=False)), **by_name)
        inputs["masks"] = self.layer.dropout_masks(inputs["x"], rng) if isinstance(self.layer, Stack) else []
        arguments = self.layer.params, inputs
        with precisely(), explained(self.layer):
            forward, _ = _programs(Make(self.layer))
            shapes = jax.tree.map(lambda a: (a.shape, a.dtype), arguments)
            if self._call is None or self._call[0] != shapes:
                memory = jax.tree.map(lambda a: np.zeros(a.shape, a.dtype), jax.eval_shape(forward, *arguments, [])[1])
            else:
                memory = self._call[2]
            self._call = None
            outputs, kept = forward(*arguments, memory)
            outputs = jax.tree.map(np.asarray, outputs)
        self._call = shapes, arguments, kept, outputs
        return outputs

    def backward(self, dhs, dstate=None):
        """As the layer's `backward`, for the last call; fills `grads`."""
        if self._call is None:
            raise RuntimeError("backward needs a forward call first: hs, state = layer(x)")
        _, arguments, kept, outputs = self._call
        jax, is_model = import_jax(), isinstance(self.layer, Model)
        hs = outputs if is_model else outputs[0]
        gradient = check.shaped("dhs", dhs, hs.shape, "(T, B, H)")
        if not is_model:
            gradient = gradient, _full_state(self.layer, "dstate", dstate, hs.shape[1], hs.dtype)
        gradient = jax.tree.map(lambda d, output: d.astype(output.dtype, copy=False), gradient, outputs)
        with precisely():
            _, back = _programs(Make(self.layer))
            self.grads, dx, dstate = jax.tree.map(np.asarray, back(*arguments, kept, gradient))
        return dx if is_model else (dx, dstate)


def checked_inputs(layer, x, state=None, lengths=None):
    """What a program of the layer takes besides parameters, checked while the numbers are there."""
    embedding = getattr(layer, "embedding", None)
    if embedding is not None:
        x = check.integers("ids", x, embedding.input_size, "input_size")
    else:
        x = check.shaped("x", x, (None, None, _input_size(layer)), "(T, B, D)")
    T, B = x.shape[:2]
    if T == 0:
        raise ValueError("x must have at least one time step, got T = 0")
    dtype = np.result_type(*([x] if embedding is None else []), *layer.params.values())
    return {
        "x": x,
        "state": None if isinstance(layer, Model) else _full_state(layer, "state", state, B, dtype),
        "lengths": None if lengths is None else check.lengths(lengths, T, B),
    }


def _input_size(layer):
    return layer.recurrent.input_size if isinstance(layer, Model) else layer.input_size


def _full_state(layer, name, state, B, dtype):
    """A state, checked, with zeros where none is given."""
    if isinstance(layer, Cell):
        if state is None:
            return tuple(np.zeros((B, layer.hidden_size), dtype) for _ in layer.states)
        return layer.checked_state(name, state, B)
    parts = layer.parts.values()
    return tuple(_full_state(p, name, s, B, dtype) for p, s in zip(parts, one_each(name, state, parts), strict=True))


class Make:
    """What a layer is apart from its numbers. Layers of one make share their programs."""

    #: What a layer holds that belongs to a call or is an argument of the programs.
    NUMBERS = ("params", "grads", "tape", "x", "h_prev", "alive", "parts", "_buffers", "_x", "_ids", "_masks", "_order")

    def __init__(self, layer):
        parts = getattr(layer, "parts", {})
        self.parts = {name: Make(part) for name, part in parts.items()}
        kept = {k: v for k, v in vars(layer).items() if k not in self.NUMBERS and k not in parts}
        # a list or an array that a cell of one's own holds is known by its identity
        options = tuple((k, v if v.__hash__ else id(v), type(v)) for k, v in sorted(kept.items()))
        self.key = type(layer), options, tuple((name, part.key) for name, part in self.parts.items())
        self.template = copy.copy(layer)
        vars(self.template).clear()
        vars(self.template).update(kept)

    def __eq__(self, other):
        return self.key == other.key

    def __hash__(self):
        return hash(self.key)

    def layer(self, params):
        """A layer of this make that computes with `params`, arrays of JAX."""
        layer = copy.copy(self.template)
        if isinstance(layer, Container):
            own = {name: {} for name in self.parts}
            for name, value in params.items():
                part, _, rest = name.partition(".")
                own[part][rest] = value
            layer.parts = {name: part.layer(own[name]) for name, part in self.parts.items()}
            vars(layer).update(layer.parts)
            return layer
        layer.params = params
        return Scan(layer) if isinstance(layer, Cell) else layer


class Scan:
    """A cell whose two loops over time are `jax.lax.scan`."""

    def __init__(self, cell):
        self.cell = cell

    def __call__(self, x, state=None, lengths=None):
        """As `Cell.__call__`."""
        jnp, params, (T, B, _) = import_jax().numpy, self.cell.params, x.shape
        if state is None:
            state = tuple(jnp.zeros((B, self.cell.hidden_size), x.dtype) for _ in self.cell.states)
        alive = None if lengths is None else alive_mask(lengths, T)
        if alive is not None:
            x = jnp.where(alive, x, 0)
        dtype = jnp.result_type(x, *state, *params.values())
        x, state = x.astype(dtype), tuple(s.astype(dtype) for s in state)
        return _over_time(self.cell)(params, x, state, alive)


def _over_time(cell):
    """The cell's run over time, as a function of JAX whose derivative is the cell's `step_back`."""
    jax = import_jax()
    jnp, scan = jax.numpy, jax.lax.scan

    def with_params(params):
        bound = copy.copy(cell)
        bound.params = params
        return bound

    def forward(params, x, state, alive):
        bound = with_params(params)
        xw = (flat(x) @ params["W_x"] + params["b"]).reshape(*x.shape[:2], -1)

        def body(state, now):
            xw_t, alive_t = now
            after, saved = bound.step(xw_t, state)
            if alive is not None:
                after = tuple(jnp.where(alive_t, new, old) for new, old in zip(after, state, strict=True))
            return after, (state[0], after[0], saved)

        final, (h_prev, hs, tape) = scan(body, state, (xw, alive))
        if alive is not None:
            hs = jnp.where(alive, hs, 0)
        return (hs, final), (params, x, h_prev, tape, alive)

    def back(kept, gradient):
        params, x, h_prev, tape, alive = kept
        dhs, dstate = gradient
        bound = with_params(params)

        def body(dstate, now):
            dh, saved, alive_t = now
            da, before = bound.step_back(saved, (dstate[0] + dh, *dstate[1:]))
            if alive is not None:
                da = jnp.where(alive_t, da, 0)
                before = tuple(jnp.where(alive_t, b, d) for b, d in zip(before, dstate, strict=True))
            return before, da

        dstate, da = scan(body, dstate, (dhs, tape, alive), reverse=True)
        bound.x, bound.h_prev, bound.tape = x, h_prev, list(tape)
        dx = (flat(da) @ params["W_x"].T).reshape(x.shape)
        return bound.weight_grads(da), dx, dstate, None

    run = jax.custom_vjp(lambda *arguments: forward(*arguments)[0])
    run.defvjp(forward, back)
    return run


@lru_cache(maxsize=64)
def _programs(make):
    """The two programs of a make: forward, and back."""
    jax = import_jax()

    def differentiated(params, inputs):
        x = inputs["x"]

        def run(params, x, state):
            layer = make.layer(params)
            if isinstance(layer, Model):
                return layer(x, inputs["lengths"])
            if isinstance(layer, Stack):
                layer.dropout_masks = lambda *_: inputs["masks"]
            return layer(x, state, inputs["lengths"])

        if x.dtype.kind in "iu":  # ids have no gradient
            return jax.vjp(lambda params: run(params, x, None), params)
        return jax.vjp(run, params, x, inputs["state"])

    def forward(params, inputs, memory):
        del memory  # fresh memory is slow to touch: what is kept goes where the last call's was
        # behind the barrier nothing that is kept can be the caller's own array
        outputs, pull = differentiated(*jax.lax.optimization_barrier((params, inputs)))
        return outputs, jax.tree.leaves(pull)

    def back(params, inputs, kept, gradient):
        _, pull = differentiated(params, inputs)  # only its structure is used: nothing is computed twice
        grads, *others = jax.tree.unflatten(jax.tree.structure(pull), kept)(gradient)
        return grads, *(others or (None, None))

    return jax.jit(forward, donate_argnames="memory", keep_unused=True), jax.jit(back)


@contextmanager
def precisely():
    """float64 where the arrays are float64, and no shortened products where a GPU has them."""
    jax = import_jax()
    with jax.enable_x64(True), jax.default_matmul_precision("highest"):
        yield


@contextmanager
def explained(layer):
    """Turn JAX's error about a NumPy function into one that says what to write."""
    jax = import_jax()
    try:
        yield
    except (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if _of_the_user(f.filename)]
        line = f", in line {frames[-1].lineno}: {frames[-1].line}" if frames else ""
        raise TypeError(
            f"{type(layer).__name__} cannot be compiled: it needs the numbers of an array whose shape alone is known"
            f"{line}. {INSTEAD}"
        ) from error


def _of_the_user(filename):
    """Whether a file belongs neither to this package nor to an installed library."""
    return not filename.startswith(os.path.dirname(__file__)) and "site-packages" not in filename


def import_jax():
    """JAX, or an error that says how to install it."""
    return check.library("jax", "fast")
