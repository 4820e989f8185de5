"""Every picture that chapters share."""

from rnnbook.plots.diagram import cell_diagram, gate_box
from rnnbook.plots.memory import coloured_text, gates_over_time, gradient_by_lag, runs
from rnnbook.plots.style import CELL_STYLES, COLOURS, INK, RAMP, label_lines, new_figure, use_style
from rnnbook.plots.table import Table

__all__ = [
    "CELL_STYLES",
    "COLOURS",
    "INK",
    "RAMP",
    "Table",
    "cell_diagram",
    "coloured_text",
    "gate_box",
    "gates_over_time",
    "gradient_by_lag",
    "label_lines",
    "new_figure",
    "runs",
    "use_style",
]
