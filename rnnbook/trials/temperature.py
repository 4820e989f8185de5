"""On trial: the temperature at which a network writes.

What is better? Three readings, each a number on texts that a trained network wrote at a temperature, 60
of 300 characters each time:

spelling
    the share of its words that occur in the training plays.
likeness
    how hard it is to tell from Shakespeare: the error, in cross-validation, of a logistic regression on
    counts of letters, pairs and triples that judges pieces of 300 characters, half of them from the test
    plays. One half is the most that can be had.
variety
    the entropy of those words, in bits, by their relative frequencies.

The runs are older than the claim as it stands here: LSTMs of 20,000 parameters, trained by 500 updates
as in characters.py, with 30 seeds at the best learning rate found there and 30 at a quarter of it.
"""

import re
from functools import partial

import numpy as np

from rnnbook import check, data, sweep, text
from rnnbook.trials import FOLDER, INF, Claim, Said, Slice, Variation, characters, results, rows_where, training
from rnnbook.trials.before import SEEDS, Before
from rnnbook.trials.estimates import mean

TEMPERATURES = (0.5, 0.7, 1.0, 1.3)
READINGS = {"spelling": 0.01, "likeness": 0.01, "variety": 0.1}  # and what makes a difference in each
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


def gained(temperature=0.7, **factors):
    """What each reading gains from 1 to another temperature, in the same network."""
    largest = {"spelling": 1.0, "likeness": 1.0, "variety": 16.0}
    return tuple(
        Before(
            name,
            ("temperature",),
            partial(_gain, name, temperature, factors),
            (-largest[name] / one, largest[name] / one),
        )
        for name, one in READINGS.items()
    )


def _gain(name, temperature, factors):
    rows = rows_where(results("temperature"), **factors) if factors else results("temperature")
    return mean((rows[f"{name}_{10 * temperature:.0f}"] - rows[f"{name}_10"]) / READINGS[name])


PLACE = 11, 2
CLAIMS = (
    Claim(
        words="A temperature below 1 gives better text",
        sentence="An LSTM writes better at temperature 0.7 than at 1, by spelling, likeness and variety.",
        said=(Said("", "tutorials and settings of text generators, where 0.7 is a common default"),),
        section="11-characters",
        logic="on average",
        region=(1.0, INF),
        unit="hundredths of the words or of the judge's pieces, and tenths of a bit",
        quantity="gain at temperature 0.7 over 1",
        margin="one: a word in a hundred, a piece in a hundred, a tenth of a bit; less is not noticed on a page",
        conditions=gained(),
        own={
            "spelling": (1.0, "of a hundred words"),
            "likeness": (1.0, "of a hundred pieces"),
            "variety": (READINGS["variety"], "bits"),
        },
        shared=True,  # the same texts
        panel=(
            Variation("a temperature of 0.5", gained(0.5)),
            Variation("the best rate alone", gained(of_best_rate=1.0)),
            Variation("a quarter of the rate alone", gained(of_best_rate=0.25)),
        ),
    ),
)
# what a network wrote differs from the first other character on
SLICES = (Slice(run, "temperature", {"of_best_rate": 0.25}, tolerance=0.05, absolute=0.04),)


def make():
    """The table."""
    sweep(run, {"of_best_rate": [1.0, 0.25]}, range(SEEDS), table=FOLDER / "temperature.csv")
