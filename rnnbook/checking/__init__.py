"""Is a gradient right, and what does a cell do to it: numerical derivatives, and diagnostics."""

from rnnbook.checking import diagnostics
from rnnbook.checking.contract import Contract, check_cell
from rnnbook.checking.gradients import Check, Report, central_difference, check_gradients, complex_step

__all__ = ["Check", "Contract", "Report", "central_difference", "check_cell", "check_gradients", "complex_step"]
__all__ += ["diagnostics"]
