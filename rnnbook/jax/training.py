"""Training as programs of JAX: forward, loss, backward, clipping and update, many times in one call."""

import copy
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnbook import check
from rnnbook.jax.compiled import checked_inputs, full_state
from rnnbook.jax.scan import ByKey, LayerSpec, full_precision, import_jax, rewrite_tracer_errors
from rnnbook.layers import Model
from rnnbook.layers.encoder_decoder import EncoderDecoder
from rnnbook.learning.optimisers import Optimiser, clip_by_global_norm, squarable
from rnnbook.learning.training import checked_batch

if TYPE_CHECKING:
    from rnnbook.learning.training import Update

CHUNK = 50  # updates in one call of a program: enough to forget what the call costs


def update_chunks(
    models: Any, loss: Any, optimisers: Any, batches: Any, steps: int, update: "Update", eval_every: int
) -> Iterator[list[list[tuple[float, float]]]]:
    """Train models of one kind; after each call of the program yield its (loss, norm) pairs, a list a model.

    No call goes past a multiple of `eval_every`. An `update` with an rng or a carried state is for one model only.
    """
    if not all(isinstance(model, (Model, EncoderDecoder)) for model in models):
        raise TypeError(f"model must be a Model or EncoderDecoder to be compiled, got {type(models[0]).__name__}")
    size = min(CHUNK, steps, eval_every)
    advance = training_program(LayerSpec(models[0]), loss, OptimiserSpec(optimisers[0]), update.max_norm, update.carry)
    params = _stack([dict(model.params) for model in models])
    rates = np.array([o.learning_rate for o in optimisers], np.result_type(*params.values()))
    state = _stack([OptimiserSpec(o).start(model.params) for o, model in zip(optimisers, models, strict=True)])
    well = np.ones(len(models), bool)
    factors = np.array(update.factors(steps), rates.dtype)
    hidden = None  # the state between updates
    done = 0
    while done < steps:
        n = min(size, steps - done, eval_every - done % eval_every)
        drawn = [
            [_checked(model, checked_batch("batch must return", batch(), model), update.rng) for _ in range(n)]
            for model, batch in zip(models, batches, strict=True)
        ]
        if update.carry and hidden is None:
            hidden = _stack([_zero_state(model, run[0][0]) for model, run in zip(models, drawn, strict=True)])
        # a shorter chunk is filled up with copies that are not used, so that one program serves all
        drawn = _stack([_stack(run + run[-1:] * (size - n)) for run in drawn])
        now = np.resize(factors[done : done + n], size)
        with full_precision(), rewrite_tracer_errors(models[0]):
            (params, state, hidden, well), results = advance(params, state, hidden, well, rates, drawn, now, n)
            results = np.stack([np.asarray(r) for r in results], axis=-1)
        for k, model in enumerate(models):
            for name, p in model.params.items():
                p[...] = params[name][k]
        done += n
        yield [[(float(value), float(norm)) for value, norm in run[:n]] for run in results]


def _stack(many):
    """Many nested structures of arrays of one shape as one structure, along a new first axis."""
    try:
        return import_jax().tree.map(lambda *arrays: np.stack(arrays), *many)
    except ValueError as error:
        raise ValueError(f"batches must all have one shape to be compiled: {error}") from error


def _checked(model, batch, rng):
    """A batch, checked while the numbers are there, and its dropout masks."""
    target, mask = np.asarray(check.as_array("target", batch.target)), batch.mask
    for name, array in (("target", target), ("mask", np.asarray(check.as_array("mask", 0 if mask is None else mask)))):
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{name} must hold floating-point numbers, integers or truth values, got {array.dtype}")
    if mask is not None:
        mask = np.asarray(mask)
        if mask.ndim == 2:
            check.mask(mask, *mask.shape)
        if not mask.sum() > 0:
            raise ValueError("mask must leave at least one step, got none")
    if target.dtype.kind in "iu" and target.ndim < 3:  # else they are no labels, and the loss says so
        counted = target if mask is None or mask.shape != target.shape else target[mask > 0]
        check.integers("labels", counted, model.readout.output_size, "K - 1 = ")
    if isinstance(model, EncoderDecoder):
        x, lengths = model.checked(batch.x, batch.lengths)
        return batch._replace(x=x, target=target, lengths=lengths), None
    inputs = checked_inputs(model, batch.x, lengths=batch.lengths)
    return batch._replace(x=inputs["x"], target=target, lengths=inputs["lengths"]), model.dropout_masks(batch.x, rng)


