"""How a layer becomes a function that JAX can compile: its spec, its loops over time, its errors."""

import copy
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rnnbook import check
from rnnbook.arrays import flat
from rnnbook.cells.base import Cell, sequence_mask, where_alive, within
from rnnbook.layers import Checkpointed, Container

INSTEAD = (
    "rnnbook.activations has tanh and sigmoid, rnnbook.join stands for np.concatenate, and "
    "rnnbook.namespace(x) is the module to take other functions from, as in namespace(x).exp(x)"
)


class ByKey:
    """Equal to what has the same `key`: things that differ only in numbers share a program."""

    key: tuple

    def __eq__(self, other):
        return self.key == other.key

    def __hash__(self):
        return hash(self.key)


class LayerSpec(ByKey):
    """What a layer is apart from its numbers."""

    #: What a layer holds that belongs to a call or is an argument of the programs.
    NUMBERS = (
        *("params", "grads", "tape", "x", "h_prev", "alive", "parts"),
        *("weights", "_buffers", "_x", "_ids", "_masks", "_order", "_weights", "_kept", "_unread", "_shape", "_table"),
        "_shapes",
    )

    def __init__(self, layer: Any) -> None:
        if isinstance(layer, Checkpointed):
            raise TypeError("layer must have no Checkpointed part to be compiled: put the cell itself in its place")
        parts = getattr(layer, "parts", {})
        self.parts = {name: LayerSpec(part) for name, part in parts.items()}
        kept = {k: v for k, v in vars(layer).items() if k not in self.NUMBERS and k not in parts}
        # a list or an array that a cell of one's own holds is known by its identity
        options = tuple((k, v if v.__hash__ else id(v), type(v)) for k, v in sorted(kept.items()))
        self.key = type(layer), options, tuple((name, part.key) for name, part in self.parts.items())
        self.template = copy.copy(layer)
        vars(self.template).clear()
        vars(self.template).update(kept)

    def layer(self, params: Any) -> Any:
        """A layer of this spec that computes with `params`, arrays of JAX."""
        layer = copy.copy(self.template)
        if isinstance(layer, Container):
            own: dict[str, dict] = {name: {} for name in self.parts}
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

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

    def __call__(self, x: Any, state: Any = None, lengths: Any = None) -> Any:
        """As `Cell.__call__`."""
        jnp, params, (T, B, _) = import_jax().numpy, self.cell.params, x.shape
        if state is None:
            state = tuple(jnp.zeros((B, *shape), x.dtype) for shape in self.cell.state_shapes())
        alive = None if lengths is None else sequence_mask(lengths, T)
        x = within(alive, x)
        dtype = jnp.result_type(x, *state, *params.values())
        x, state = x.astype(dtype), tuple(s.astype(dtype) for s in state)
        return _over_time(self.cell)(params, x, state, alive)


def _over_time(cell):
    """The cell's run over time, as a function of JAX whose derivative is the cell's `step_back`."""
    jax = import_jax()
    scan = jax.lax.scan

    def with_params(params):
        bound = copy.copy(cell)
        bound.params = params
        return bound

    def forward(params, x, state, alive):
        bound = with_params(params)
        xw = (flat(x) @ params["W_x"] + params["b"]).reshape(*x.shape[:2], params["b"].size)

        def body(state, now):
            xw_t, alive_t = now
            after, saved = bound.step(xw_t, state)
            if alive is not None:
                after = where_alive(alive_t, after, state)
            return after, (state[0], after[0], saved)

        final, (h_prev, hs, tape) = scan(body, state, (xw, alive))
        # xw only lends its memory to the next call
        return (within(alive, hs), final), (params, x, xw, h_prev, tape, alive)

    def back(kept, gradient):
        params, x, _, h_prev, tape, alive = kept
        dhs, dstate = gradient
        bound = with_params(params)

        def body(dstate, now):
            dh, saved, alive_t = now
            da, before = bound.step_back(saved, (dstate[0] + dh, *dstate[1:]))
            if alive is not None:
                da = within(alive_t, da)
                before = where_alive(alive_t, before, dstate)
            return before, da

        dstate, da = scan(body, dstate, (dhs, tape, alive), reverse=True)
        bound.x, bound.h_prev, bound.tape = x, h_prev, list(tape)
        dx = (flat(da) @ params["W_x"].T).reshape(x.shape)
        return bound.weight_grads(da), dx, dstate, None

    run = jax.custom_vjp(lambda *arguments: forward(*arguments)[0])
    run.defvjp(forward, back)
    return run


@contextmanager
def full_precision() -> Iterator[None]:
    """float64 where the arrays are float64, and no shortened products where a GPU has them."""
    jax = import_jax()
    with jax.enable_x64(True), jax.default_matmul_precision("highest"):
        yield


@contextmanager
def rewrite_tracer_errors(layer: Any) -> Iterator[None]:
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


def import_jax() -> Any:
    """JAX, or an error that says how to install it."""
    return check.require("jax", "fast")
