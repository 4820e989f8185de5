"""On trial: "the network keeps words like amazing, and forgets this and gave".

LSTMs that read sentences from film reviews and judge them by the last state (rnnbook.trials.reviews, "LSTM
last", thirty folds, the rate found there). Three measures say how much a word of a sentence counts:

    gradient   how much the judgement moves, to first order, if the word's vector shrinks to zero
    occlusion  how much it moves when the word is exchanged for the unknown word
    gates      how much of what the word wrote into the memory is there at the end

all three without their sign. What counts is how often a word that carries an opinion, by VADER's lexicon
(Hutto & Gilbert 2014; a mark of at least 1 of 4), has the higher measure of two words of the sentence, the
other being one that the lexicon does not know: in 50 of 100 pairs by chance. It is the mean over those of the
400 unseen sentences that have words of both kinds; intervals are corrected as for the reviews.

Beside them: the same for what each word wrote, whether or not it was kept ("write"); Spearman's correlation
of each two measures, and of each with the place in the sentence, within sentences; and all of it for LSTMs
whose forget bias starts at 1, which were added when the others' results were known.
"""

from functools import partial
from itertools import combinations

import numpy as np
from scipy.stats import rankdata
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from rnnbook import Model, data, sweep
from rnnbook.data.words import tokenize
from rnnbook.trials import FOLDER, INF, Claim, Said, Slice, Variation, results, reviews, rows_where
from rnnbook.trials.before import Before, rate_of

MEASURES = ("gradient", "occlusion", "gates")
NETWORKS = ("LSTM last", "forget bias 1 last")


def by_gradient(network, ids, lengths):
    """Gradient of the judgement times the word's vector, (T, B)."""
    inner = Model(network.recurrent, network.readout, pool=network.pool)
    vectors = network.embedding(ids)
    y = inner(vectors, lengths)
    dy = np.zeros_like(y)
    dy[..., 0], dy[..., 1] = -1, 1
    return (inner.backward(dy) * vectors).sum(axis=-1)


def by_occlusion(network, ids, lengths):
    """Judgement less that without the word, (T, B)."""
    found = np.zeros(ids.shape)
    y = network(ids, lengths)[0]
    for t in range(len(ids)):
        hidden = ids.copy()
        hidden[t] = 0  # the unknown word
        without = network(hidden, lengths)[0]
        found[t] = (y - without) @ [-1, 1]
    return found


def by_gates(network, ids, lengths, kept=True):
    """How much of each word's write is in the memory at the end, (T, B): the sum over units of ``|Π f ⊙ i ⊙ g|``.

    If it need not be kept, how much was written, ``|i ⊙ g|``.
    """
    cell = network.recurrent
    cell(network.embedding(ids), lengths=lengths)
    i, f, _, g = cell.tape[:4]
    written = np.where(cell.alive, np.abs(i * g), 0)
    f = np.where(cell.alive, f, 1)
    later = np.concatenate([np.cumprod(f[::-1], axis=0)[-2::-1], np.ones_like(f[:1])])  # the product of all later f
    return (written * later if kept else written).sum(axis=-1)


def opinions(sentence, marks):
    """Which words of a sentence carry an opinion: 1; which do not: 0; which do a little: NaN."""
    found = np.array([abs(marks.get(word, 0.0)) for word in tokenize(sentence)])
    return np.where(found >= 1, 1.0, np.where(found == 0, 0.0, np.nan))


def higher(measure, opinion):
    """How often a word of opinion has the higher measure of two; None if there are no two."""
    a, b = measure[opinion == 1], measure[opinion == 0]
    return np.mean((np.sign(a[:, None] - b) + 1) / 2) if a.size and b.size else None


def run(rng, network, fold, compiled=True):
    """Train, and measure the words of unseen sentences; shares and correlations."""
    rate, options = rate_of("reviews", network=network), reviews.NETWORKS[network]
    vocabulary, trained = reviews.train(rng, learning_rate=rate, fold=fold, compiled=compiled, **options)
    sentences, _ = data.reviews()
    unseen = [sentences[k] for k in reviews.split(fold)[2]]
    ids, lengths = vocabulary.ids(unseen)
    measures = {
        "gradient": np.abs(by_gradient(trained, ids, lengths)),
        "occlusion": np.abs(by_occlusion(trained, ids, lengths)),
        "gates": by_gates(trained, ids, lengths),
        "write": by_gates(trained, ids, lengths, kept=False),
    }
    return shares(measures, unseen, lengths) | agreement(measures, lengths)


def shares(measures, sentences, lengths):
    """How often words of opinion come first, in per cent, by each measure."""
    outcome, marks = {}, SentimentIntensityAnalyzer().lexicon
    carried = [opinions(sentence, marks) for sentence in sentences]
    for name, measure in measures.items():
        each = [higher(measure[:T, b], carried[b]) for b, T in enumerate(lengths)]
        outcome[name] = round(100 * float(np.mean([value for value in each if value is not None])), 3)
    return outcome


def agreement(measures, lengths):
    """Spearman's correlation within sentences of each two measures, and of each with the place; the mean."""
    place = np.arange(max(lengths))
    found: dict[str, list[float]] = {f"{a}_{c}": [] for a, c in combinations([*measures, "place"], 2)}
    for b, T in enumerate(lengths):
        if T >= 5:
            ranks = {name: rankdata(measure[:T, b]) for name, measure in measures.items()} | {"place": place[:T]}
            for a, c in combinations(ranks, 2):
                found[f"{a}_{c}"].append(np.corrcoef(ranks[a], ranks[c])[0, 1])
    return {name: round(float(np.mean(values)), 4) for name, values in found.items()}


def over_chance(network, measure):
    """The share of pairs, in per cent, less 50."""
    return reviews.over_folds(rows_where(results("moving-words"), network=network)[measure] - 50)


def measured(network, measures=MEASURES):
    """Conditions: one for each measure of a network's words."""
    return tuple(
        Before(name, ("moving-words",), partial(over_chance, network, name), (-50.0, 50.0)) for name in measures
    )


PLACE = 12, 3
CLAIMS = (
    Claim(
        words="The network keeps words like amazing, and forgets this and gave",
        sentence=(
            "In an LSTM that judges reviews, words of opinion count more than others, by the judgement's gradient, "
            "by occlusion and by what the gates keep."
        ),
        said=(
            Said("", "Michael Phi's illustrated guide of 2018, with a review of breakfast cereal, and what copies it"),
        ),
        section="12-reviews",
        logic="on average",
        region=(1.0, INF),
        unit="points above 50",
        quantity="pairs of words of a hundred in which the word of opinion counts more, less 50",
        margin="one pair of a hundred: the picture promises far more",
        conditions=measured(NETWORKS[0]),
        panel=(
            Variation("a forget bias of 1", measured(NETWORKS[1])),
            Variation(
                "what is written, kept or not, for what is kept", measured(NETWORKS[0], (*MEASURES[:2], "write"))
            ),
        ),
        shared=True,
    ),
)
SLICES = (Slice(run, "moving-words", {"network": "LSTM last"}),)


def make():
    """The table."""
    factors = {"network": list(NETWORKS), "fold": list(range(reviews.FOLDS))}
    sweep(run, factors, [0], table=FOLDER / "moving-words.csv")
