"""Any layer, compiled by JAX: the same `step` and `step_back`, the loop over time without Python.

NumPy's loop calls `step` once per time step. Here JAX calls it once, to see what it does,
and `jax.lax.scan` repeats that in machine code; `step_back` likewise. Layers around cells
(stacks, readouts) are differentiated by JAX itself.
"""

import inspect
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.cells import Cell
from rnnbook.jax.scan import LayerSpec, full_precision, import_jax, rewrite_tracer_errors
from rnnbook.layers import Container, EncoderDecoder, Model, Stack
from rnnbook.layers.stack import one_each


def compiled(layer: Any) -> "Compiled":
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
        When the argument is no such layer, or has a `Checkpointed` part; at the first call, when a
        cell hands JAX's arrays to a function of NumPy.

    Notes
    -----
    The first call with new shapes compiles, for about a second; later ones run at once.
    Arrays go in and come out as NumPy's (those that come out cannot be written to). `grads` have the
    dtypes of the parameters, also where a wider gradient comes in. Leave
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
    if not isinstance(layer, (Cell, Container)) or isinstance(layer, EncoderDecoder):
        raise TypeError(f"layer must be a Cell, Stack, Bidirectional or Model, got {type(layer).__name__}")
    import_jax()
    LayerSpec(layer)  # which refuses a part that cannot be compiled
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

    def __init__(self, layer: Any) -> None:
        self.layer, self._signature = layer, inspect.signature(layer)
        self.grads: dict[str, np.ndarray] = {}
        self._call: Any = None

    @property
    def params(self) -> dict[str, Array]:
        """The layer's parameters."""
        return self.layer.params

    def __call__(self, x: Any, *state_and_lengths: Any, rng: np.random.Generator | None = None, **named: Any) -> Any:
        """As the layer's own call.

        Parameters
        ----------
        x : ndarray, shape (T, B, D), or of int, shape (T, B)
        *state_and_lengths, **named
            `state` and `lengths`, in this order or by name, as the layer takes them; `lengths` alone for a `Model`.
        rng : numpy.random.Generator, optional
            Draws the dropout masks of a `Stack`.

        Returns
        -------
        hs : ndarray, shape (T, B, H)
        state : tuple
            A `Model` returns ``y`` alone.

        Raises
        ------
        ValueError, TypeError
            When an argument has the wrong shape or type, or is none of the layer's; a `Model` starts from zero.
        """
        jax = import_jax()
        if rng is not None and not isinstance(self.layer, Stack):
            raise TypeError(f"rng must be None, since it is for a Stack, got one for a {type(self.layer).__name__}")
        if isinstance(self.layer, Model) and "state" in named:
            raise TypeError(
                "state must be left out, a compiled Model starts from zero: call model.forward(x, state, lengths), or "
                "compile the two layers, compiled(model.recurrent), and model.readout as it is"
            )
        given = self._signature.bind(x, *state_and_lengths, **named)
        inputs = checked_inputs(self.layer, **given.arguments)
        inputs["masks"] = self.layer.dropout_masks(inputs["x"], rng) if isinstance(self.layer, Stack) else []
        arguments = self.layer.params, inputs
        with full_precision(), rewrite_tracer_errors(self.layer):
            forward, _ = _programs(LayerSpec(self.layer))
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

    def backward(self, dhs: Any, dstate: Any = None) -> Any:
        """As the layer's `backward`, for the last call; fills `grads`.

        Parameters
        ----------
        dhs : ndarray, shape (T, B, H), (T, B, K) or (B, K)
            Gradient of the loss with respect to what came out.
        dstate : tuple, optional
            Gradient with respect to the final state; none for a `Model`.

        Returns
        -------
        dx : ndarray, shape (T, B, D)
        dstate : tuple
            A `Model` returns ``dx`` alone, None where it reads ids.

        Raises
        ------
        RuntimeError
            Before the first forward call.
        ValueError, TypeError
            When an argument has the wrong shape or type.
        """
        if self._call is None:
            raise RuntimeError("backward needs a forward call first: hs, state = layer(x)")
        _, arguments, kept, outputs = self._call
        jax, is_model = import_jax(), isinstance(self.layer, Model)
        if is_model and dstate is not None:
            raise TypeError(f"dstate must be left out, a Model gives back no state, got {type(dstate).__name__}")
        hs = outputs if is_model else outputs[0]
        axes = ("(B, K)" if hs.ndim == 2 else "(T, B, K)") if is_model else "(T, B, H)"
        dhs = check.floating("dhs", dhs, "fc" if hs.dtype.kind == "c" else "f")
        gradient: Any = check.shaped("dhs", dhs, hs.shape, axes)
        if not is_model:
            gradient = gradient, full_state(self.layer, "dstate", dstate, hs.shape[1], hs.dtype)
        gradient = jax.tree.map(lambda d, output: d.astype(output.dtype, copy=False), gradient, outputs)
        with full_precision():
            _, back = _programs(LayerSpec(self.layer))
            self.grads, dx, dstate = jax.tree.map(np.asarray, back(*arguments, kept, gradient))
        return dx if is_model else (dx, dstate)


def checked_inputs(layer: Any, x: Any, state: Any = None, lengths: Any = None) -> dict[str, Any]:
    """What a program of the layer takes besides parameters, checked while the numbers are there."""
    check.parameters(layer)
    embedding = getattr(layer, "embedding", None)
    if embedding is not None:
        x = check.ids("ids", x, embedding.input_size)
    else:
        x = check.sequences("x", x, _input_size(layer))
        x = x.astype(np.result_type(x, *layer.params.values()), copy=False)  # as a cell does, so that dx has it too
    T, B = x.shape[:2]
    dtype = np.result_type(*([x] if embedding is None else []), *layer.params.values())
    return {
        "x": x,
        "state": None if isinstance(layer, Model) else full_state(layer, "state", state, B, dtype),
        "lengths": None if lengths is None else check.lengths(lengths, T, B),
    }


def _input_size(layer):
    return layer.recurrent.input_size if isinstance(layer, Model) else layer.input_size


def full_state(layer: Any, name: str, state: Any, B: int, dtype: DTypeLike) -> tuple[Any, ...]:
    """A state, checked, with zeros where none is given."""
    if isinstance(layer, Cell):
        if state is None:
            return tuple(np.zeros((B, *shape), dtype) for shape in layer.state_shapes())
        return layer.checked_state(name, state, B)
    if not isinstance(layer, Container):  # a Dense or SelfAttention has none
        return ()
    parts = list(layer.parts.values())
    return tuple(full_state(p, name, s, B, dtype) for p, s in zip(parts, one_each(name, state, parts), strict=True))


@lru_cache(maxsize=64)
def _programs(spec):
    """The two programs of a spec: forward, and back."""
    jax = import_jax()

    def differentiated(params, inputs):
        x = inputs["x"]

        def run(params, x, state):
            layer = spec.layer(params)
            if isinstance(layer, Model):
                return layer(x, inputs["lengths"])
            if isinstance(layer, Stack):
                return layer(x, state, inputs["lengths"], masks=inputs["masks"])
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