def _zero_state(model, batch):
    """The recurrent layer's state before the first update."""
    dtypes = [a.dtype for a in (batch.x, *model.params.values()) if a.dtype.kind == "f"]
    return full_state(model.recurrent, "state", None, batch.x.shape[1], np.result_type(*dtypes))


@lru_cache(maxsize=64)
def training_program(
    spec: LayerSpec, loss: Any, optimiser: "OptimiserSpec", max_norm: float | None, carry: bool
) -> Any:
    """Many updates of models of one kind, as one program."""
    jax = import_jax()
    jnp = jax.numpy

    def advance(n, factors, params, state, hidden, well, rate, batches):
        def update(before, now):
            params, state, hidden, well = before
            k, factor, ((x, target, mask, lengths), masks) = now

            def run(params):
                layer = spec.layer(params)
                if isinstance(layer, EncoderDecoder):
                    return layer(x, lengths), None
                return layer.forward(x, hidden, lengths, masks=masks)

            y, pull, last = jax.vjp(run, params, has_aux=True)
            value, dy = loss(y, target, mask)
            grads, norm = clip_by_global_norm(pull(dy)[0], max_norm or np.inf)
            norm = squarable(norm, max_norm or np.inf, grads)
            value, norm = jnp.where(well, value, jnp.nan), jnp.where(well, norm, jnp.nan)
            well = well & ((k >= n) | (jnp.isfinite(value) & jnp.isfinite(norm)))
            after: Any = optimiser.updated(rate * factor, state, params, grads)
            # past the end of a chunk, and once a number was not finite, nothing changes any more
            after, old = (*after, last if carry else None), (params, state, hidden)
            kept = jax.tree.map(lambda a, b: jnp.where(well & (k < n), a, b).astype(b.dtype), after, old)
            return (*kept, well), (value, norm)

        size = batches[0].target.shape[0]
        return jax.lax.scan(update, (params, state, hidden, well), (jnp.arange(size), factors, batches))

    def many(params, state, hidden, well, rates, batches, factors, n):
        runs = params, state, hidden, well, rates, batches
        if jax.default_backend() == "cpu":  # one run after the other stays in the cache; side by side, none would
            return jax.lax.map(lambda run: advance(n, factors, *run), runs)
        return jax.vmap(lambda *run: advance(n, factors, *run))(*runs)

    return jax.jit(many)


class OptimiserSpec(ByKey):
    """What an optimiser is apart from its numbers, and its update as a function."""

    def __init__(self, optimiser: Optimiser) -> None:
        self.optimiser = copy.copy(optimiser)
        self.key = (
            type(optimiser),
            tuple(sorted((k, v) for k, v in vars(optimiser).items() if k not in ("learning_rate", "state"))),
        )

    def start(self, params: Any) -> dict[str, Any]:
        """The state before the first update."""
        fresh = copy.copy(self.optimiser)
        fresh.state = {"t": np.int32(0)}
        fresh.begin(params)
        return fresh.state

    def updated(self, rate: Any, state: Any, params: Any, grads: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Parameters and state after an update."""
        bound, params = copy.copy(self.optimiser), dict(params)
        bound.learning_rate = rate
        bound.state = {kind: dict(v) if isinstance(v, dict) else v for kind, v in state.items()}
        bound.update(params, grads)
        return params, bound.state
