"""On trial: "counting modulo five needs rotations", in the cup game.

Five cups, and at each step they are shifted by none to four places: where is the ball? Linear recurrences learn it from
40 steps. One of them turns its numbers by an angle that the input chooses; the others have real eigenvalues. The
chapter's theorem says that those which multiply one number at a time cannot go on for ever. It does not say what can be
learned of 40 steps, nor anything of an LSTM, whose step is not linear.

Before this was written a draft's table was seen, of two to ten runs, in which a cell with complex eigenvalues was right
in nine of ten answers, an LSTM in nearly all, and cells with real eigenvalues as often as a guess; and of four of these
networks four runs each, which agreed with it.
"""

from dataclasses import replace
from functools import partial

from rnnbook import LSTM, MinGRU
from rnnbook.trials import INF, BestOf, Change, Claim, Design, Said, Variation, cups
from rnnbook.trials.later_cells import LRU, RGLRU, DeltaNet, GatedRotation

UNITS, UPDATES, LONGER = cups.UNITS, cups.UPDATES, cups.LONGER
REFLECTING = partial(DeltaNet, most=2)
NETWORKS = {  # the cells from the input upwards
    "rotation": [GatedRotation],
    "minGRU": [MinGRU],
    "RG-LRU": [RGLRU],
    "DeltaNet": [REFLECTING],
    "LSTM": [LSTM],
    "LRU": [LRU],
    "two layers of DeltaNet": [REFLECTING, REFLECTING],
}


def run(rng, network, updates, learning_rate, compiled=True):
    """Learn from 40 steps; the loss on others, and the share of right answers at the end of 40 and of 200."""
    layers = [(make, UNITS) for make in NETWORKS[network]]
    return cups.judged(cups.player(rng, "Z5", layers), rng, "Z5", updates, learning_rate, compiled)


def arms(*networks):
    """One arm for each of these networks."""
    return [{"network": one, "updates": UPDATES} for one in networks]


REAL = ("minGRU", "RG-LRU", "DeltaNet")
DESIGN = Design(
    name="rotations",
    run=run,
    arms=arms("rotation", *REAL),
    outcomes={"learned": (0.0, 1.0), "later": (0.0, 1.0)},
    settings={
        "networks": f"one layer of {UNITS} units, if nothing else is said, and a readout, in float64, as the package"
        " starts them; DeltaNet with β up to 2",
        "game": "five cups, shifted by none to four places (Z5); symbols drawn uniformly",
        **{name: cups.DESIGN.settings[name] for name in ("budget", "training", "validation")},
        "judged": "the share of right answers on the last ten of 40 steps, and on the last 40 of 200, of 200 others",
    },
    rates=cups.DESIGN.rates,
    solved=cups.DESIGN.solved,
    nothing=1.0,
)
VARIED = replace(
    DESIGN, name="rotations-varied", arms=arms("rotation", "LSTM", "LRU", "two layers of DeltaNet"), draws=24
)
LONG = DESIGN.longer(LONGER)
DESIGNS = (DESIGN, VARIED, LONG)


def more(*rivals, design=DESIGN, outcome="learned", updates=UPDATES):
    """By how much the share of right answers of the cell that rotates is higher than that of each of these."""
    return tuple(
        BestOf(
            name=one,
            design=design,
            outcome=outcome,
            arm={"network": "rotation", "updates": updates},
            rival={"network": one, "updates": updates},
        )
        for one in rivals
    )


PLACE = 19, 3
CLAIMS = (
    Claim(
        words="Counting modulo five needs rotations",
        sentence="With one layer and 40 steps to learn from, a linear recurrence that rotates gives at least a tenth"
        " more right answers on counting modulo five than minGRU, RG-LRU and DeltaNet, whose eigenvalues are real.",
        said=(Said("grazzi2025unlocking", "in the abstract, of counting modulo three: no triangular matrix can"),),
        section="19-what-recurrence-became",
        logic="always",
        region=(0.1, INF),
        unit="the share of answers",
        quantity="right answers more than a cell's with real eigenvalues, on the last ten of 40 steps",
        margin="a tenth of the answers: who needs rotations and has none should be far behind who has",
        conditions=more(*REAL),
        panel=(
            Variation("a margin of a half", region=(0.5, INF)),
            Variation("answers on steps 161 to 200", more(*REAL, outcome="later")),
            Variation(f"{LONGER} updates", more(*REAL, design=LONG, updates=LONGER)),
            Variation(
                f"answers on steps 161 to 200, {LONGER} updates",
                more(*REAL, design=LONG, outcome="later", updates=LONGER),
            ),
            Variation("an LSTM for the rival", more("LSTM", design=VARIED)),
            Variation("two layers of DeltaNet for the rival", more("two layers of DeltaNet", design=VARIED)),
            Variation("the LRU, which turns by fixed angles, for the rival", more("LRU", design=VARIED)),
        ),
        changes=(
            Change(
                date="2026-11-29",
                what=f"the later answers after {LONGER} updates as a variation",
                why=f"a referee found that after {UPDATES} they are open by a thousandth, and after more they are not",
                part="variations",
            ),
        ),
    ),
)
