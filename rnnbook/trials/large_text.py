"""Networks of up to 512 units read all of the plays (no claim; a demonstration).

The quantity is bits per character on the test plays (rnnbook.data.shakespeare), beside those of the n-grams of
chapter 11, which are counted on the same training plays.

"large-text": LSTMs of 256 and of 512 units, with 64 numbers for a character, read the training plays six times: 32
streams, windows of 128 steps, the state carried over, a fifth of what the readout sees dropped, of the larger network
a half, clipped at norm 1, Adam with a learning rate that falls to zero on a straight line. After each time through the
plays the first 100,000 characters of the test plays are read, and at the end all of them; nothing is stopped early.
The validation plays choose the rate of the smaller network: in "large-text-tuning" it reads a half of the plays, with
each of four rates. The larger one has a half of that rate, which was not searched.
"""

from functools import partial

from rnnbook import Monitor, sweep, text
from rnnbook.trials import FOLDER, characters, training

EMBEDDED, STREAMS, STEPS, TIMES = 64, 32, 128, 6
DROPOUT = {256: 0.2, 512: 0.5}  # for so many units
RATES = (1e-3, 2e-3, 4e-3, 8e-3)


def bits(model, part, length=None):
    """Bits per character on a part of the plays, or on its beginning."""
    return round(float(text.surprisal(model, training.plays(part)[:length]).mean()), 5)


def run(rng, cell, units, learning_rate, times=TIMES, part="test", compiled=True):
    """Train; the bits after each time through the plays, and on the whole part at the end."""
    model = characters.build(rng, cell, units, EMBEDDED, dropout=DROPOUT[units])
    draw = text.windows(training.plays("train"), STREAMS, STEPS)
    once = (len(training.plays("train")) - 1) // (STREAMS * STEPS)
    outcome = {}

    def looked(history):
        outcome[f"bits_{len(history.loss) // once}"] = bits(model, part, 100_000)

    fall = {"schedule": lambda done: 1 - done, "rng": rng}
    monitor = Monitor(eval_every=once, until=looked)
    characters.train(model, draw, learning_rate, round(times * once), compiled, monitor=monitor, **fall)
    return outcome | {"bits": bits(model, part), "parameters": sum(p.size for p in model.params.values())}


PLACE = 11, 6
CLAIMS = ()
SLICES = ()  # an hour for a row: tests/test_trials.py compares the beginning of a run instead


def make():
    """Both tables, one run after another on all cores."""
    short = [{"cell": "LSTM", "units": 256, "learning_rate": rate} for rate in RATES]
    half = partial(run, times=0.5, part="validation")
    tuning = sweep(half, short, [0], table=FOLDER / "large-text-tuning.csv", workers=1)
    best = float(min(tuning, key=lambda row: row["bits"])["learning_rate"])
    rows = [{"cell": "LSTM", "units": units, "learning_rate": best * 256 / units} for units in DROPOUT]
    sweep(run, rows, [0], table=FOLDER / "large-text.csv", workers=1)
