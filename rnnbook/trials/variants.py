"""On trial: which parts of an LSTM matter most.

One part at a time is taken from an LSTM with all peepholes: a gate is held at 1, an activation is left out, the
peepholes are; two more variants couple two gates (CIFG) or let the gates see those of the step before (FGR). Three
tasks: adding and counting over 30 steps, the latch over 60.

Its tables are older than the rule by which they are judged here: thirty learning rates for each variant and task, drawn
log-uniformly from 0.001 to 0.1, and thirty other seeds at the best, the middle of that fifth of the range
whose runs have the smallest mean. What that choice adds to the error is in the intervals.
"""

from functools import partial

import numpy as np

from rnnbook import (
    PeepholeLSTM,
    init,
    join,
    namespace,
    split,
)
from rnnbook.activations import d_sigmoid, d_tanh, sigmoid, tanh
from rnnbook.trials import INF, Claim, Said, Slice, Variation, training
from rnnbook.trials.before import Before, Old, tune_and_run


class Vanilla(PeepholeLSTM):
    """The starting point: an LSTM with three peepholes."""

    held = ""  # gates held at 1
    squash_in = squash_out = True

    def gate(self, name, a, c):
        if name in self.held:
            return namespace(a).ones_like(a)
        return sigmoid(a + self.peephole(name) * c)

    def step(self, xw, state):
        h, c_prev = state
        a_i, a_f, a_o, a_g = split(xw + h @ self.params["W_h"], 4)
        i, f = self.gate("i", a_i, c_prev), self.gate("f", a_f, c_prev)
        g = tanh(a_g) if self.squash_in else a_g
        c = f * c_prev + i * g
        o = self.gate("o", a_o, c)
        shown = tanh(c) if self.squash_out else c
        return (o * shown, c), (i, f, o, g, c_prev, c, shown)

    def step_back(self, saved, dstate):
        i, f, o, g, c_prev, _, shown = saved
        dh, dc = dstate
        da_o = dh * shown * d_sigmoid(o)
        slope = d_tanh(shown) if self.squash_out else 1
        dc = dc + dh * o * slope + da_o * self.peephole("o")
        da_i = dc * g * d_sigmoid(i)
        da_f = dc * c_prev * d_sigmoid(f)
        da_g = dc * i * (d_tanh(g) if self.squash_in else 1)
        dc_prev = dc * f + da_i * self.peephole("i")
        dc_prev = dc_prev + da_f * self.peephole("f")
        da = join([da_i, da_f, da_o, da_g])
        return da, (da @ self.params["W_h"].T, dc_prev)


class NIG(Vanilla):
    """No input gate."""

    held = "i"


class NFG(Vanilla):
    """No forget gate."""

    held = "f"


class NOG(Vanilla):
    """No output gate."""

    held = "o"


class NIAF(Vanilla):
    """No input activation."""

    squash_in = False


class NOAF(Vanilla):
    """No output activation."""

    squash_out = False


class NP(Vanilla):
    """No peepholes."""

    def __init__(self, *args, **options):
        super().__init__(*args, peepholes="", **options)


class CIFG(Vanilla):
    """f = 1 - i; the block of f stays in the weights and is not used."""

    retention_gate = ("i", -1)

    def step(self, xw, state):
        h, c_prev = state
        a_i, _, a_o, a_g = split(xw + h @ self.params["W_h"], 4)
        i, g = self.gate("i", a_i, c_prev), tanh(a_g)
        c = (1 - i) * c_prev + i * g
        o, tanh_c = self.gate("o", a_o, c), tanh(c)
        return (o * tanh_c, c), (i, 1 - i, o, g, c_prev, c, tanh_c)

    def step_back(self, saved, dstate):
        i, f, o, g, c_prev, _, tanh_c = saved
        dh, dc = dstate
        da_o = dh * tanh_c * d_sigmoid(o)
        dc = dc + dh * o * d_tanh(tanh_c) + da_o * self.peephole("o")
        da_i = dc * (g - c_prev) * d_sigmoid(i)
        da_g = dc * i * d_tanh(g)
        dc_prev = dc * f + da_i * self.peephole("i")
        da = join([da_i, 0 * da_i, da_o, da_g])
        return da, (da @ self.params["W_h"].T, dc_prev)


