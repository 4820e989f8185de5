"""Mistakes in problem set 6: the project. `course.project` recognises them by what the network does."""

from course.examiner import PLACE
from course.misconceptions import slip, wrong
from course.model import solution

space = solution("ps6")

SLIPS = [
    (
        "train",
        "does_not_learn",
        "The weights do not depend on the answers `y` at all: the network that comes back was never trained, or trained "
        "on something else.",
        ("optimiser.update(layer.params, clip_by_global_norm(layer.grads, 1.0)[0])", "pass"),
        ("* scale,", "* 1.0,"),
        ("* scale + shift", "* 1.0"),
    ),
    (
        "train",
        "answers_a_constant",
        "The network gives the same answer to all sequences. That is the baseline: nothing of the input reaches the answer.",
        ('readout.params["W"] * scale', 'readout.params["W"] * 0'),
    ),
    (
        "train",
        "climbs",
        "The answers go up where they should go down: the error is made larger, or a sign is turned on the way out.",
        ('readout.params["W"] * scale', '-readout.params["W"] * scale'),
    ),
    (
        "train",
        "not_scaled_back",
        "The answers rise and fall with the right ones, but they are of another size: were the targets scaled for the "
        "training, and the answers not scaled back?",
        ('readout.params["W"] * scale', 'readout.params["W"]'),
        ('readout.params["b"] * scale + shift', 'readout.params["b"]'),
    ),
    (
        "train",
        "diverges",
        "The answers are not finite: the training blew up. Which of chapter 3's remedies would have stopped it?",
        ('readout.params["W"] * scale', 'readout.params["W"] * np.inf'),
    ),
    (
        "step",
        "ignores_the_marks",
        "The answers change when values change that are not marked: the network does not look at the marks.",
        ('x @ weights["W_x"]', 'np.column_stack([x[:, 0], 0 * x[:, 1] + 0.5]) @ weights["W_x"]'),
    ),
    (
        "step",
        "forgets_the_first_half",
        "The answers do not change when the first half of each sequence does: nothing survives until the end.",
        ("return np.hstack([h, c])", "return 0.01 * np.hstack([h, c])"),
    ),
    (
        "step",
        "looks_at_the_batch",
        "The answer for a sequence depends on the other sequences of the batch. Each has to be answered on its own.",
        ("a = x @", "x = x - x.mean(axis=0)\n    a = x @"),
    ),
    (
        "start",
        "state_too_large",
        "The state has more than 64 numbers for each sequence. A memory that grows with what is to be remembered is no test of one.",
        ("np.zeros((batch, 32))", "np.zeros((batch, 100))"),
    ),
]
for replaces, name, says, *edits in SLIPS:
    slip("ps6", "step", name, says, *edits, replaces=replaces)


@wrong("step", "train", says=PLACE.replace("{name}", "train"))
def inputs_in_place(x, y, seed):
    """Scales the caller's targets."""
    y -= y.mean()
    return {"W": x[0], "b": y}
