"""On trial: two pieces of advice, on a second bias and on other gates.

Some libraries give an LSTM two biases that are added. They compute what one computes, and move twice as far
in an update. And one reads that other gates than the sigmoid's are better: a ReLU, which opens without end, or a
softmax, in which the units share one opening.

With a forget bias of 1 a ReLU keeps everything when training begins, and a sigmoid keeps 0.73. So that the shape of the
gate is compared and not the start, the sigmoid beside the ReLU begins with a forget bias of 6 and keeps 0.9975; the
usual bias of 1 is among the variations. Input and output gates start as is usual: with a bias of 0 a sigmoid is half
open and a ReLU nearly shut, and a variation opens the ReLU's by half, too. A softmax has no forget bias, since adding a
constant to all its arguments changes nothing, and the sigmoid beside it has the usual one.
"""

import numpy as np

from rnnbook import LSTM, init, join, split
from rnnbook.activations import d_sigmoid, d_tanh, sigmoid, softmax, tanh
from rnnbook.trials import INF, BestOf, Change, Claim, Design, Said, Variation, judging, training

TASKS, UNITS, UPDATES, LONGER = {"adding": 30, "counting": 30, "latch": 50, "order": 30}, 16, 500, 2000
OPEN = 6.0  # the forget bias with which a sigmoid keeps nearly everything


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


KINDS = {  # cell, forget bias, bias of the other gates
    "one bias": (LSTM, 1.0, 0.0),
    "two biases": (TwoBiases, 1.0, 0.0),
    "sigmoid": (SigmoidGates, 1.0, 0.0),
    "open sigmoid": (SigmoidGates, OPEN, 0.0),
    "ReLU": (ReluGates, 1.0, 0.0),
    "softmax": (SoftmaxGates, 0.0, 0.0),
    "half-open ReLU": (ReluGates, 1.0, 0.5),  # as a sigmoid is with a bias of 0
}


def run(rng, task, kind, updates, learning_rate, compiled=True):
    """Train; decades of the loss, beside that of the best constant answer."""
    make, forget, other = KINDS[kind]
    cell = make(training.TASKS[task].inputs, UNITS, rng=rng, dtype=np.float64)
    cell.params["b"][: 3 * UNITS] = other  # i, f, o
    init.forget_bias(cell, forget)
    network = training.model(cell, task, rng)
    history = training.train(network, task, TASKS[task], learning_rate, rng, updates, compiled)
    return judging.judged(network, task, TASKS[task], history)


SETTINGS = {
    "cell": f"an LSTM of {UNITS} units in float64",
    "tasks": "adding, counting and the order of two symbols over 30 steps, the latch over 50",
    "budget": f"{UPDATES} updates",
    "training": training.SAID,
    "judged": judging.SAID,
}
BIASES = Design(
    name="two-biases",
    run=run,
    arms=[{"task": task, "kind": kind, "updates": UPDATES} for task in TASKS for kind in ("one bias", "two biases")],
    outcomes={"decades": judging.BOUNDS},
    settings=SETTINGS | {"start": "forget bias 1, the second bias 0, the rest uniform ±1/√units"},
    rates=(3e-4, 0.3),
    draws=120,
    nothing=1.0,
)
SHAPES = ("sigmoid", "open sigmoid", "ReLU", "softmax")
GATES = Design(
    name="other-gates",
    run=run,
    arms=[
        *({"task": t, "kind": k, "updates": UPDATES} for t in TASKS for k in SHAPES),
        *({"task": "adding", "kind": kind, "updates": LONGER} for kind in SHAPES),
    ],
    outcomes={"decades": judging.BOUNDS},
    settings=SETTINGS
    | {"start": f"forget bias 1 for the ReLU, 1 or {OPEN:g} for the sigmoid; the rest uniform ±1/√units"},
    rates=(3e-4, 1.0),
    nothing=1.0,
)
HALF_OPEN = Design(
    name="half-open-gates",
    run=run,
    arms=[
        {"task": task, "kind": kind, "updates": UPDATES}
        for task in ("adding", "counting", "latch")
        for kind in ("open sigmoid", "half-open ReLU")
    ],
    outcomes={"decades": judging.BOUNDS},
    settings=SETTINGS
    | {"start": f"forget bias 1 for the ReLU, {OPEN:g} for the sigmoid; the other gates of both begin half open"},
    rates=(3e-4, 1.0),
    nothing=1.0,
)
DESIGNS = (BIASES, GATES, HALF_OPEN)


