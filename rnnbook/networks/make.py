"""Trains the networks of `rnnbook.networks`: python -m rnnbook.networks.make, a quarter of an hour."""

from typing import Any

import numpy as np

from rnnbook import Batch, Monitor, init, mean_squared_error, softmax_cross_entropy, speech, text
from rnnbook.data.tasks import wording
from rnnbook.interop.quantization import quantize
from rnnbook.layers import Model
from rnnbook.layers.encoder_decoder import EncoderDecoder
from rnnbook.learning.ctc import ctc
from rnnbook.networks import AHEAD, FOLDER, SEEN, untrained
from rnnbook.trials import closing, spoken_digits, training
from rnnbook.trials.characters import train

STREAMS, STEPS = 32, 100


def characters() -> Model:
    """The LSTM that reads Shakespeare, with the parameters that did best on the validation plays."""
    ids, held_out = training.plays("train"), training.plays("validation")
    model = untrained("characters", np.random.default_rng(0))
    init.forget_bias(model.recurrent, 1.0)
    unseen = text.windows(held_out, 64, (len(held_out) - 1) // 64)()
    once = (len(ids) - 1) // (STREAMS * STEPS)
    for rate, times in ((4e-3, 12), (2e-3, 8), (5e-4, 6)):  # times through the text
        batch = text.windows(ids, STREAMS, STEPS)
        train(model, batch, rate, once * times, monitor=Monitor(validation=unseen, eval_every=once))
    return model


def brackets() -> Model:
    """The GRU that reads brackets."""
    rng = np.random.default_rng(0)
    model = untrained("brackets", rng)
    init.chrono(model.recurrent, 100, rng)
    ids = closing.bracketed(rng, training.plays("train"))
    for rate, updates in ((1e-2, 2000), (3e-3, 2000)):
        train(model, text.windows(ids, 16, 128), rate, updates)
    return model


def series(rng: np.random.Generator, batch: int) -> Batch:
    """Series as a reader may draw them: one or two waves, a line, a walk and noise, each more or less.

    Their first 40 values have mean 0 and variance 1; the 20 that follow are the target.
    """
    t = np.arange(SEEN + AHEAD)[:, None]
    waves = sum(
        share * np.sin(2 * np.pi * (t / rng.uniform(4, 40, batch) + rng.random(batch)))
        for share in (rng.random(batch) < 0.7, rng.random(batch) * (rng.random(batch) < 0.4))
    )
    line = rng.normal(size=batch) * (rng.random(batch) < 0.5) * t / SEEN * 2
    walk = rng.random(batch) * (rng.random(batch) < 0.4) * rng.normal(size=(len(t), batch)).cumsum(axis=0) / 3
    drawn = waves + line + walk + 0.15 * rng.random(batch) * rng.normal(size=(len(t), batch))
    drawn = (drawn - drawn[:SEEN].mean(axis=0)) / (drawn[:SEEN].std(axis=0) + 1e-6)
    drawn = np.clip(drawn, -5, 5).astype(np.float32)
    return Batch(drawn[:SEEN, :, None], drawn[None, SEEN:].transpose(0, 2, 1))


def forecaster() -> Model:
    """The LSTM that forecasts what a reader draws."""
    rng = np.random.default_rng(0)
    model = untrained("forecaster", rng)
    init.forget_bias(model.recurrent, 1.0)
    for rate, updates in ((1e-2, 6000), (2e-3, 6000), (3e-4, 3000)):
        training.learn(model, mean_squared_error, lambda: series(rng, 128), rate, updates, compiled=True)
    return model


def listener() -> Model:
    """The LSTM that hears digits, started as in its trial."""
    rng = np.random.default_rng(0)
    model = spoken_digits.build(rng, "LSTM")
    for rate, updates in ((8e-3, 1500), (2e-3, 1000)):
        draw = spoken_digits.draws(rng, speech.corpus("train"))
        training.learn(model, ctc, draw, rate, updates, compiled=True)
    return model


def dates() -> EncoderDecoder:
    """The one that brings dates into order."""
    rng = np.random.default_rng(0)
    model = untrained("dates", rng)

    def draw():
        return wording.dates([wording.date(rng) for _ in range(64)])

    for rate, updates in ((1e-2, 2000), (3e-3, 1500), (1e-3, 1000)):
        training.learn(model, softmax_cross_entropy, draw, rate, updates, compiled=True)
    return model


def make() -> None:
    """Train, quantize, write the files."""
    for trained in (characters, brackets, forecaster, listener, dates):
        kept: dict[str, Any] = {}
        for name, p in trained().params.items():
            kept[name], kept[f"{name} scale"] = quantize(p)
        np.savez_compressed(FOLDER / f"{trained.__name__}.npz", **kept)


if __name__ == "__main__":
    make()
