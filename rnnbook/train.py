"""One training loop, and parameters in and out of files."""

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from rnnbook import check
from rnnbook.optim import clip_by_global_norm


class Batch(NamedTuple):
    """Sequences and what should come out of them."""

    x: np.ndarray  #: (T, B, D), or ids (T, B)
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
    progress=True,
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
    progress : bool, default True
        Show a progress bar.

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

    with tqdm(total=steps, disable=not progress, unit="step") as bar:
        for step in range(steps):
            if validation is not None and step % every == 0:
                evaluate(step)
                if patience is not None and waited >= patience:
                    break
            x, target, mask, lengths = batch()
            value, dy = loss(model(x, lengths), target, mask)
            if not np.isfinite(value):
                raise FloatingPointError(
                    f"the loss is {value} at step {step}: lower the learning rate, set max_norm, or look at the data"
                )
            model.backward(dy)
            clipped, norm = clip_by_global_norm(model.grads, max_norm or np.inf)
            if not np.isfinite(norm):
                raise FloatingPointError(f"the gradient norm is {norm} at step {step}, with a loss of {value:.3g}")
            optimiser.update(model.params, clipped)
            history.loss.append(value)
            history.grad_norm.append(norm)
            bar.set_postfix(loss=f"{value:.4g}", refresh=False)
            bar.update()
        else:
            if validation is not None:
                evaluate(steps)
    if best_params is not None:
        for name, p in model.params.items():
            p[...] = best_params[name]
    return history


def save(path, layer):
    """Write a layer's parameters to an ``.npz`` file, without pickle.

    Parameters
    ----------
    path : str or Path
        Ending in ``.npz``.
    layer : Cell, Dense, Embedding, Stack, Bidirectional or Model

    Raises
    ------
    ValueError
        When the path does not end in ``.npz``.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"path must end in .npz, got {path.name}")
    params: dict[str, Any] = layer.params
    np.savez(path, **params)


def load(path, layer):
    """Read parameters written by `save` into a layer of the same make.

    Parameters
    ----------
    path : str or Path
    layer : Cell, Dense, Embedding, Stack, Bidirectional or Model
        Changed only when the whole file fits.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is no ``.npz`` file, holds pickled objects, or its names, shapes or
        dtypes are not the layer's.

    Examples
    --------
    >>> import tempfile
    >>> from rnnbook import GRU
    >>> one, two = (GRU(2, 3, rng=np.random.default_rng(seed)) for seed in (0, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/gru.npz", one)
    ...     load(f"{folder}/gru.npz", two)
    >>> bool((one.params["W_h"] == two.params["W_h"]).all())
    True
    """
    with open(path, "rb") as stream:
        if not zipfile.is_zipfile(stream):
            raise ValueError(f"{path} is not a parameter file written by rnnbook.save: it is no zip archive")
        stream.seek(0)
        try:
            with np.load(stream, allow_pickle=False) as file:
                found = {name: file[name] for name in file.files}
        except (zipfile.BadZipFile, ValueError, EOFError) as error:
            raise ValueError(f"{path} is not a parameter file written by rnnbook.save: {error}") from error
    params = layer.params
    if found.keys() != params.keys():
        raise ValueError(
            f"{path} must hold the parameters {', '.join(sorted(params))}, it holds {', '.join(sorted(found))}"
        )
    for name, value in found.items():
        if value.shape != params[name].shape or value.dtype != params[name].dtype:
            raise ValueError(
                f"{path}: {name} must be {params[name].dtype} of shape {params[name].shape}, "
                f"it is {value.dtype} of shape {value.shape}"
            )
    for name, value in found.items():
        params[name][...] = value
