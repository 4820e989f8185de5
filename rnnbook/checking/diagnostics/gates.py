"""How open the gates are."""

from rnnbook.cells import Cell
from rnnbook.checking.diagnostics.jacobians import require_call


def gate_statistics(cell: Cell, low: float = 0.1, high: float = 0.9) -> dict[str, dict[str, float]]:
    """How open the gates were during the last call.

    Parameters
    ----------
    cell : Cell
        After ``cell(x)``; its `saved` must name its `gates`. A candidate is no gate and has no statistics.
    low, high : float, default 0.1 and 0.9
        Below `low` a gate counts as closed, above `high` as open.

    Returns
    -------
    dict of str to dict
        For each gate: ``mean``, ``std``, ``closed`` and ``open`` (fractions of all steps, sequences and units).

    Raises
    ------
    RuntimeError
        Before the first call.
    ValueError
        When the cell has no gates, or saves none of them by name; when its last call had no sequence.

    Examples
    --------
    >>> import numpy as np
    >>> from rnnbook import LSTM, init
    >>> cell = LSTM(1, 4, rng=np.random.default_rng(0))
    >>> init.forget_bias(cell, 5.0)
    >>> _ = cell(np.zeros((3, 1, 1)))
    >>> gate_statistics(cell)["f"]["open"]
    1.0
    """
    require_call(cell)
    if not cell.h_prev.size:
        raise ValueError("cell must be called on at least one sequence, its last call had none")
    if not cell.gates:
        raise ValueError(f"cell must have gates, {type(cell).__name__} has none")
    found = {name: a for name, a in zip(cell.saved, cell.tape, strict=False) if name in cell.gates}
    if not found:
        raise ValueError(f"{type(cell).__name__}.saved must name the gates {cell.gates}, got {cell.saved}")
    if cell.alive is not None:  # what stands behind a sequence's end is no step of it
        found = {name: a[cell.alive[..., 0]] for name, a in found.items()}
    return {
        gate: {
            "mean": float(a.mean()),
            "std": float(a.std()),
            "closed": float((a < low).mean()),
            "open": float((a > high).mean()),
        }
        for gate, a in found.items()
    }
