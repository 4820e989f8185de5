"""Memory tasks: what to remember, for how long. Each returns a `Batch`, drawn from `rng`."""

from rnnbook.tasks.adding import adding
from rnnbook.tasks.counting import counting
from rnnbook.tasks.latch import latch
from rnnbook.tasks.timing import spike_delays

__all__ = ["adding", "counting", "latch", "spike_delays"]
