"""On trial: "with attention it does not matter which cell reads".

Stories of sentences of three words ("mary went kitchen"), and a question whose answer takes one, two or three of
them (rnnbook.data.tasks.stories, after Weston et al. 2015). A cell reads the story, another goes on with the
question from the state in which the first ended; behind the question's last word the answer is read out of the
state alone, or of the state and what attention brings from the story (the reader of Hermann et al. 2015, in
small). 32 stories an update, new ones each time; tested on 1000. Guessing gets a sixth right. Both cells have
the parameters of LSTMs with 32 units.

The tables "stories" have thirty runs of each network after 600 updates, with one, two and three facts, with
attention and without. Sixteen learning rates for each network and number of facts, drawn log-uniformly from
0.001 to 0.03, were judged by the loss on 500 other stories; the middle of the best quarter of the range is used.

The table "stories-longer" has every cell with attention, on one fact and with up to 1200 updates, each run with
a rate of its own. It ends early when the mean loss of fifty updates is below a hundredth of a nat.
"""

from contextlib import suppress
from functools import partial

import numpy as np

from rnnbook import Batch, Monitor, softmax_cross_entropy
from rnnbook.data.tasks.stories import PLACES, STORY_WORDS, story
from rnnbook.layers.encoder_decoder import pad_sequences
from rnnbook.trials import BestOf, Claim, Design, Said, Variation, results, rows_where, training
from rnnbook.trials.before import Before, Old, tune_and_run

UNITS, UPDATES, RANGE = 32, 600, (1e-3, 3e-2)
LONGER, LEARNED = 2 * UPDATES, 0.01
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


def run_longer(rng, cell, learning_rate, updates=LONGER):
    """Train one reader with attention on one fact until it has learned, at most so many updates; test it.

    In float32 and a thousand updates rounding grows, so that it has one path, the compiled one.
    """
    model = build(rng, cell, True)
    with suppress(FloatingPointError):  # the network of before the last update is kept
        training.learn(
            model,
            softmax_cross_entropy,
            lambda: draw(rng, 32, 1),
            learning_rate,
            updates,
            True,
            monitor=Monitor(until=lambda history: bool(np.mean(history.loss[-training.EVERY :]) < LEARNED)),
        )
    watch, test = draw(np.random.default_rng(1000), 500, 1), draw(rng, 1000, 1)
    loss, _ = softmax_cross_entropy(model(watch.x, watch.lengths), watch.target, watch.mask)
    right = model(test.x, test.lengths)[-1].argmax(axis=1) == test.target[-1]
    return {"validation": round(min(loss / np.log(len(PLACES)), 10.0), 6), "right": 100 * float(right.mean())}


ALL = ("LSTM", "RNN", "peephole", "coupled", "GRU")
DESIGN = Design(
    name="stories-longer",
    run=run_longer,
    arms=[{"cell": cell} for cell in ALL],
    outcomes={"right": (0.0, 100.0)},
    settings={
        "network": f"both cells with the parameters of LSTMs of {UNITS} units, float32; multiplicative attention",
        "data": "stories with questions about one fact; embeddings of 16 numbers",
        "budget": f"{LONGER} updates, fewer where the mean loss of {training.EVERY} is below {LEARNED} nats",
        "training": training.SAID,
        "test": "1000 stories",
    },
    rates=(5e-4, 1e-1),
    draws=24,
    nothing=1.0,
)
DESIGNS = (DESIGN,)
OLD = Old("stories", lambda rows: rows["right"], lambda rows: rows["validation"], RANGE, parts=4)


def difference(cell, facts, attention):
    """Per cent right, less by the LSTM."""
    one = {"facts": facts, "attention": attention}
    return OLD.difference(one | {"cell": cell}, one | {"cell": "LSTM"})


def against(cells, facts=1, attention=True):
    """Conditions: every other cell against the LSTM."""
    return tuple(
        Before(cell, ("stories-tuning", "stories"), partial(difference, cell, facts, attention), (-100.0, 100.0))
        for cell in cells
    )


def longer(*cells):
    """Conditions: the same with attention, by the best of eight rates, with more updates."""
    return tuple(
        BestOf(name=cell, design=DESIGN, outcome="right", arm={"cell": cell}, rival={"cell": "LSTM"}) for cell in cells
    )


CELLS = ALL[1:]
PLACE = 15, 3
CLAIMS = (
    Claim(
        words="With attention it does not matter which cell reads",
        sentence=(
            "With attention an RNN, both variants of the LSTM and a GRU answer as many questions about one fact as "
            "the LSTM, after 1200 updates and by the best of eight learning rates."
        ),
        said=(Said("", "what one hears where attention is taught first and cells are told as history"),),
        section="15-attention",
        logic="equivalent",
        region=(-2.0, 2.0),
        unit="points",
        quantity="per cent right, less by the LSTM",
        margin="two points: twenty of the thousand questions of a run",
        conditions=longer(*CELLS),
        panel=(
            Variation("the variants of the LSTM left out", longer("RNN", "GRU")),
            Variation("600 updates", against(CELLS)),
            Variation("two facts and 600 updates", against(("RNN", "GRU"), 2)),
            Variation("three facts and 600 updates", against(("RNN", "GRU"), 3)),
            Variation("no attention and 600 updates", against(CELLS, attention=False)),
        ),
        shared=True,
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
