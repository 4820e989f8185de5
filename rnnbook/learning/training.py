"""The training loop, for one model and for many."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.cells.base import Cell, sequence_mask
from rnnbook.layers.stack import Bidirectional, Stack, distinct, must_go_on
from rnnbook.learning.losses import Loss
from rnnbook.learning.optimisers import Optimiser, clip_by_global_norm, squarable


class Batch(NamedTuple):
    """Sequences and what should come out of them."""

    x: Any  #: (T, B, D), or ids (T, B); for an `EncoderDecoder` a pair
    target: Array  #: (T, B, K), or labels (T, B)
    mask: Array | None = None  #: (T, B): the steps that count in the loss; if None, those within `lengths`
    lengths: Array | None = None  #: (B,): the steps of each sequence


def checked_batch(what: str, batch: Any, model: Any = None) -> Batch:
    """`batch` if it is a `Batch`, or a TypeError that begins with `what`.

    A model that answers at every step, and does not pool, answers behind a sequence's end as well. Where the batch
    has lengths and no mask, those steps are masked.
    """
    if not isinstance(batch, Batch):
        raise TypeError(f"{what} a Batch, as in Batch(x, target), got {type(batch).__name__}")
    if batch.mask is None and batch.lengths is not None and getattr(model, "pool", "") is None:
        T, B = check.steps_and_batch("x", batch.x)
        return batch._replace(mask=sequence_mask(check.lengths(batch.lengths, T, B), T)[..., 0])
    return batch


@dataclass
class History:
    """What `fit` saw."""

    loss: list[float] = field(default_factory=list)  #: training loss before each update
    grad_norm: list[float] = field(default_factory=list)  #: joint gradient norm, before clipping
    validation: list[tuple[int, float]] = field(default_factory=list)  #: (updates so far, loss)
    best_step: int | None = None  #: updates after which the validation loss was lowest


@dataclass(frozen=True)
class Update:
    """How `fit` makes an update, apart from the optimiser; a ValueError or TypeError for what cannot be."""

    #: Clip the gradients' joint norm to this; None: do not clip.
    max_norm: float | None = None
    #: ``schedule(done)`` multiplies the learning rate when the share `done`, from 0 up to 1, of the updates is over:
    #: ``lambda done: 1 - done`` lets it fall to zero on a straight line.
    schedule: Callable[[float], float] | None = None
    #: Start in the state in which the update before ended: truncated backpropagation through time, for batches
    #: that go on where the last ones stopped.
    carry: bool = False
    #: Draws the dropout masks. Without it nothing is dropped.
    rng: np.random.Generator | None = None

    def __post_init__(self) -> None:
        if self.max_norm is not None:
            check.positive_real("max_norm", self.max_norm)
        check.instance("carry", self.carry, bool)
        if self.schedule is not None and not callable(self.schedule):
            raise TypeError(f"schedule must be callable, got {type(self.schedule).__name__}")
        if self.rng is not None:
            check.generator("rng", self.rng)

    def factors(self, steps: int) -> list[float]:
        """What multiplies the learning rate in each of so many `steps`."""
        if self.schedule is None:
            return [1.0] * steps
        factors = [self.schedule(step / steps) for step in range(steps)]
        for step, factor in enumerate(factors):
            if np.ndim(factor) or factor is None or not 0 <= factor < np.inf:
                what = f"got {factor!r} for {step / steps:.3g}"
                raise ValueError(f"schedule must give numbers that are not negative, and finite, {what}")
        return [float(factor) for factor in factors]


@dataclass(frozen=True)
class Monitor:
    """What `fit` looks at while it trains, and when it ends early; a ValueError or TypeError for what cannot be."""

    #: Evaluated before the first update, every `eval_every` updates and after the last. At the end the model has
    #: the parameters that did best on it.
    validation: Batch | None = None
    eval_every: int = 50
    #: End when that many evaluations in a row brought no new best.
    patience: int | None = None
    #: ``until(history)`` is asked after every `eval_every` updates; training ends when it is true.
    until: Callable[[History], bool] | None = None

    def __post_init__(self) -> None:
        check.positive("eval_every", self.eval_every)
        if self.validation is not None:
            checked_batch("validation must be", self.validation)
        if self.until is not None and not callable(self.until):
            raise TypeError(f"until must be callable, got {type(self.until).__name__}")
        if self.patience is not None:
            check.positive("patience", self.patience)
            if self.validation is None:
                raise ValueError("patience needs a validation batch")


def fit(
    model: Any,
    loss: Loss,
    optimiser: Optimiser,
    batch: Callable[[], Batch],
    *,
    steps: int,
    update: Update | None = None,
    monitor: Monitor | None = None,
    compiled: bool = False,
) -> History:
    """Train a model.

    Parameters
    ----------
    model : Model
        Or anything with ``model(x, lengths)``, ``backward``, ``params`` and ``grads``.
    loss : callable
        ``loss(y, target, mask)`` returns value and gradient, as in `rnnbook.learning.losses`.
    optimiser : SGD, RMSProp or Adam
    batch : callable
        Called without arguments before each update; returns a `Batch`.
    steps : int
        Updates, at most.
    update : Update, optional
        Clipping, schedule of the learning rate, carried state and dropout; none of them by default.
    monitor : Monitor, optional
        Validation and early stopping; none by default.
    compiled : bool, default False
        Whole updates (forward, loss, backward, clipping, optimiser) as one program of JAX,
        dozens in one call. The model must be a `Model` or an `EncoderDecoder`; the results are the same up to rounding.
        The optimiser starts afresh.

    Returns
    -------
    History

    Raises
    ------
    FloatingPointError
        When the loss or a gradient is not finite, or so large that its square is not; says at which update. The
        parameters are then those before that update, and not the best. Or when the loss on the validation batch is
        not a number.
    ImportError
        With `compiled`, without JAX.

    Examples
    --------
    >>> from rnnbook import RNN, Adam, Dense, Model, mean_squared_error, tasks
    >>> rng = np.random.default_rng(0)
    >>> model = Model(RNN(2, 16, rng=rng), Dense(16, 1, rng=rng))
    >>> history = fit(model, mean_squared_error, Adam(1e-2), lambda: tasks.adding(rng, 32, 4), steps=200,
    ...               update=Update(max_norm=1.0))
    >>> history.loss[-1] < history.loss[0]
    True
    """
    steps = check.positive("steps", steps)
    check.instance("compiled", compiled, bool)
    update, monitor = Update() if update is None else update, Monitor() if monitor is None else monitor
    _checked_arguments(model, loss, optimiser, batch, update, monitor)
    if (update.carry or update.rng is not None) and not hasattr(model, "forward"):
        raise TypeError(f"carry and rng need a model with `forward`, as Model has it, got {type(model).__name__}")
    if update.carry:
        must_go_on(model)
    validation, eval_every = monitor.validation, monitor.eval_every
    if validation is not None:
        validation = checked_batch("validation must be", validation, model)
    history = History()
    best, waited = np.inf, 0
    best_params: dict[str, Array] | None = None

    def evaluate(step: int) -> None:
        nonlocal best, best_params, waited
        assert validation is not None
        value, _ = loss(model(validation.x, validation.lengths), validation.target, validation.mask)
        if np.isnan(value):
            raise FloatingPointError(f"the validation loss is {value} after {step} updates: look at the data")
        history.validation.append((step, value))
        waited += 1
        if value < best:
            best, best_params, waited = value, {n: p.copy() for n, p in model.params.items()}, 0
            history.best_step = step

    if compiled:  # as programs of JAX, some dozens of updates in a call
        from rnnbook.jax.training import update_chunks

        chunks = update_chunks([model], loss, [optimiser], [batch], steps, update, eval_every)
        updates: Iterator[tuple[float, float]] = (pair for (chunk,) in chunks for pair in chunk)
    elif isinstance(model, (Cell, Stack, Bidirectional)):
        raise TypeError(f"model must be a Model, as in Model(layer, Dense(...)), got {type(model).__name__}")
    else:
        updates = _updates(model, loss, optimiser, batch, steps, update)
    for step in range(steps):
        if validation is not None and step % eval_every == 0:
            evaluate(step)
            if monitor.patience is not None and waited >= monitor.patience:
                break
        drawn: Any = update.rng and update.rng.bit_generator.state
        try:
            value, norm = next(updates)
        except Exception:
            if update.rng is not None:  # masks were drawn for an update that was not made
                update.rng.bit_generator.state = drawn
            raise
        if not np.isfinite(value):
            advice = "lower the learning rate, set max_norm, or look at the data" if step else "look at the data"
            raise FloatingPointError(f"the loss is {value} at step {step}: {advice}")
        if not np.isfinite(norm):
            raise FloatingPointError(f"the gradient norm is {norm} at step {step}, with a loss of {value:.3g}")
        history.loss.append(value)
        history.grad_norm.append(norm)
        if monitor.until is not None and (step + 1) % eval_every == 0 and monitor.until(history):
            break
    if validation is not None and (not history.validation or history.validation[-1][0] < len(history.loss)):
        evaluate(len(history.loss))
    if best_params is not None:
        for name, p in model.params.items():
            p[...] = best_params[name]
    return history


def _checked_arguments(model: Any, loss: Any, optimiser: Any, batch: Any, update: Any, monitor: Any) -> None:
    """A TypeError where something of another kind is handed to `fit`."""
    kinds = {"optimiser": (optimiser, Optimiser), "update": (update, Update), "monitor": (monitor, Monitor)}
    for argument, (given, kind) in kinds.items():
        check.instance(argument, given, kind)
    for argument, given in {"model": model, "loss": loss, "batch": batch}.items():
        if not callable(given) or isinstance(given, (type, Optimiser)):
            raise TypeError(f"{argument} must be callable, got {type(given).__name__}")


def _updates(
    model: Any, loss: Loss, optimiser: Optimiser, batch: Callable[[], Batch], steps: int, update: Update
) -> Iterator[tuple[float, float]]:
    """Update the model `steps` times, while loss and gradient norm are finite; yield both each time."""
    state, rate, most = None, optimiser.learning_rate, update.max_norm or np.inf
    for factor in update.factors(steps):
        x, target, mask, lengths = checked_batch("batch must return", batch(), model)
        if update.carry or update.rng is not None:
            y, after = model.forward(x, state, lengths, rng=update.rng)
            state = after if update.carry else None
        else:
            y = model(x, lengths)
        value, dy = loss(y, target, mask)
        norm = np.nan
        if np.isfinite(value):
            model.backward(dy)
            clipped, norm = clip_by_global_norm(model.grads, most)
            norm = squarable(norm, most, clipped)
        if np.isfinite(norm):
            optimiser.learning_rate = rate * factor
            try:
                optimiser.update(model.params, clipped)
            finally:
                optimiser.learning_rate = rate
        yield value, norm


def fit_many(
    models: Sequence[Any],
    loss: Loss,
    optimisers: Sequence[Optimiser],
    batches: Sequence[Callable[[], Batch]],
    *,
    steps: int,
    update: Update | None = None,
) -> list[History]:
    """Train many models of one spec at once, each as ``fit(..., compiled=True)`` would train it.

    One program holds all runs. On a processor they run one after the other in it, on all
    cores; on a GPU side by side (`jax.vmap`).

    Parameters
    ----------
    models : list of Model
        Equal but for their numbers: the seeds.
    loss : callable
        As for `fit`.
    optimisers : list of SGD, RMSProp or Adam
        One a model, equal but for the learning rate. They start afresh.
    batches : list of callable
        One a model, as for `fit`; batches of one shape.
    steps : int
        Updates.
    update : Update, optional
        As for `fit`, the same for all models; the state is not carried, and nothing is dropped.

    Returns
    -------
    list of History
        One a model. A run whose loss or gradient norm is no longer finite stops there, with the
        parameters before that update: its history is shorter than `steps`.

    Raises
    ------
    ImportError
        Without JAX.
    ValueError
        When the lists differ in length, hold one model or batch function twice, or what is not of one spec.

    Examples
    --------
    >>> from rnnbook import RNN, Adam, Dense, Model, mean_squared_error, tasks
    >>> rngs = [np.random.default_rng(seed) for seed in range(3)]
    >>> models = [Model(RNN(2, 4, rng=rng), Dense(4, 1, rng=rng)) for rng in rngs]
    >>> histories = fit_many(models, mean_squared_error, [Adam(rate) for rate in (1e-3, 1e-2, 1e-1)],
    ...                      [lambda rng=rng: tasks.adding(rng, 8, 5) for rng in rngs], steps=20)
    >>> [len(history.loss) for history in histories]
    [20, 20, 20]
    """
    from rnnbook.jax.scan import LayerSpec, import_jax
    from rnnbook.jax.training import OptimiserSpec, update_chunks

    steps, update = check.positive("steps", steps), Update() if update is None else update
    for name, many in (("models", models), ("optimisers", optimisers), ("batches", batches)):
        check.instance(name, many, list, tuple)
    for one in zip(models, optimisers, batches, strict=False):
        _checked_arguments(one[0], loss, one[1], one[2], update, Monitor())
    if update.carry or update.rng is not None:
        raise ValueError(f"update must neither carry the state nor drop anything for many models, got {update}")
    if not len(models) == len(optimisers) == len(batches) > 0:
        sizes = f"{len(models)}, {len(optimisers)} and {len(batches)}"
        raise ValueError(f"models, optimisers and batches must be lists of one length, at least 1, got {sizes}")
    for name, specs in (("models", map(LayerSpec, models)), ("optimisers", map(OptimiserSpec, optimisers))):
        if len(set(specs)) > 1:
            raise ValueError(f"{name} must be of one kind, equal but for their numbers")
    distinct("models", models)
    distinct("batches", batches)  # which are called in any order
    histories = [History() for _ in models]

    def train(runs: Any) -> None:
        own = [[many[k] for k in runs] for many in (models, optimisers, batches)]
        for chunk in update_chunks(own[0], loss, own[1], own[2], steps, update, steps):
            for k, results in zip(runs, chunk, strict=True):
                for value, norm in results:
                    if np.isfinite(value) and np.isfinite(norm):
                        histories[k].loss.append(value)
                        histories[k].grad_norm.append(norm)

    on_processor = import_jax().default_backend() == "cpu"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    groups = np.array_split(np.arange(len(models)), min(cores if on_processor else 1, len(models)))
    with ThreadPoolExecutor() as pool:
        list(pool.map(train, groups))
    return histories