def spared(design, usual, other, tasks=("adding", "counting", "latch"), updates=UPDATES):
    """By how many decades the loss of the second kind is smaller, for each task."""
    return tuple(
        BestOf(
            name=task,
            design=design,
            outcome="decades",
            arm={"task": task, "kind": usual, "updates": updates},
            rival={"task": task, "kind": other, "updates": updates},
        )
        for task in tasks
    )


PLACE = 9, 1
CLAIMS = (
    Claim(
        words="The second bias is redundant, so it does no harm",
        sentence="An LSTM with two biases that are added reaches at most half as much loss again as one with a single"
        " bias, on adding, counting and temporal order.",
        said=(Said("", "answers to the question why PyTorch's LSTM has `bias_ih` and `bias_hh`"),),
        section="09-reading-the-literature",
        logic="as good as",
        region=(-0.2, INF),
        unit="decades of loss",
        quantity="loss with one bias above that with two",
        margin="a fifth of a decade, half as much loss again: what two seeds easily differ by",
        conditions=spared(BIASES, "one bias", "two biases", ("adding", "counting", "order")),
        panel=(Variation("the latch", spared(BIASES, "one bias", "two biases", ("latch",))),),
    ),
    Claim(
        words="ReLU gates give better results",
        sentence="On adding, counting and the latch an LSTM with ReLU gates reaches a smaller loss than one with"
        " sigmoid gates, when both begin by keeping everything.",
        said=(Said("", "forums and lists of tricks"),),
        section="09-reading-the-literature",
        logic="on average",
        region=(0.1, INF),
        unit="decades of loss",
        quantity="loss with sigmoid gates above that with ReLU gates",
        margin="a tenth of a decade, a fifth of the loss: less is not worth gates that can blow up",
        conditions=spared(GATES, "open sigmoid", "ReLU"),
        panel=(
            Variation("a sigmoid with the usual forget bias of 1", spared(GATES, "sigmoid", "ReLU")),
            Variation("the order of two symbols", spared(GATES, "open sigmoid", "ReLU", ("order",))),
            Variation(f"{LONGER} updates, adding", spared(GATES, "open sigmoid", "ReLU", ("adding",), LONGER)),
            Variation("input and output gates half open", spared(HALF_OPEN, "open sigmoid", "half-open ReLU")),
        ),
        changes=(
            Change(
                date="2026-11-29",
                what="input and output gates of the ReLU that begin half open, as a sigmoid's do, as a variation",
                why="a referee found them nearly shut at the start: only the forget gates had been made alike",
                part="variations",
            ),
        ),
    ),
    Claim(
        words="Softmax gates give better results",
        sentence="On adding, counting and the latch an LSTM with softmax gates reaches a smaller loss than one with"
        " sigmoid gates and a forget bias of 1.",
        said=(Said("", "forums and lists of tricks"),),
        section="09-reading-the-literature",
        logic="on average",
        region=(0.1, INF),
        unit="decades of loss",
        quantity="loss with sigmoid gates above that with softmax gates",
        margin="a tenth of a decade, a fifth of the loss, as for the ReLU",
        conditions=spared(GATES, "sigmoid", "softmax"),
        panel=(
            Variation("a sigmoid that begins by keeping everything", spared(GATES, "open sigmoid", "softmax")),
            Variation("the order of two symbols", spared(GATES, "sigmoid", "softmax", ("order",))),
            Variation(f"{LONGER} updates, adding", spared(GATES, "sigmoid", "softmax", ("adding",), LONGER)),
        ),
    ),
)
# cells of its own: compiled too
