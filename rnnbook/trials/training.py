"""What the trials share: tasks by name, cells of a given size, and one training.

One rule says for every task when it is solved: when the mean loss over fifty updates, on
sequences that are new each time, is below a twentieth of what the best constant answer
costs. Nineteen parts of twenty are explained, of the variance or of the nats.
"""

import itertools
import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from rnnbook import (
    GRU,
    LSTM,
    RNN,
    Adam,
    Attention,
    Batch,
    Bidirectional,
    CoupledLSTM,
    Dense,
    Embedding,
    EncoderDecoder,
    Model,
    Monitor,
    PeepholeLSTM,
    Update,
    data,
    fit,
    mean_squared_error,
    softmax_cross_entropy,
    tasks,
    text,
)

EVERY, SHARE = 50, 0.05  # updates that are averaged, and between two looks; of the constant answer's loss

# in the words of a trial's settings
SAID = "Adam, 32 sequences an update, new ones each time, gradients clipped at norm 1"
SOLVED = f"the mean loss of {EVERY} updates is below a {round(1 / SHARE)}th of what the best constant answer costs"


class Task(NamedTuple):
    """A task: ``draw(rng, batch, lag)`` gives a `Batch`."""

    draw: Callable
    loss: Callable
    inputs: int
    outputs: int


def _float64(draw, **options):
    return lambda rng, batch, lag: draw(rng, batch, lag, dtype=np.float64, **options)