class FGR(Vanilla):
    """The gates see the gates of the step before, through R."""

    states = ("h", "c", "i", "f", "o")
    saved = ("gates_prev", *PeepholeLSTM.saved)

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32):
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        bound, width = hidden_size**-0.5, 3 * hidden_size
        R = rng.uniform(-bound, bound, (width, width))
        self.params["R"] = R.astype(dtype)

    def step(self, xw, state):
        h, c, *gates = state
        before = join(gates)
        extra = before @ self.params["R"]
        (h, c), saved = super().step(xw + join([extra, 0 * h]), (h, c))
        return (h, c, *saved[:3]), (before, *saved)

    def step_back(self, saved, dstate):
        _, i, f, o, g, c_prev, _, tanh_c = saved
        dh, dc, di, df, do = dstate
        da_o = (dh * tanh_c + do) * d_sigmoid(o)
        dc = dc + dh * o * d_tanh(tanh_c) + da_o * self.peephole("o")
        da_i = (dc * g + di) * d_sigmoid(i)
        da_f = (dc * c_prev + df) * d_sigmoid(f)
        da_g = dc * i * d_tanh(g)
        dc_prev = dc * f + da_i * self.peephole("i")
        dc_prev = dc_prev + da_f * self.peephole("f")
        dgates = split(join([da_i, da_f, da_o]) @ self.params["R"].T, 3)
        da = join([da_i, da_f, da_o, da_g])
        return da, (da @ self.params["W_h"].T, dc_prev, *dgates)

    def weight_grads(self, da):
        grads, before = super().weight_grads(da), self.tape[0]
        da_gates = da[..., : before.shape[-1]]
        R = namespace(da).einsum("tbi,tbj->ij", before, da_gates)
        return grads | {"R": R}


VARIANTS = (Vanilla, NIG, NFG, NOG, NIAF, NOAF, CIFG, NP, FGR)
UNITS, UPDATES = 16, 500
TASKS = {"adding": 30, "counting": 30, "latch": 60}  # their lengths


def run(rng, task, variant, learning_rate, compiled=True):
    """Train a variant on a task; its loss on sequences never seen."""
    length, inputs = TASKS[task], training.TASKS[task].inputs
    kind = {kind.__name__: kind for kind in VARIANTS}[variant]
    cell = kind(inputs, UNITS, rng=rng, dtype=np.float64)
    if cell.retention_gate[0] not in cell.held:
        init.forget_bias(cell, 2.0)
    network = training.model(cell, task, rng)
    history = training.train(
        network,
        task,
        length,
        learning_rate,
        rng,
        UPDATES,
        compiled,
    )
    if history is None:  # a number was not finite
        return {"loss": float("nan")}
    return {"loss": training.unseen_loss(network, task, length)}


RANGE = (1e-3, 1e-1)  # of the learning rates


def log_loss(rows):
    """The quantity on trial, of every row of a table."""
    return np.log10(np.maximum(rows["loss"], 1e-5))


TABLES = Old("variants", log_loss, log_loss, RANGE)
CLAIMED, OTHERS = ("NFG", "NOAF"), ("NIG", "NOG", "NIAF", "NP")  # without the parts that are named, and without others


def above(task, variant, other):
    """Decades of loss by which one variant ends above another."""
    arm, rival = ({"task": task, "variant": name} for name in (variant, other))
    return TABLES.difference(arm, rival)


def beside(tasks=tuple(TASKS)):
    """How far each part of the claim lies above each that it does not name, for each task."""
    tables = ("variants-tuning", "variants")
    return tuple(
        Before(f"{task}: {one} over {other}", tables, partial(above, task, one, other), (-7, 7))
        for task in tasks
        for one in CLAIMED
        for other in OTHERS
    )


PLACE = 7, 1
CLAIMS = (
    Claim(
        words="The forget gate and the output activation are the most important parts",
        sentence="On adding, counting and the latch an LSTM loses more by the loss of its forget gate, or of its output"
        " activation, than by that of any other part.",
        said=(Said("greff2017lstm", "the summary of thousands of runs on speech, handwriting and music"),),
        section="07-coupled-gates-and-variants",
        logic="always",
        region=(0.0, INF),
        unit="decades of loss",
        quantity="loss without a part that is named above the loss without one that is not",
        margin="none: the claim is an order",
        conditions=beside(),
        panel=(Variation("adding left out", beside(("counting", "latch"))),),
    ),
)
# cells of its own: compiled too
SLICES = (Slice(run, "variants", {"task": "adding", "variant": "NIG"}, both=True),)


def make():
    """Both tables."""
    tune_and_run(
        run, [{"task": t, "variant": v.__name__} for t in TASKS for v in VARIANTS], "variants", log_loss, RANGE
    )
