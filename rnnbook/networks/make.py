"""Trains the networks of `rnnbook.networks`: python -m rnnbook.networks.make, a quarter of an hour."""

import numpy as np

from rnnbook import init, text
from rnnbook.networks import FOLDER, fresh, quantise
from rnnbook.trials import closing, training
from rnnbook.trials.characters import train

STREAMS, STEPS = 32, 100


def characters():
    """The LSTM that reads Shakespeare, with the parameters that did best on the validation plays."""
    ids, held_out = training.plays("train"), training.plays("validation")
    model = fresh("characters", np.random.default_rng(0))
    init.forget_bias(model.recurrent, 1.0)
    unseen = text.windows(held_out, 64, (len(held_out) - 1) // 64)()
    once = (len(ids) - 1) // (STREAMS * STEPS)
    for rate, times in ((4e-3, 12), (2e-3, 8), (5e-4, 6)):  # times through the text
        batch = text.windows(ids, STREAMS, STEPS)
        train(model, batch, rate, once * times, validation=unseen, every=once, progress=True)
    return model


def brackets():
    """The GRU that reads brackets."""
    rng = np.random.default_rng(0)
    model = fresh("brackets", rng)
    init.chrono(model.recurrent, 100, rng)
    ids = closing.bracketed(rng, training.plays("train"))
    for rate, updates in ((1e-2, 2000), (3e-3, 2000)):
        train(model, text.windows(ids, 16, 128), rate, updates, progress=True)
    return model


def make():
    """Train, quantise, write the files."""
    for trained in (characters, brackets):
        kept = {}
        for name, p in trained().params.items():
            kept[name], kept[f"{name} scale"] = quantise(p)
        np.savez_compressed(FOLDER / f"{trained.__name__}.npz", **kept)


if __name__ == "__main__":
    make()
