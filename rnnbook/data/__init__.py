"""Real data, out of packages that readers have."""

from rnnbook.data.digits import digits

__all__ = ["digits"]
