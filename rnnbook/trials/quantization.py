"""On trial: "eight bits a weight are enough"; "four bits a weight are
enough".

A network is trained as "float64" in rnnbook.trials.recipes, on characters,
vowels and power demand, thirty runs each. Then its matrices are rounded to
integers of 8, 6, 5, 4, 3 and 2 bits with one scale a column
(rnnbook.interop.quantization); biases stay. The quantity is the loss on what was not
seen, in per cent above that of the network as it was trained.

Effects, in per cent of the loss: one, less what is lost with eight bits, or
with four, for each task. Confirmed if all three are above zero, refuted if
all are below. Above or below: the whole interval, 95 % for the three
together.

Fairness
    The learning rate of each task is that of "float64". All widths are tried
    on the same trained network.
"""

from rnnbook import sweep
from rnnbook.interop.quantization import quantize
from rnnbook.trials import FOLDER, Slice, recipes, results, rows_where
from rnnbook.trials.before import OldClaim as Claim
from rnnbook.trials.before import paired, rate_of

BITS = (8, 6, 5, 4, 3, 2)


def run(rng, task, fold, compiled=True):
    """Train a network, and measure it with its weights as they are and rounded."""
    rate = rate_of("recipes", task=task, recipe="float64")
    network, _, reported = recipes.trained(rng, task, "float64", fold, rate, compiled)
    kept = {name: p.copy() for name, p in network.params.items()}
    outcome = {"loss": round(reported(network), 6)}
    for bits in BITS:
        for name, p in network.params.items():
            if p.ndim == 2:
                whole, scale = quantize(kept[name], bits)
                p[...] = whole * scale
        outcome[f"loss_{bits}"] = round(reported(network), 6)
    return outcome


def lost(task, bits):
    """By how many per cent of the mean loss each fold's loss rises."""
    rows = rows_where(results("quantization"), task=task)
    return 100 * (rows[f"loss_{bits}"] - rows["loss"]) / rows["loss"].mean()


def effects(bits):
    """One per cent, less what is lost."""
    return [
        paired(task, -lost(task, bits), recipes.OVERLAP[task], n_comparisons=3, shift=1) for task in recipes.UPDATES
    ]


def claim(words, bits):
    """One of the two claims."""
    return Claim(
        words=words,
        said_by=(),
        section="17-elsewhere",
        tasks="characters, vowels, power demand",
        quantity=f"1 per cent of the loss, less what is lost with {bits} bits",
        tables=("quantization",),
        need=3,
        effects=lambda: effects(bits),
    )


PLACE = 17, 1
CLAIMS = (claim("Eight bits a weight are enough", 8), claim("Four bits a weight are enough", 4))
SLICES = (Slice(run, "quantization", {"task": "power"}),)


def make():
    """The table."""
    sweep(
        run,
        {"task": list(recipes.UPDATES), "fold": list(range(recipes.FOLDS))},
        [0],
        table=FOLDER / "quantization.csv",
    )


if __name__ == "__main__":
    make()
