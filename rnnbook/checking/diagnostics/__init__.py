"""What a cell does to a gradient: Jacobians, norms by lag, spectra, gate activity.

All of it comes from `step_back` alone, applied to many gradients at once along a leading axis, so it works for any
`Cell`, a student's own included. Call the cell first; the diagnostics read the tape of that call.

A Jacobian here is written ``J[..., i, j] = ∂ state_t[i] / ∂ state_k[j]``, where the state
of a cell with several parts is their concatenation, S numbers (H for each state of an LSTM).
"""

from rnnbook.checking.diagnostics.gates import gate_statistics
from rnnbook.checking.diagnostics.jacobians import (
    gradient_norms,
    initial_gradient_norms,
    lag_jacobians,
    lyapunov_exponents,
    singular_values,
    step_jacobians,
)
from rnnbook.checking.diagnostics.paths import path_jacobians, path_shares

__all__ = ["gate_statistics", "gradient_norms", "initial_gradient_norms", "lag_jacobians", "lyapunov_exponents"]
__all__ += ["path_jacobians", "path_shares", "singular_values", "step_jacobians"]
