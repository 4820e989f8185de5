"""How open the gates are."""

from rnnbook.diagnostics.jacobians import require_call


def gate_statistics(cell, low=0.1, high=0.9):
    """How open the gates were during the last call.

    Parameters
    ----------
    cell : Cell
        After ``cell(x)``; its `saves` must name the gates.
    low, high : float, default 0.1 and 0.9
        Below `low` a gate counts as closed, above `high` as open.

    Returns
    -------
    dict of str to dict
        For each gate: ``mean``, ``std``, ``closed`` and ``open`` (fractions of all steps,
        sequences and units).

    Raises
    ------
    RuntimeError
        Before the first call.
    ValueError
        When the cell saves none of its gates by name.

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
    found = {name: a for name, a in zip(cell.saves, cell.tape, strict=False) if name in cell.gates}
    if not found:
        raise ValueError(f"{type(cell).__name__}.saves must name the gates {cell.gates}, got {cell.saves}")
    return {
        gate: {
            "mean": float(a.mean()),
            "std": float(a.std()),
            "closed": float((a < low).mean()),
            "open": float((a > high).mean()),
        }
        for gate, a in found.items()
    }
