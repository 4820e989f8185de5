"""What a trained network is chosen by, and what it is judged by: two samples that no run learns from."""

import numpy as np

from rnnbook.trials import training

LEARNED = 0.95  # of the constant answer's loss: from there to as much above it, nothing was learned, and all rates tie
LEAST, MOST = 1e-5, 10.0  # of the constant answer's loss: below, a task counts as solved; above, as a blow-up
SAID = (
    "the rate is chosen on 1000 sequences, the loss counted on 1000 others, both by what the best constant answer costs"
)


def judged(network, task, lag, history):
    """The loss that chooses, by the constant answer's, and decades of the loss that counts.

    Where training met a number that was not finite, `history` is None, and both are at the upper end.
    """
    losses = [MOST, MOST]
    if history is not None:
        with np.errstate(all="ignore"):
            losses = [_loss(network, task, lag, seed) for seed in (1001, 1000)]
    validation, test = (float(np.clip(np.nan_to_num(y, nan=MOST, posinf=MOST), 0, MOST)) for y in losses)
    if LEARNED < validation < 2 - LEARNED:  # else the smallest rates would be the best, since they move least
        validation = 1.0
    return {"validation": validation, "decades": float(np.log10(max(test, LEAST)))}


def _loss(network, task, lag, seed):
    x, target, mask, _ = training.TASKS[task].draw(np.random.default_rng(seed), 1000, lag)
    return training.TASKS[task].loss(network(x), target, mask)[0] / training.constant_loss(task, lag)


BOUNDS = (float(np.log10(LEAST)), float(np.log10(MOST)))
