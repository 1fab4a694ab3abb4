"""More than one process: `fanout` for work, `bus` for events."""

from bartizan.scale.bus import Bus, Message, Subscription, bus
from bartizan.scale.errors import Cancelled, Closed, Full, ScaleError
from bartizan.scale.fanout import fanout
from bartizan.scale.outcome import Failure, Outcome, seed_of

__all__ = [
    "Bus",
    "Cancelled",
    "Closed",
    "Failure",
    "Full",
    "Message",
    "Outcome",
    "ScaleError",
    "Subscription",
    "bus",
    "fanout",
    "seed_of",
]
