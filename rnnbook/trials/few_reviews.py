"""On trial: "a GRU needs less data than an LSTM". With it: what counting words achieves.

The networks of rnnbook.trials.reviews with mean pooling learn from 200, 400, 800, 1600 or 3200 labelled
sentences, in 600 updates; what counts is the per cent that they get right of a tenth that they never saw, on
thirty folds. Both have the same number of recurrent parameters. They do not stop early: when they did, in a
first version of this trial, networks that had 225 sentences were stopped, by 25 of them, before they had
learned anything. Beside them stands a network without a cell ("none"), which takes the mean of the words'
vectors.

Sixteen learning rates for each cell and each number of sentences, drawn as for the reviews, were judged by
the per cent right of an eighth as many further sentences. Intervals are corrected as for the reviews; folds
with few sentences to learn from share fewer, so they are rather too wide.

"reviews-baselines": on the same folds, from the same sentences as the networks, naive Bayes and
logistic regression on the words that occur (and on pairs of neighbours), with scikit-learn's default
settings, and a lexicon that learns nothing (VADER; Hutto & Gilbert 2014).
"""

from functools import partial

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from rnnbook import data, sweep
from rnnbook.data.words import tokenize
from rnnbook.trials import FOLDER, INF, Claim, Said, Slice, Variation, reviews
from rnnbook.trials.before import Before, Old, blurred, tune_and_run

SIZES = (225, 450, 900, 1800, 3600)
COUNTING = {
    "naive Bayes": (MultinomialNB, 1),
    "naive Bayes and pairs": (MultinomialNB, 2),
    "logistic regression": (LogisticRegression, 1),
    "logistic regression and pairs": (LogisticRegression, 2),
}


class Lexicon:
    """VADER's rules: words with marks given by people, negation and emphasis by rule."""

    def fit(self, sentences, labels):
        """Nothing: the marks are there."""

    def in_favour(self, sentences):
        """VADER's sum of each sentence, from -1 to 1."""
        analyser = SentimentIntensityAnalyzer()
        return np.array([analyser.polarity_scores(sentence)["compound"] for sentence in sentences])


class Counting:
    """A linear model of which words, or pairs of neighbours, a sentence has."""

    def __init__(self, model, longest):
        counts = CountVectorizer(tokenizer=tokenize, token_pattern=None, binary=True, ngram_range=(1, longest))
        self.model = make_pipeline(counts, model())

    def fit(self, sentences, labels):
        """Learn from sentences."""
        self.model.fit(sentences, labels)

    def in_favour(self, sentences):
        """The logarithm of how much likelier praise is, for each sentence."""
        p = self.model.predict_log_proba(sentences)
        return p[:, 1] - p[:, 0]


def baseline(rng, method, fold, size=SIZES[-1]):
    """What a method without a network gets right, in per cent."""
    del rng  # nothing is random
    sentences, labels = data.reviews()
    learn, _, test = reviews.split(fold, size)  # what networks are stopped by nobody learns from
    model = Lexicon() if method == "lexicon" else Counting(*COUNTING[method])
    model.fit([sentences[k] for k in learn], labels[learn])
    favour = model.in_favour([sentences[k] for k in test])
    return reviews.scores(model.in_favour, favour, labels[test])


def run(rng, cell, size, fold, learning_rate, compiled=True, part=-1):
    """Train and test a network; of `size` sentences a ninth is left out."""
    network = {"cell": cell, "pool": "mean", "stop": False, "size": size}
    return reviews.examine(rng, network, fold, learning_rate, compiled, part)


def difference(size, outcome="right"):
    """GRU less LSTM, fold by fold, with the error of tuning both."""
    old = Old(
        "few-reviews", lambda rows: rows[outcome], lambda rows: -rows["right"], reviews.RANGE, reviews.TUNING["parts"]
    )
    (gru, its_tuning), (lstm, tuning) = (old.side(cell=cell, size=size) for cell in ("GRU", "LSTM"))
    return blurred(reviews.over_folds(gru - lstm), its_tuning, tuning)


def less(sizes, outcome="right"):
    """Conditions: the difference for so many sentences."""
    return tuple(
        Before(
            f"{size * 8 // 9} sentences",
            ("few-reviews-tuning", "few-reviews"),
            partial(difference, size, outcome),
            (-100.0, 100.0),
        )
        for size in sizes
    )


PLACE = 12, 2
CLAIMS = (
    Claim(
        words="A GRU needs less data than an LSTM",
        sentence=(
            "From 200 to 800 sentences of reviews a GRU learns to judge others better than an LSTM "
            "with as many parameters."
        ),
        said=(Said("", "comparisons of the two cells, with the reason that a GRU has fewer parameters"),),
        section="12-reviews",
        logic="on average",
        region=(1.0, INF),
        unit="points",
        quantity="per cent judged right by the GRU, less by the LSTM",
        margin="one point: twice the sentences bring the networks about three, so it is a fifth of the sentences",
        conditions=less(SIZES[:3]),
        panel=(
            Variation("200 to 3200 sentences", less(SIZES)),
            Variation("pairs in order, not answers right", less(SIZES[:3], "ordered")),
        ),
    ),
)
SLICES = (
    Slice(run, "few-reviews", {"cell": "none", "size": 225}),
    Slice(baseline, "reviews-baselines", {"method": "logistic regression", "size": 225}),
)


def make():
    """All three tables."""
    combinations = [{"cell": cell, "size": size} for cell in ("LSTM", "GRU", "none") for size in SIZES]
    held_out = partial(run, part=1)
    tune_and_run(
        run,
        combinations,
        "few-reviews",
        lambda rows: -rows["right"],
        reviews.RANGE,
        tuning_trial=held_out,
        **reviews.TUNING,
    )
    factors = [{"method": "lexicon", "size": 0, "fold": fold} for fold in range(reviews.FOLDS)]
    factors += [
        {"method": method, "size": size, "fold": fold}
        for method in COUNTING
        for size in SIZES
        for fold in range(reviews.FOLDS)
    ]
    sweep(baseline, factors, [0], table=FOLDER / "reviews-baselines.csv")