def _timing(rng, batch, lag):
    return tasks.spike_delays(rng, batch, 2 * lag, lag // 2, lag, np.float64)


TASKS = {
    "latch": Task(_float64(tasks.latch), softmax_cross_entropy, 1, 2),
    "adding": Task(_float64(tasks.adding), mean_squared_error, 2, 1),
    "order": Task(_float64(tasks.temporal_order), softmax_cross_entropy, 6, 4),
    "copy": Task(_float64(tasks.copy, items=3, symbols=4), softmax_cross_entropy, 6, 4),
    "counting": Task(_float64(tasks.counting), mean_squared_error, 1, 1),
    "timing": Task(_timing, mean_squared_error, 1, 1),
    "brackets": Task(_float64(tasks.dyck), softmax_cross_entropy, 4, 3),
}

CELLS: dict[str, Callable] = {
    "RNN": RNN,
    "LSTM": LSTM,
    "peephole": PeepholeLSTM,
    "coupled": CoupledLSTM,
    "GRU": partial(GRU, reset="after"),
    "GRU before": partial(GRU, reset="before"),
}
RELU_RNN = partial(RNN, activation="relu")


@lru_cache
def plays(part):
    """A part of Shakespeare's plays as ids."""
    return text.encode(data.shakespeare(part), data.ALPHABET)


@lru_cache
def days_by_first_half():
    """All days of power, each shifted and scaled by its first twelve hours; shape (24, 1096, 1)."""
    days = np.concatenate([data.power(part)[0] for part in ("train", "test")], axis=1).astype(float)
    return (days - days[:12].mean(axis=0)) / days[:12].std(axis=0)


def cut(days, seen):
    """Days to learn from, 200, to stop by, 50, and to be tested on, as pairs of input and target; the naive error."""
    pair = days[12 - seen : 12], np.swapaxes(days[12:], 0, 2)
    scale = np.abs(np.diff(days[:, :250], axis=0)).mean()
    some = slice(0, 200), slice(200, 250), slice(250, None)
    return (*((pair[0][:, c], pair[1][:, c]) for c in some), scale)


def parameters_of(make, inputs, units):
    """How many numbers a cell learns."""
    return sum(p.size for p in make(inputs, units, rng=np.random.default_rng(0)).params.values())


def units(make, inputs, parameters):
    """The number of units with which a cell comes nearest to a number of parameters."""

    above = next(H for H in itertools.count(2) if parameters_of(make, inputs, H) >= parameters)
    return min(above - 1, above, key=lambda H: abs(parameters_of(make, inputs, H) - parameters))


def reader(cell, inputs, width, both, **made):
    """A cell by its name, or two that read in opposite directions, as large as an LSTM with `width` units."""
    make, parameters = CELLS[cell], parameters_of(CELLS["LSTM"], inputs, width)
    size = units(make, inputs, parameters / 2 if both else parameters)
    ways = [make(inputs, size, **made) for _ in range(1 + both)]
    return Bidirectional(*ways) if both else ways[0]


def translator(cell, width, reads, writes, answers, attention, **made):
    """An encoder and a decoder of one cell, each as large as an LSTM with `width` units, for so many symbols."""
    encoder, decoder = (reader(cell, 16, width, False, **made) for _ in range(2))
    H = decoder.output_size
    return EncoderDecoder(
        encoder,
        decoder,
        Dense(2 * H if attention else H, answers, **made),
        Embedding(writes, 16, **made),
        Embedding(reads, 16, **made),
        Attention(H, H, kind="multiplicative", **made) if attention else None,
    )


def model(cell, task, rng):
    """A cell with the readout that the task needs."""
    return Model(cell, Dense(cell.hidden_size, TASKS[task].outputs, rng=rng, dtype=np.float64))


@lru_cache
def constant_loss(task, lag):
    """What the best constant answer costs."""
    _, target, mask, _ = TASKS[task].draw(np.random.default_rng(1000), 1000, lag)
    asked = target[mask > 0]
    if TASKS[task].loss is mean_squared_error:
        return float(asked.var())
    shares = np.bincount(asked) / asked.size
    return float(-(shares * np.log(shares, where=shares > 0, out=np.zeros_like(shares))).sum())


def train(
    network,
    task,
    lag,
    learning_rate,
    rng,
    updates,
    compiled,
    until_solved=False,
    look=EVERY,
):
    """Train on sequences that are new in each update.

    Adam, 32 sequences in an update, gradients clipped at norm 1. Returns
    the history, or None if a number was not finite.
    """
    limit = SHARE * constant_loss(task, lag)

    def solved(history):
        return until_solved and np.mean(history.loss[-EVERY:]) < limit

    try:
        return fit(
            network,
            TASKS[task].loss,
            Adam(learning_rate),
            lambda: TASKS[task].draw(rng, 32, lag),
            steps=updates,
            update=Update(max_norm=1.0),
            monitor=Monitor(until=solved, eval_every=look),
            compiled=compiled,
        )
    except FloatingPointError:
        return None


def drawn_from(everything, rng, size):
    """A function that draws some of a batch's sequences."""

    def draw():
        drawn = rng.integers(0, everything.x.shape[1], size)
        return Batch(everything.x[:, drawn], everything.target[:, drawn])

    return draw


def learn(network, loss, batch, learning_rate, updates, compiled, *, weight_decay=0.0, monitor=None, **update):
    """Train on data of a trial's own: Adam, gradients clipped at norm 1.

    `train` and `peepholes.run`, whose lines chapters print, spell it out.
    """
    how = Update(max_norm=1.0, **update)
    adam = Adam(learning_rate, weight_decay=weight_decay)
    return fit(network, loss, adam, batch, steps=updates, update=how, monitor=monitor, compiled=compiled)


def updates_to_solve(history, task, lag, look=EVERY):
    """Updates until the task was solved, a multiple of `look`; NaN if it never was."""
    if history is None or len(history.loss) < EVERY:
        return float("nan")
    means = np.lib.stride_tricks.sliding_window_view(history.loss, EVERY).mean(axis=1)[::look]
    good = np.flatnonzero(means < SHARE * constant_loss(task, lag))
    return float(EVERY + good[0] * look) if good.size else float("nan")


def unseen_loss(network, task, lag):
    """The loss on 1000 sequences never seen."""
    x, target, mask, _ = TASKS[task].draw(np.random.default_rng(1000), 1000, lag)
    return TASKS[task].loss(network(x), target, mask)[0]


def milliseconds(network, loss, drawn, updates, compiled):
    """The time of an update, on a batch that is there already."""

    def some_updates():
        learn(network, loss, lambda: drawn, 1e-3, updates, compiled)

    some_updates()  # compiles, and warms up
    start = time.perf_counter()
    some_updates()
    return round((time.perf_counter() - start) / updates * 1e3, 4)
