"""The training loop, for one model and for many."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from rnnbook import check
from rnnbook.optim import clip_by_global_norm
from rnnbook.programs import Options, chunks, rate_factors
from rnnbook.scan import Make, import_jax


class Batch(NamedTuple):
    """Sequences and what should come out of them."""

    x: Any  #: (T, B, D), or ids (T, B); for an `EncoderDecoder` a pair
    target: np.ndarray  #: (T, B, K), or labels (T, B)
    mask: np.ndarray | None = None  #: (T, B): the steps that count in the loss
    lengths: np.ndarray | None = None  #: (B,): the steps of each sequence


@dataclass
class History:
    """What `fit` saw."""

    loss: list[float] = field(default_factory=list)  #: training loss before each update
    grad_norm: list[float] = field(default_factory=list)  #: joint gradient norm, before clipping
    validation: list[tuple[int, float]] = field(default_factory=list)  #: (updates so far, loss)
    best_step: int | None = None  #: updates after which the validation loss was lowest


def fit(
    model,
    loss,
    optimiser,
    batch,
    *,
    steps,
    max_norm=None,
    validation=None,
    every=50,
    patience=None,
    until=None,
    carry=False,
    rng=None,
    schedule=None,
    progress=True,
    compiled=False,
):
    """Train a model.

    Parameters
    ----------
    model : Model
        Or anything with ``model(x, lengths)``, ``backward``, ``params`` and ``grads``.
    loss : callable
        ``loss(y, target, mask)`` returns value and gradient, as in `rnnbook.losses`.
    optimiser : SGD, RMSProp or Adam
    batch : callable
        Called without arguments before each update; returns a `Batch`.
    steps : int
        Updates, at most.
    max_norm : float, optional
        Clip the gradients' joint norm to this.
    validation : Batch, optional
        Evaluated before the first update, every `every` updates and after the last. At the
        end the model has the parameters that did best on it.
    every : int, default 50
    patience : int, optional
        Stop when that many evaluations in a row brought no new best.
    until : callable, optional
        ``until(history)``, asked after every `every` updates; training ends when it is true.
    carry : bool, default False
        Start each update in the state in which the one before ended: truncated backpropagation
        through time, for batches that go on where the last ones stopped.
    rng : numpy.random.Generator, optional
        Draws the dropout masks. Without it nothing is dropped.
    schedule : callable, optional
        ``schedule(done)`` multiplies the learning rate when the share `done`, from 0 up to 1, of
        the `steps` is over: ``lambda done: 1 - done`` lets it fall to zero on a straight line.
    progress : bool, default True
        Show a progress bar.
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
        When the loss or a gradient is not finite; says at which update. The parameters are
        then those before that update.

    Examples
    --------
    >>> from rnnbook import RNN, Adam, Dense, Model, mean_squared_error, tasks
    >>> rng = np.random.default_rng(0)
    >>> model = Model(RNN(2, 16, rng=rng), Dense(16, 1, rng=rng))
    >>> history = fit(model, mean_squared_error, Adam(1e-2),
    ...               lambda: tasks.adding(rng, 32, 4), steps=200, progress=False)
    >>> history.loss[-1] < history.loss[0]
    True
    """
    steps, every = check.positive("steps", steps), check.positive("every", every)
    if (carry or rng is not None) and not hasattr(model, "continued"):
        raise TypeError(f"carry and rng need a model with `continued`, as Model has it, got {type(model).__name__}")
    if patience is not None:
        check.positive("patience", patience)
        if validation is None:
            raise ValueError("patience needs a validation batch")
    history = History()
    best, best_params, waited = np.inf, None, 0

    def evaluate(step):
        nonlocal best, best_params, waited
        value, _ = loss(model(validation.x, validation.lengths), validation.target, validation.mask)
        history.validation.append((step, value))
        waited += 1
        if value < best:
            best, best_params, waited = value, {n: p.copy() for n, p in model.params.items()}, 0
            history.best_step = step

    if compiled:
        updates = _compiled_updates(model, loss, optimiser, batch, steps, max_norm, every, carry, rng, schedule)
    else:
        updates = _updates(model, loss, optimiser, batch, steps, max_norm, carry, rng, schedule)
    with tqdm(total=steps, disable=not progress, unit="step") as bar:
        for step in range(steps):
            if validation is not None and step % every == 0:
                evaluate(step)
                if patience is not None and waited >= patience:
                    break
            value, norm = next(updates)
            if not np.isfinite(value):
                raise FloatingPointError(
                    f"the loss is {value} at step {step}: lower the learning rate, set max_norm, or look at the data"
                )
            if not np.isfinite(norm):
                raise FloatingPointError(f"the gradient norm is {norm} at step {step}, with a loss of {value:.3g}")
            history.loss.append(value)
            history.grad_norm.append(norm)
            bar.set_postfix(loss=f"{value:.4g}", refresh=False)
            bar.update()
            if until is not None and (step + 1) % every == 0 and until(history):
                break
        if validation is not None and (not history.validation or history.validation[-1][0] < len(history.loss)):
            evaluate(len(history.loss))
    if best_params is not None:
        for name, p in model.params.items():
            p[...] = best_params[name]
    return history


def _updates(model, loss, optimiser, batch, steps, max_norm, carry, rng, schedule):
    """Update the model `steps` times, while loss and gradient norm are finite; yield both each time."""
    state, rate = None, optimiser.learning_rate
    for factor in rate_factors(schedule, steps):
        x, target, mask, lengths = batch()
        if carry or rng is not None:
            y, after = model.continued(x, state, lengths, rng=rng)
            state = after if carry else None
        else:
            y = model(x, lengths)
        value, dy = loss(y, target, mask)
        norm = np.nan
        if np.isfinite(value):
            model.backward(dy)
            clipped, norm = clip_by_global_norm(model.grads, max_norm or np.inf)
        if np.isfinite(norm):
            optimiser.learning_rate = rate * factor
            optimiser.update(model.params, clipped)
            optimiser.learning_rate = rate
        yield value, norm


def _compiled_updates(model, loss, optimiser, batch, steps, max_norm, every, carry, rng, schedule):
    """The same as programs of JAX, some dozens of updates in a call, never past a multiple of `every`."""
    for (chunk,) in chunks([model], loss, [optimiser], [batch], steps, max_norm, every, carry, rng, schedule):
        yield from chunk


def fit_many(models, loss, optimisers, batches, *, steps, max_norm=None, progress=True):
    """Train many models of one make at once, each as ``fit(..., compiled=True)`` would train it.

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
    max_norm : float, optional
        Clip each model's joint gradient norm to this.
    progress : bool, default True
        Show a progress bar.

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
        When the lists differ in length, or what they hold is not of one make.

    Examples
    --------
    >>> from rnnbook import RNN, Adam, Dense, Model, mean_squared_error, tasks
    >>> rngs = [np.random.default_rng(seed) for seed in range(3)]
    >>> models = [Model(RNN(2, 4, rng=rng), Dense(4, 1, rng=rng)) for rng in rngs]
    >>> histories = fit_many(models, mean_squared_error, [Adam(rate) for rate in (1e-3, 1e-2, 1e-1)],
    ...                      [lambda rng=rng: tasks.adding(rng, 8, 5) for rng in rngs], steps=20, progress=False)
    >>> [len(history.loss) for history in histories]
    [20, 20, 20]
    """
    steps = check.positive("steps", steps)
    if not len(models) == len(optimisers) == len(batches) > 0:
        sizes = f"{len(models)}, {len(optimisers)} and {len(batches)}"
        raise ValueError(f"models, optimisers and batches must be lists of one length, at least 1, got {sizes}")
    for name, makes in (("models", map(Make, models)), ("optimisers", map(Options, optimisers))):
        if len(set(makes)) > 1:
            raise ValueError(f"{name} must be of one make, equal but for their numbers")
    histories = [History() for _ in models]

    def train(runs):
        own = [[many[k] for k in runs] for many in (models, optimisers, batches)]
        for chunk in chunks(own[0], loss, own[1], own[2], steps, max_norm, steps):
            for k, results in zip(runs, chunk, strict=True):
                for value, norm in results:
                    if np.isfinite(value) and np.isfinite(norm):
                        histories[k].loss.append(value)
                        histories[k].grad_norm.append(norm)
            bar.update(sum(map(len, chunk)))

    on_processor = import_jax().default_backend() == "cpu"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    groups = np.array_split(np.arange(len(models)), min(cores if on_processor else 1, len(models)))
    with tqdm(total=steps * len(models), disable=not progress, unit="step") as bar, ThreadPoolExecutor() as pool:
        list(pool.map(train, groups))
    return histories
