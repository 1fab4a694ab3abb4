"""The guard: decides about one exchange, in-process, and says how sure it is."""

from bartizan.guard.guard import Guard
from bartizan.guard.session import Session
from bartizan.guard.stream import Stream
from bartizan.guard.verdict import Hit, Stage, Verdict

__all__ = ["Guard", "Hit", "Session", "Stage", "Stream", "Verdict"]
