"""Memory tasks: what to remember, for how long. Each returns a `Batch`, drawn from `rng`."""

from rnnbook.tasks.adding import adding
from rnnbook.tasks.copy import copy
from rnnbook.tasks.counting import counting
from rnnbook.tasks.dyck import dyck
from rnnbook.tasks.latch import latch
from rnnbook.tasks.order import temporal_order
from rnnbook.tasks.timing import spike_delays

__all__ = ["adding", "copy", "counting", "dyck", "latch", "spike_delays", "temporal_order"]
