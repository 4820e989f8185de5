"""On trial: "a temperature below 1 gives better text".

What is better? Three readings, each a number on texts that a trained
network wrote at a temperature, 60 of 300 characters each time:

spelling
    the share of its words that occur in the training plays.
likeness
    how hard it is to tell from Shakespeare: the error, in cross-validation,
    of a logistic regression on counts of letters, pairs and triples that
    judges pieces of 300 characters, half of them from the test plays. One
    half is the most that can be had.
variety
    the entropy of those words, in bits, by their relative frequencies.

Effect, for each reading: its value at temperature 0.7 less that at 1, in
the same network. Confirmed if it is above zero for all three readings,
refuted if it is below zero for all three; above or below: the whole
interval, 95 % for the three together. Temperatures 0.5 and 1.3 stand
beside them.

Fairness
    LSTMs of 20,000 parameters, trained by 500 updates as in characters.py,
    with 30 seeds at the best learning rate found there and 30 at a quarter of
    it; an effect is over all 60.
"""

import re

import numpy as np

from rnnbook import check, data, sweep, text
from rnnbook.trials import FOLDER, Slice, characters, results, training
from rnnbook.trials.before import SEEDS, effect
from rnnbook.trials.before import OldClaim as Claim

TEMPERATURES = (0.5, 0.7, 1.0, 1.3)
READINGS = ("spelling", "likeness", "variety")
PIECES, LENGTH = 60, 300


def words(written):
    """The words of a text, in small letters."""
    return re.findall(r"[a-z']+", written.lower())


def likeness(pieces, real):
    """The error of a judge who tells the pieces from real ones."""
    library = check.require("sklearn.feature_extraction.text", "data").CountVectorizer
    judge = check.require("sklearn.linear_model", "data").LogisticRegression(max_iter=300)
    validate = check.require("sklearn.model_selection", "data").cross_val_score
    counts = library(analyzer="char", ngram_range=(1, 3), lowercase=False, max_features=3000).fit_transform(
        pieces + real
    )
    right = validate(judge, np.sqrt(counts.toarray()), np.repeat([0, 1], [len(pieces), len(real)]), cv=5)
    return 1 - right.mean()


def readings(pieces, real, known):
    """The three numbers of some pieces of text."""
    found = [word for piece in pieces for word in words(piece)]
    spelled = [word for word in found if word in known]
    _, counts = np.unique(spelled, return_counts=True)
    share = counts / counts.sum()
    return {
        "spelling": round(len(spelled) / len(found), 5),
        "likeness": round(float(likeness(pieces, real)), 5),
        "variety": round(float(-(share * np.log2(share)).sum()), 5),
    }


def run(rng, of_best_rate, updates=characters.UPDATES, compiled=True):
    """Train, write at every temperature, read."""
    learning_rate = of_best_rate * characters.best_rate("LSTM")
    model = characters.build(rng)
    ids = np.roll(training.plays("train"), rng.integers(1_000_000))
    characters.train(model, text.windows(ids, 32, 64), learning_rate, updates, compiled)
    test = data.shakespeare("test")
    starts = rng.choice(len(test) // LENGTH, PIECES, replace=False) * LENGTH
    real = [test[start : start + LENGTH] for start in starts]
    prompts = np.stack([text.encode(piece[:100], data.ALPHABET) for piece in real], axis=1)
    known = set(words(data.shakespeare("train")))
    outcome = {}
    for temperature in TEMPERATURES:
        written = text.generate(model, prompts, LENGTH, rng, temperature=temperature)
        pieces = [text.decode(column, data.ALPHABET) for column in written.T]
        for name, value in readings(pieces, real, known).items():
            outcome[f"{name}_{10 * temperature:.0f}"] = value
    return outcome


def effects():
    """What is gained from 1 to 0.7, for each reading."""
    rows = results("temperature")
    return [effect(name, rows[f"{name}_7"] - rows[f"{name}_10"], n_comparisons=3) for name in READINGS]


PLACE = 11, 2
CLAIMS = (
    Claim(
        words="A temperature below 1 gives better text",
        said_by=(),
        section="11-characters",
        tasks="LSTMs that write Shakespeare",
        quantity="gain at temperature 0.7 over 1",
        tables=("temperature",),
        need=3,
        effects=effects,
    ),
)
# what a network wrote differs from the first other character on
SLICES = (Slice(run, "temperature", {"of_best_rate": 0.25}, tolerance=0.05, absolute=0.04),)


def make():
    """The table."""
    sweep(run, {"of_best_rate": [1.0, 0.25]}, range(SEEDS), table=FOLDER / "temperature.csv")


if __name__ == "__main__":
    make()
