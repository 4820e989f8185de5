"""On trial: "the state of state-space models is an illusion", in the cup game.

The games of `cups`, with parity and the swaps of three cups, learned from 40 steps and judged at that length: S6, the
selective state space of Mamba, beside an LSTM. The chapter's theorem says that S6, whose eigenvalues are positive,
cannot go on with parity for ever. It does not say what S6 can do in 40 steps. (Merrill et al. prove something of five
cups, and nothing of two or three.)

One figure of the chapter, parity with other cells, and the table of `cups` were seen before this was written; no run of
S6 was.
"""

from dataclasses import replace

from rnnbook import LSTM, MinGRU
from rnnbook.trials import INF, BestOf, Change, Claim, Design, Said, Variation, cups
from rnnbook.trials.later_cells import RGLRU, S6

UNITS, UPDATES, LONGER, LONGEST = cups.UNITS, cups.UPDATES, 4 * cups.UPDATES, cups.LONGER
GAMES = {"Z2": "parity", "S3": "S3"}
NETWORKS = {  # the cells from the input upwards, each with its units
    "LSTM": [(LSTM, UNITS)],
    "S6": [(S6, UNITS)],
    "S6 of 48 units": [(S6, 4 * UNITS)],
    "two layers of S6": [(S6, UNITS), (S6, UNITS)],
    "RG-LRU": [(RGLRU, UNITS)],
    "minGRU": [(MinGRU, UNITS)],
}


def build(rng, game, network):
    """One of these networks, for a game."""
    return cups.player(rng, game, NETWORKS[network])


def run(rng, game, network, updates, learning_rate, compiled=True):
    """Learn from 40 steps; the loss on others, and the share of right answers at the end of 40 and of 200."""
    return cups.judged(build(rng, game, network), rng, game, updates, learning_rate, compiled)


def arms(*networks, updates=UPDATES):
    """Both games with each of these networks."""
    return [{"game": game, "network": one, "updates": updates} for game in GAMES for one in networks]


OTHERS = tuple(NETWORKS)[2:]
DESIGN = Design(
    name="illusion",
    run=run,
    arms=arms("LSTM", "S6"),
    outcomes=cups.DESIGN.outcomes,
    settings={
        "networks": f"one layer of {UNITS} units, if nothing else is said, and a readout, in float64, as the package"
        f" starts them; S6 carries {S6.N} numbers a unit",
        **{name: cups.DESIGN.settings[name] for name in ("games", "budget", "training", "validation")},
        "judged": "the share of right answers on the last ten of 40 steps, and on the last 40 of 200, of 200 others",
    },
    rates=cups.DESIGN.rates,
    solved=cups.DESIGN.solved,
    nothing=1.0,
)
VARIED = replace(
    DESIGN,
    name="illusion-varied",
    arms=[*arms("LSTM", *OTHERS), *arms("S6", updates=LONGER)],
    settings={**DESIGN.settings, "budget": f"{UPDATES} updates, if nothing else is said"},
    draws=24,
)
LONG = replace(VARIED, name="illusion-longer", arms=[*arms("LSTM"), *arms("S6", updates=LONGEST)])
FIVE = replace(
    DESIGN,
    name="illusion-five",
    arms=[{"game": "S5", "network": one, "updates": LONGER} for one in ("LSTM", "S6")],
    settings={**DESIGN.settings, "games": "swaps of five cups (S5)", "budget": f"{LONGER} updates"},
    draws=24,
)
DESIGNS = (DESIGN, VARIED, FIVE, LONG)


def fewer(network, design=VARIED, outcome="learned", updates=UPDATES):
    """By how much the share of right answers is less than the LSTM's, in both games."""
    return tuple(
        BestOf(
            name=f"{words}, {network}",
            design=design,
            outcome=outcome,
            arm={"game": game, "network": "LSTM", "updates": UPDATES},
            rival={"game": game, "network": network, "updates": updates},
        )
        for game, words in GAMES.items()
    )


PLACE = 19, 2
CLAIMS = (
    Claim(
        words="The state of state-space models is an illusion",
        sentence="On parity and on the swaps of three cups S6, the selective state space of Mamba, gives at least a"
        " tenth fewer right answers than an LSTM of equally many units, at the length that both learned from.",
        said=(Said("merrill2024illusion", "in the title, of state-space models, which get no further than TC⁰"),),
        section="19-what-recurrence-became",
        logic="always",
        region=(0.1, INF),
        unit="the share of answers",
        quantity="right answers less than an LSTM's, on the last ten of 40 steps",
        margin="a tenth of the answers: of who is right nearly as often nobody would say that it has no state",
        conditions=fewer("S6", DESIGN),
        panel=(
            *(Variation(one, fewer(one)) for one in OTHERS),
            Variation(f"{LONGER} updates for S6 alone", fewer("S6", updates=LONGER)),
            Variation(f"{LONGEST} updates for S6 alone", fewer("S6", LONG, updates=LONGEST)),
            Variation("three cups on steps 161 to 200", fewer("S6", DESIGN, "later")[1:]),
            Variation(
                "five cups",
                (BestOf(name="S5, S6", design=FIVE, outcome="learned", arm=FIVE.arms[0], rival=FIVE.arms[1]),),
            ),
        ),
        changes=(
            Change(
                date="2026-11-28",
                what="five cups as a variation, and parity left out of the later steps",
                why="a referee found that the paper's theorem is about five cups, and that ours decides parity there",
                part="variations",
            ),
            Change(
                date="2026-11-29",
                what=f"{LONGEST} updates for S6 alone as a variation",
                why="the other trials of the chapter have ten times the updates, and this one had four",
                part="variations",
            ),
        ),
    ),
)
