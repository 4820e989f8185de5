"""Captions, without and with attention: no claim is on trial, a table says how often they are right.

Scenes (rnnbook.data.tasks.pictures): two things in a grid of four by four, read
as sixteen patches. Without attention an LSTM reads them, row after row, and
hands its state to the one that writes. With attention nothing reads: a
linear map looks at every patch by itself, and all that the writer learns of
the picture is what it attends to (Xu et al. 2015, in small). Digits: one to
three of scikit-learn's in a row, 36 columns of eight pixels, read by an LSTM
in both directions; only the attention differs. 600 updates of 32 pictures,
new ones each time; a caption is right if every word of it is. Tested on 300
pictures; digits on images that nobody learned from.

Fairness
    48 units; sixteen learning rates for each network, drawn log-uniformly
    from 0.002 to 0.05, judged by the loss on 300 other pictures; the middle
    of the best quarter of the range is used for thirty other seeds.
"""

from contextlib import suppress

import numpy as np

from rnnbook import LSTM, Attention, Batch, Bidirectional, Dense, Embedding, EncoderDecoder, softmax_cross_entropy
from rnnbook.data.tasks import pictures
from rnnbook.layers.encoder_decoder import EOS, pad_sequences, shift_right
from rnnbook.trials import training
from rnnbook.trials.before import tune_and_run
from rnnbook.trials.translation import right

UNITS, UPDATES, RANGE = 48, 600, (2e-3, 5e-2)
WORDS = (EOS, *pictures.CAPTION_WORDS)
KINDS = ("scenes", "digits")


def draw(rng, size, kind, part="train"):
    """A batch of pictures, as steps to read, and their captions."""
    if kind == "scenes":
        drawn = [pictures.scene(rng) for _ in range(size)]
        steps = [pictures.patches(picture) for picture, _ in drawn]
    else:
        drawn = [pictures.row_of_digits(rng, part, most=3) for _ in range(size)]
        steps = [picture.T for picture, _ in drawn]
    target, ends = pad_sequences([[WORDS.index(word) for word in caption] for _, caption in drawn], 8)
    mask = (np.arange(8)[:, None] <= ends).astype(np.float32)
    return Batch((np.stack(steps, axis=1).astype(np.float32), shift_right(target)), target, mask)


def build(rng, kind, attention, dtype=np.float32):
    """A network that describes pictures."""
    made = {"rng": rng, "dtype": dtype}
    H = UNITS
    if kind == "digits":
        encoder = Bidirectional(LSTM(8, H, **made), LSTM(8, H, **made))
    else:
        encoder = Dense(110, H, **made) if attention else LSTM(110, H, **made)
    E = encoder.output_size
    return EncoderDecoder(
        encoder,
        LSTM(16, H, **made),
        Dense(H + E if attention else H, len(WORDS), **made),
        Embedding(len(WORDS), 16, **made),
        None,
        Attention(H, E, kind="additive", **made) if attention else None,
    )


def train(rng, kind, attention, learning_rate, updates=UPDATES, compiled=True, dtype=np.float32):
    """A trained network."""
    model = build(rng, kind, attention, dtype)
    with suppress(FloatingPointError):  # the network of before the last update is kept
        training.learn(model, softmax_cross_entropy, lambda: draw(rng, 32, kind), learning_rate, updates, compiled)
    return model


def run(rng, kind, attention, learning_rate, compiled=True, updates=UPDATES):
    """Train and test one network."""
    model = train(rng, kind, attention, learning_rate, updates=updates, compiled=compiled)
    watch = draw(np.random.default_rng(1000), 300, kind)
    loss, _ = softmax_cross_entropy(model(watch.x), watch.target, watch.mask)
    return {
        "validation": round(loss, 6),
        "right": round(100 * float(right(model, draw(rng, 300, kind, "test")).mean()), 1),
    }


PLACE = 15, 2
CLAIMS = ()
SLICES = ()  # tests/test_trials.py compares the beginning of a run instead


def make():
    """Both tables."""
    networks = [{"kind": kind, "attention": attention} for kind in KINDS for attention in (False, True)]
    tune_and_run(run, networks, "captions", lambda rows: rows["validation"], RANGE, draws=16, parts=4)


if __name__ == "__main__":
    make()
