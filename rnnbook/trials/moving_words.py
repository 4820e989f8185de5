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
whose forget bias starts at 1, which were added when the others' results were known. The table
"moving-words-only" has the same networks, and pairs of tokens with a letter or a figure alone: nearly every
sentence ends in a full stop, which the lexicon does not know and the gates keep best.
"""

from functools import partial
from itertools import combinations

import numpy as np
from scipy.stats import rankdata
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from rnnbook import Model, data, sweep
from rnnbook.data.words import tokenize
from rnnbook.trials import FOLDER, INF, Change, Claim, Said, Slice, Variation, results, reviews, rows_where
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


def opinions(sentence, marks, words_only=False):
    """Which words of a sentence carry an opinion: 1; which do not: 0; which do a little, or do not count: NaN."""
    tokens = tokenize(sentence)
    found = np.array([abs(marks.get(word, 0.0)) for word in tokens])
    counts = np.array([not words_only or any(map(str.isalnum, word)) for word in tokens])
    return np.where(found >= 1, 1.0, np.where((found == 0) & counts, 0.0, np.nan))


def higher(measure, opinion):
    """How often a word of opinion has the higher measure of two; None if there are no two."""
    a, b = measure[opinion == 1], measure[opinion == 0]
    return np.mean((np.sign(a[:, None] - b) + 1) / 2) if a.size and b.size else None


def measure(rng, network, fold, compiled):
    """Train, and measure the words of unseen sentences: the measures, the sentences and their lengths."""
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
    return measures, unseen, lengths


def run(rng, network, fold, compiled=True):
    """How often words of opinion come first by each measure, and how the measures agree."""
    measures, unseen, lengths = measure(rng, network, fold, compiled)
    return shares(measures, unseen, lengths) | agreement(measures, lengths)


def run_words(rng, network, fold, compiled=True):
    """How often words of opinion come first among words, marks left out."""
    measures, unseen, lengths = measure(rng, network, fold, compiled)
    return shares(measures, unseen, lengths, words_only=True)


def by_place(fold, words_only=False):
    """How often words of opinion come first by their place alone, without a network."""
    sentences, _ = data.reviews()
    unseen = [sentences[k] for k in reviews.split(fold)[2]]
    lengths = [len(tokenize(sentence)) for sentence in unseen]
    place = np.repeat(np.arange(max(lengths))[:, None], len(unseen), axis=1)
    return shares({"place": place}, unseen, lengths, words_only)["place"]


def shares(measures, sentences, lengths, words_only=False):
    """How often words of opinion come first, in per cent, by each measure."""
    outcome, marks = {}, SentimentIntensityAnalyzer().lexicon
    carried = [opinions(sentence, marks, words_only) for sentence in sentences]
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


def over_chance(table, network, measure):
    """The share of pairs, in per cent, less 50."""
    return reviews.over_folds(rows_where(results(table), network=network)[measure] - 50)


def measured(network, measures=MEASURES, table="moving-words"):
    """Conditions: one for each measure of a network's words."""
    return tuple(Before(name, (table,), partial(over_chance, table, network, name), (-50.0, 50.0)) for name in measures)


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
            Variation("words alone, no marks", measured(NETWORKS[0], table="moving-words-only")),
        ),
        shared=True,
        changes=(
            Change(
                date="2026-11-29",
                what="pairs of words alone, without commas and full stops, as a variation",
                why="a referee found that the full stop, which ends nearly every sentence, decides the third measure",
                part="variations",
            ),
        ),
    ),
)
SLICES = (Slice(run, "moving-words", {"network": "LSTM last"}),)


def make():
    """Both tables."""
    factors = {"network": list(NETWORKS), "fold": list(range(reviews.FOLDS))}
    sweep(run, factors, [0], table=FOLDER / "moving-words.csv")
    sweep(run_words, factors, [0], table=FOLDER / "moving-words-only.csv")
