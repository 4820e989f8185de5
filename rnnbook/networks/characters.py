"""Trains the network of `rnnbook.networks.characters`."""

import numpy as np

from rnnbook import Adam, Batch, data, fit, init, softmax_cross_entropy, text
from rnnbook.networks import FOLDER, fresh_characters, quantise

STAGES = ((4e-3, 12), (2e-3, 8), (5e-4, 6))  # learning rate, times through the text
STREAMS, STEPS = 32, 100


def make():
    """Train, quantise, write the file."""
    train, held_out = (text.encode(data.shakespeare(part), data.ALPHABET) for part in ("train", "validation"))
    rng = np.random.default_rng(0)
    model = fresh_characters(rng)
    init.forget_bias(model.recurrent, 1.0)
    x, target, _, _ = text.windows(held_out, 64, (len(held_out) - 1) // 64)()
    once = (len(train) - 1) // (STREAMS * STEPS)
    for rate, times in STAGES:
        history = fit(
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
        print(rate, [round(value / np.log(2), 3) for _, value in history.validation])
    kept = {}
    for name, p in model.params.items():
        kept[name], kept[f"{name} scale"] = quantise(p)
    np.savez(FOLDER / "characters.npz", **kept)


if __name__ == "__main__":
    make()
