"""On trial: "with attention it does not matter which cell reads".

Stories of sentences of three words ("mary went kitchen"), and a question
whose answer takes one, two or three of them (rnnbook.data.tasks.stories, after
Weston et al. 2015). A cell reads the story, another goes on with the
question from the state in which the first ended; behind the question's last
word the answer is read out of the state alone, or of the state and what
attention brings from the story (the reader of Hermann et al. 2015, in
small). 600 updates of 32 stories, new ones each time; tested on 1000.
Guessing gets a sixth right.

Effects, in per cent of the questions about one fact: right by the RNN, by
the two variants of the LSTM and by the GRU, each with attention, less by
the LSTM with attention, plus two: two per cent may be missing. Confirmed if
all four are above zero, refuted if all four are below. Above or below: the
whole interval, 95 % for the four together.

Fairness
    Both cells have the parameters of LSTMs with 32 units. Sixteen learning
    rates for each network and number of facts, drawn log-uniformly from
    0.001 to 0.03, judged by the loss on 500 other stories; the middle of the
    best quarter of the range is used for thirty other seeds.
"""

from contextlib import suppress

import numpy as np

from rnnbook import Batch, softmax_cross_entropy
from rnnbook.data.tasks.stories import PLACES, STORY_WORDS, story
from rnnbook.layers.encoder_decoder import pad_sequences
from rnnbook.trials import results, rows_where, training
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import effect, tune_and_run

UNITS, UPDATES, RANGE = 32, 600, (1e-3, 3e-2)
DISTANCES = ((1, 1), (2, 2), (3, 4), (5, 12))  # sentences from the earliest fact to the question


def encoded(told, facts):
    """Stories as a `Batch`: words of the story and of the question, and the answer behind its last word."""
    S, T = 3 * (2 * facts + 6), 3 if facts < 3 else 5  # room for the longest
    words = [[STORY_WORDS.index(word) for sentence in t.sentences for word in sentence] for t in told]
    source, lengths = pad_sequences(words, S)
    question = np.array([[STORY_WORDS.index(word) for word in t.question] for t in told]).T
    target, mask = np.zeros((T, len(told)), int), np.zeros((T, len(told)), np.float32)
    target[-1], mask[-1] = [PLACES.index(t.answer) for t in told], 1
    return Batch((source, question), target, mask, lengths)


def draw(rng, size, facts):
    """A batch of new stories."""
    return encoded([story(rng, facts) for _ in range(size)], facts)


def build(rng, cell, attention):
    """A reader with or without attention."""
    words = len(STORY_WORDS)
    return training.translator(cell, UNITS, words, words, len(PLACES), attention, rng=rng, dtype=np.float32)


def run(rng, cell, facts, attention, learning_rate, compiled=True, updates=UPDATES):
    """Train and test one reader."""
    model = build(rng, cell, attention)
    with suppress(FloatingPointError):  # the network of before the last update is kept
        training.learn(model, softmax_cross_entropy, lambda: draw(rng, 32, facts), learning_rate, updates, compiled)
    watch = draw(np.random.default_rng(1000), 500, facts)
    told = [story(rng, facts) for _ in range(1000)]
    batch, distance = encoded(told, facts), np.array([t.distance for t in told])
    right = model(batch.x, batch.lengths)[-1].argmax(axis=1) == batch.target[-1]
    loss, _ = softmax_cross_entropy(model(watch.x, watch.lengths), watch.target, watch.mask)
    outcome = {"validation": round(loss, 6), "right": round(100 * float(right.mean()), 1)}
    for low, high in DISTANCES:
        asked = right[(low <= distance) & (distance <= high)]
        outcome[f"right_{low}"] = round(100 * float(asked.mean()), 1) if asked.size else float("nan")
    return outcome


def rights(cell, facts, attention):
    """Per cent right, one a run."""
    return rows_where(results("stories"), cell=cell, facts=facts, attention=attention)["right"]


def effects():
    """Every other cell against the LSTM, with attention, on one fact."""
    return [
        effect(cell, rights(cell, 1, True), rights("LSTM", 1, True), n_comparisons=4, shift=2.0)
        for cell in ("RNN", "peephole", "coupled", "GRU")
    ]


PLACE = 15, 3
CLAIMS = (
    Claim(
        words="With attention it does not matter which cell reads",
        said_by=(),
        section="15-attention",
        tasks="stories with questions about one fact",
        quantity="per cent right, less by the LSTM, plus two",
        tables=("stories-tuning", "stories"),
        need=4,
        effects=effects,
    ),
)


def combinations():
    """All five cells on one fact, three of them on two and three, each without and with attention."""
    three = ("RNN", "LSTM", "GRU")
    cells = {1: ("RNN", "LSTM", "peephole", "coupled", "GRU"), 2: three, 3: three}
    return [
        {"cell": cell, "facts": facts, "attention": attention}
        for facts, some_cells in cells.items()
        for cell in some_cells
        for attention in (False, True)
    ]


SLICES = ()  # tests/test_trials.py compares the beginning of a run instead


def make():
    """Both tables."""
    tune_and_run(run, combinations(), "stories", lambda rows: rows["validation"], RANGE, draws=16, parts=4)


if __name__ == "__main__":
    make()
