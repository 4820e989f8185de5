"""The same cells and the same training, compiled by JAX, which is imported at the first use."""

from rnnbook.jax.compiled import Compiled, compiled

__all__ = ["Compiled", "compiled"]
