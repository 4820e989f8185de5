"""On trial: two pieces of advice, on a second bias and on other gates.

LSTMs of 16 units on adding and counting over 30 steps and on the latch over
50; 500 updates. The quantity is log10 of the loss after training, on
sequences never seen; below 1e-5 it counts as 1e-5.

"The second bias is redundant, so it does no harm"
    Effect, for each task: the loss with one bias over that with two, in
    decades, plus 0.1. Forget bias 1.
"ReLU gates give better results", "Softmax gates give better results"
    Effect, for each task: the loss with sigmoid gates over that with the
    others, in decades. Forget biases of 2 for the sigmoid and 1 for the
    ReLU, where 1 is "keep everything"; with softmax there is none, since
    adding a constant to all arguments changes nothing.

Each is confirmed if the effect is above zero on two of the three tasks,
refuted if it is below zero on two; above or below: the whole interval, 95 %
for the three together. Thirty learning rates for each cell and task, drawn
log-uniformly from 0.001 to 0.1, and thirty other seeds at the best (the
middle of the best fifth of the range).
"""

import numpy as np

from rnnbook import LSTM, init, join, split
from rnnbook.activations import d_sigmoid, d_tanh, sigmoid, softmax, tanh
from rnnbook.trials import Slice, results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run

TASKS, UNITS, UPDATES, RANGE = {"adding": 30, "counting": 30, "latch": 50}, 16, 500, (1e-3, 1e-1)


class TwoBiases(LSTM):
    """b and b_2 are added."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.params["b_2"] = np.zeros_like(self.params["b"])

    def step(self, xw, state):
        return super().step(xw + self.params["b_2"], state)

    def weight_grads(self, da):
        grads = super().weight_grads(da)
        return grads | {"b_2": 1 * grads["b"]}


class Gated(LSTM):
    """An LSTM whose gates are `squash`; `back` is its chain rule."""

    def squash(self, a):
        """What makes a gate of a."""
        raise NotImplementedError

    def back(self, y, dy):
        """The gradient of a, from the gate and its gradient."""
        raise NotImplementedError

    def step(self, xw, state):
        h, c_prev = state
        a_i, a_f, a_o, a_g = split(xw + h @ self.params["W_h"], 4)
        i, f, o = self.squash(a_i), self.squash(a_f), self.squash(a_o)
        g = tanh(a_g)
        c = f * c_prev + i * g
        return (o * tanh(c), c), (i, f, o, g, c_prev, tanh(c))

    def step_back(self, saved, dstate):
        i, f, o, g, c_prev, tanh_c = saved
        dh, dc = dstate
        dc = dc + dh * o * d_tanh(tanh_c)
        da_i = self.back(i, dc * g)
        da_f = self.back(f, dc * c_prev)
        da_o = self.back(o, dh * tanh_c)
        da = join([da_i, da_f, da_o, dc * i * d_tanh(g)])
        return da, (da @ self.params["W_h"].T, dc * f)


class SigmoidGates(Gated):
    """The usual ones."""

    def squash(self, a):
        return sigmoid(a)

    def back(self, y, dy):
        return dy * d_sigmoid(y)


class ReluGates(Gated):
    """Open without end."""

    def squash(self, a):
        return a * (a.real > 0)

    def back(self, y, dy):
        return dy * (y.real > 0)


class SoftmaxGates(Gated):
    """The units share one opening."""

    def squash(self, a):
        return softmax(a)

    def back(self, y, dy):
        return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


KINDS = {  # cell and forget bias
    "one bias": (LSTM, 1.0),
    "two biases": (TwoBiases, 1.0),
    "sigmoid": (SigmoidGates, 2.0),
    "ReLU": (ReluGates, 1.0),
    "softmax": (SoftmaxGates, 0.0),
}


def run(rng, task, kind, learning_rate, compiled=True):
    """Train; the loss on sequences never seen."""
    make, bias = KINDS[kind]
    cell = make(training.TASKS[task].inputs, UNITS, rng=rng, dtype=np.float64)
    init.forget_bias(cell, bias)
    network = training.model(cell, task, rng)
    if training.train(network, task, TASKS[task], learning_rate, rng, UPDATES, compiled) is None:
        return {"loss": float("nan")}
    return {"loss": training.unseen_loss(network, task, TASKS[task])}


def log_loss(rows):
    """The quantity on trial, of every row of a table; a run that blew up counts as 100."""
    return np.log10(np.clip(np.nan_to_num(rows["loss"], nan=100.0), 1e-5, 100.0))


def beside(kind, other, shift=0.0):
    """Decades of loss that the second kind has less than the first, for each task."""
    rows = results("biases-and-gates")
    pairs = {task: [log_loss(rows_where(rows, task=task, kind=k)) for k in (kind, other)] for task in TASKS}
    return [effect(task, a, b, n_comparisons=3, shift=shift) for task, (a, b) in pairs.items()]


def _claim(words, kind, other, shift, quantity):
    return Claim(
        words=words,
        said_by=(),
        section="09-reading-the-literature",
        tasks="adding, counting over 30, latch over 50 steps",
        quantity=quantity,
        tables=("biases-and-gates-tuning", "biases-and-gates"),
        need=2,
        effects=lambda: beside(kind, other, shift),
    )


PLACE = 9, 1
CLAIMS = (
    _claim(
        "The second bias is redundant, so it does no harm",
        *("one bias", "two biases", 0.1),
        "decades of loss less than with one bias, plus 0.1",
    ),
    _claim("ReLU gates give better results", *("sigmoid", "ReLU", 0.0), "decades of loss less than with sigmoid gates"),
    _claim(
        "Softmax gates give better results",
        *("sigmoid", "softmax", 0.0),
        "decades of loss less than with sigmoid gates",
    ),
)
# cells of its own: compiled too
SLICES = (
    Slice(run, "biases-and-gates", {"task": "adding", "kind": "two biases"}, both=True),
    Slice(run, "biases-and-gates", {"task": "adding", "kind": "ReLU"}, both=True),
)


def make():
    """Both tables."""
    combinations = [{"task": task, "kind": kind} for task in TASKS for kind in KINDS]
    tune_and_run(run, combinations, "biases-and-gates", log_loss, RANGE)


if __name__ == "__main__":
    make()
