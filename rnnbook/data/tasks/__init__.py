"""Memory tasks: what to remember, for how long. Each returns a `Batch`, drawn from `rng`."""

from rnnbook.data.tasks.adding import adding
from rnnbook.data.tasks.copy import copy
from rnnbook.data.tasks.counting import counting
from rnnbook.data.tasks.dyck import dyck
from rnnbook.data.tasks.latch import latch
from rnnbook.data.tasks.order import temporal_order
from rnnbook.data.tasks.timing import spike_delays

__all__ = ["adding", "copy", "counting", "dyck", "latch", "spike_delays", "temporal_order"]
