"""On trial: the size of a network where there is little text.

LSTMs read the first 100,000 characters of the training plays, about one comedy, ten times through; the
quantity is bits per character on the test plays, with the parameters that did best on 20,000 characters
of the validation plays (early stopping). Beside them stand the same networks without early stopping,
and what is said to help: at 128 units dropout before the readout, and at 64 a readout that is tied to
the embedding, which then has 64 numbers a character instead of 16 ("wide": the same, not tied).

The runs are older than the claim as it stands here: sixteen learning rates for each network, drawn
log-uniformly from 0.002 to 0.05, judged on the validation plays after 3 times through the text; the
middle of the best quarter of the range is used for 30 other seeds.
"""

from functools import partial

import numpy as np

from rnnbook import Monitor, text
from rnnbook.trials import INF, Claim, Said, Slice, Variation, characters, training
from rnnbook.trials.before import Before, Old, tune_and_run

LENGTH, STREAMS, STEPS, TIMES, RANGE = 100_000, 20, 50, 10, (2e-3, 5e-2)
ONCE = LENGTH // (STREAMS * STEPS)  # updates for all of the text
NETWORKS: dict[str, dict] = {
    "16 units": {"units": 16},
    "32 units": {"units": 32},
    "64 units": {"units": 64},
    "128 units": {"units": 128},
    "64 units wide": {"units": 64, "embedded": 64},
    "64 units tied": {"units": 64, "embedded": 64, "tied": True},
    "128 units dropout": {"units": 128, "dropout": 0.3},
}


def whole(part, length):
    """The beginning of a part, as one batch of 50 streams."""
    ids = training.plays(part)[: length + 1]
    return text.windows(ids, 50, length // 50)()


def run(rng, network, learning_rate, times=TIMES, compiled=True):
    """Train with early stopping; bits on validation and test plays, and on the test plays without stopping."""
    model = characters.build(rng, **NETWORKS[network])
    unseen, test = whole("validation", 20_000), training.plays("test")[:100_000]
    final = {}

    def remember(history):
        if len(history.loss) == ONCE * times:
            final["bits"] = float(text.surprisal(model, test).mean())

    try:
        history = characters.train(
            model,
            text.windows(training.plays("train")[: LENGTH + 1], STREAMS, STEPS),
            learning_rate,
            ONCE * times,
            compiled,
            rng=rng if model.dropout else None,
            monitor=Monitor(validation=unseen, eval_every=ONCE, until=remember),
        )
    except FloatingPointError:
        return {"validation": 6.0, "bits": 6.0, "unstopped": 6.0, "updates": 0}
    return {
        "validation": round(min(value for _, value in history.validation) / np.log(2), 5),
        "bits": round(float(text.surprisal(model, test).mean()), 5),
        "unstopped": round(final["bits"], 5),
        "updates": history.best_step,
    }


def saved(doublings=((16, 32), (32, 64), (64, 128)), outcome="bits", more=""):
    """The bits per character that each doubling of the units saves; `more` names what the larger has besides."""
    tables = Old("text-size", lambda rows: rows[outcome], lambda rows: rows["validation"], RANGE, parts=4)
    return tuple(
        Before(
            f"{small} to {large} units",
            ("text-size-tuning", "text-size"),
            partial(tables.difference, {"network": f"{small} units"}, {"network": f"{large} units{more}"}),
            (-6.0, 6.0),
        )
        for small, large in doublings
    )


PLACE = 11, 4
CLAIMS = (
    Claim(
        words="Bigger is better, on this much text",
        sentence="From 16 to 128 units, an LSTM that reads 100,000 characters predicts others better if it is larger.",
        said=(Said("", "what one hears of language models, of which most read a thousand times as much and more"),),
        section="11-characters",
        logic="on average",
        region=(0.02, INF),
        unit="bits per character",
        quantity="bits saved by twice the units",
        margin="0.02 bits: half of what another seed changes",
        conditions=saved(),
        shared=True,  # the networks in the middle
        panel=(
            Variation("the last doubling alone", saved(((64, 128),))),
            Variation("no early stopping", saved(outcome="unstopped")),
            Variation("no early stopping, the last doubling alone", saved(((64, 128),), "unstopped")),
            Variation("dropout for the larger, the last doubling alone", saved(((64, 128),), more=" dropout")),
        ),
    ),
)
SLICES = (Slice(run, "text-size", {"network": "16 units"}),)


def make():
    """Both tables."""
    combinations = [{"network": network} for network in NETWORKS]
    short = partial(run, times=3)
    tune_and_run(
        run, combinations, "text-size", lambda rows: rows["validation"], RANGE, draws=16, parts=4, tuning_trial=short
    )
