"""On trial: brackets that close a hundred characters after they were opened.

Shakespeare has no brackets. Code puts two kinds into the plays, ( ) and [ ], each as often: after a
stretch of 2 to 10 characters one opens at the start of a word. It closes after that word, or at the
end of a word 2 to 200 characters later (both drawn log-uniformly); the share of the short ones is a
factor. Which kind must close it is decided by the one that opened it. LSTMs of 20,000 parameters read
that text.

What is asked after training: 100 passages with an opening bracket in front, each with both kinds. Of
the probability that the network gives to the two closing brackets at the end of a word so many
characters on, which share has the right one? Passages of the validation plays say when a run was at its
best, and pick the best run, by the surprisal of that choice in bits: one bit for a network that does
not know. Passages of the test plays judge it.

For an n-gram there is nothing to try: two passages that differ only in a bracket which lies further
back than its context are one and the same to it, so that its share is a half.
"""

from contextlib import suppress
from typing import Any

import numpy as np

from rnnbook import Monitor, data, init, networks, text
from rnnbook.activations import sigmoid
from rnnbook.trials import INF, BestOf, Claim, Design, Said, Variation, characters, training

OPEN, CLOSE = (len(data.ALPHABET) + np.array(kinds) for kinds in ((0, 1), (2, 3)))
UPDATES, LOOK, ENOUGH = 6000, 300, 0.02  # updates at most, between two looks; bits at which a run ends
STREAMS, STEPS, SHORT, TRIES = 16, 128, 0.7, 4
DISTANCES, PASSAGES, BEFORE = (5, 10, 30, 100), 100, 50
SPACE = [data.ALPHABET.index(mark) for mark in "\n "]


def words(ids):
    """The places of the first and of the last letters of words, but for a word at either end of the text."""
    spaces = np.isin(ids, SPACE)
    return np.flatnonzero(spaces[:-1] & ~spaces[1:]) + 1, np.flatnonzero(~spaces[:-1] & spaces[1:])


def bracketed(rng, ids, short=0.0):
    """A text with brackets around some of its passages, and around single words as that share of them."""
    starts, ends = words(ids)
    ends = ends + 1  # a bracket closes after the last letter
    at, marks, place = [], [], 0
    while True:
        gap, inside = np.exp(rng.uniform(np.log((2, 2)), np.log((10, 200))))
        if short and rng.random() < short:
            inside = 1
        k = np.searchsorted(starts, int(np.ceil(place + gap)))  # of whole numbers: others are searched for slowly
        if k == len(starts):
            break
        e = np.searchsorted(ends, int(np.ceil(starts[k] + inside)))
        if e == len(ends):
            break
        kind = rng.integers(2)
        at += [starts[k], ends[e]]
        marks += [OPEN[kind], CLOSE[kind]]
        place = ends[e]
    return np.insert(ids, at, marks)


def asked(model, part):
    """The right bracket's share of the probability of both, and the bits of that choice, by distance."""
    ids, rng = training.plays(part), np.random.default_rng(1)
    firsts, ends = words(ids)
    starts = rng.choice(firsts[(firsts > BEFORE) & (firsts < len(ids) - 300)], PASSAGES, replace=False)
    plain = np.stack([ids[s - BEFORE : s + max(DISTANCES) + 30] for s in starts], axis=1)
    margins = []  # by how much the right one's logit is larger
    for kind in range(2):
        logits = model(np.insert(plain, BEFORE, OPEN[kind], axis=0))[BEFORE + 1 :].astype(float)
        margins.append(logits[..., CLOSE[kind]] - logits[..., CLOSE[1 - kind]])
    found = {}
    for distance in DISTANCES:
        at = ends[np.searchsorted(ends, starts + distance)] - starts
        margin = np.array([m[at, np.arange(PASSAGES)] for m in margins])
        found[distance] = sigmoid(margin).mean(), np.logaddexp(0, -margin).mean() / np.log(2)
    return found


