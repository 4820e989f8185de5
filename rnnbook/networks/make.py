"""Trains the networks of `rnnbook.networks`: python -m rnnbook.networks.make, a quarter of an hour."""

import numpy as np

from rnnbook import Adam, Batch, data, fit, init, softmax_cross_entropy, text
from rnnbook.networks import FOLDER, fresh, quantise
from rnnbook.trials import closing, training

STREAMS, STEPS = 32, 100


def characters():
    """The LSTM that reads Shakespeare, with the parameters that did best on the validation plays."""
    train, held_out = (text.encode(data.shakespeare(part), data.ALPHABET) for part in ("train", "validation"))
    model = fresh("characters", np.random.default_rng(0))
    init.forget_bias(model.recurrent, 1.0)
    x, target, _, _ = text.windows(held_out, 64, (len(held_out) - 1) // 64)()
    once = (len(train) - 1) // (STREAMS * STEPS)
    for rate, times in ((4e-3, 12), (2e-3, 8), (5e-4, 6)):  # times through the text
        fit(
            model,
            softmax_cross_entropy,
            Adam(rate),
            text.windows(train, STREAMS, STEPS),
            steps=once * times,
            max_norm=1.0,
            carry=True,
            validation=Batch(x, target),
            every=once,
            compiled=True,
        )
    return model


def brackets():
    """The GRU that reads brackets."""
    rng = np.random.default_rng(0)
    model = fresh("brackets", rng)
    init.chrono(model.recurrent, 100, rng)
    ids = closing.bracketed(rng, training.plays("train"))
    for rate, steps in ((1e-2, 2000), (3e-3, 2000)):
        fit(
            model,
            softmax_cross_entropy,
            Adam(rate),
            text.windows(ids, 16, 128),
            steps=steps,
            max_norm=1.0,
            carry=True,
            compiled=True,
        )
    return model


def make():
    """Train, quantise, write the files."""
    for train in (characters, brackets):
        kept = {}
        for name, p in train().params.items():
            kept[name], kept[f"{name} scale"] = quantise(p)
        np.savez_compressed(FOLDER / f"{train.__name__}.npz", **kept)


if __name__ == "__main__":
    make()