def bits_of_kind(model):
    """What the choice between the two costs on the validation plays, a mean over the distances."""
    return float(np.mean([bits for _, bits in asked(model, "validation").values()]))


def run(rng, cell, start, short, learning_rate, updates=UPDATES, compiled=True):
    """Train on bracketed plays; the right closing bracket's share where the run was at its best, by distance."""
    model = characters.build(rng, cell, letters=len(networks.BRACKETED))
    if start == "chrono":
        init.chrono(model.recurrent, 100, rng)
    first = rng.integers(1_000_000)
    ids = bracketed(rng, training.plays("train")[first : first + 2_000_000], short)
    best: dict[str, Any] = {"bits": np.inf, "params": {}}

    def look(_):
        bits = bits_of_kind(model)
        if bits < best["bits"]:
            now = {name: values.copy() for name, values in model.params.items()}
            best.update(bits=bits, params=now)
        return bits < ENOUGH

    with suppress(FloatingPointError):
        monitor = Monitor(until=look, eval_every=LOOK)
        characters.train(model, text.windows(ids, STREAMS, STEPS), learning_rate, updates, compiled, monitor=monitor)
    if not best["params"]:
        return {"validation": np.nan, **{f"right_{n}": 0.5 for n in DISTANCES}}
    for name, values in best["params"].items():
        model.params[name][...] = values
    shares = {f"right_{n}": round(float(share), 5) for n, (share, _) in asked(model, "test").items()}
    return {"validation": round(best["bits"], 5), **shares}


STARTS = ("bias 1", "chrono")
DESIGN = Design(
    name="closing",
    run=run,
    arms=[
        *({"cell": "LSTM", "start": start, "short": SHORT} for start in STARTS),
        {"cell": "LSTM", "start": "bias 1", "short": 0.0},
    ],
    outcomes={f"right_{n}": (0.0, 1.0) for n in DISTANCES},
    settings={
        "cell": f"an LSTM of about {characters.PARAMETERS} parameters in float32, {characters.EMBEDDED} a character",
        "start": "a forget bias of 1, or chrono for 100 steps",
        "text": f"two million characters; {SHORT:.0%} of the brackets around one word if nothing else is said",
        "budget": f"{UPDATES} updates of {STREAMS} streams by {STEPS} steps, or until the choice costs {ENOUGH} bits",
        "training": "Adam, gradients clipped at norm 1, state carried over",
        "picked": f"the best of {TRIES} rates, where it was at its best among looks every {LOOK} updates",
    },
    rates=(3e-3, 0.1),
    draws=20,
    nothing=1.0,
)
DESIGNS = (DESIGN,)


def right(starts=STARTS, distance=100, short=SHORT):
    """The right bracket's share at a distance, for each start."""
    return tuple(
        BestOf(
            name=start,
            design=DESIGN,
            outcome=f"right_{distance}",
            arm={"start": start, "short": short},
            tries=TRIES,
        )
        for start in starts
    )


PLACE = 11, 3
CLAIMS = (
    Claim(
        words="An LSTM can close a bracket a hundred characters away, an n-gram can't",
        sentence="An LSTM of 20,000 parameters gives the right of two closing brackets 0.75 at a hundred characters.",
        said=(Said("karpathy2015visualizing", "of LSTMs that read source code: cells that keep track of brackets"),),
        section="11-characters",
        logic="exists",
        region=(0.75, INF),
        null=0.5,
        unit="the probability of both kinds",
        quantity="share of the right bracket, a hundred characters after it was opened",
        margin="0.75: half way between guessing, to which every n-gram is bound, and knowing",
        conditions=right(),
        panel=(
            Variation("30 characters", right(distance=30)),
            Variation("10 characters", right(distance=10)),
            Variation("no brackets around single words", right(("bias 1",), short=0.0)),
        ),
    ),
)
