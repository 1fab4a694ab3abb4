"""Runs controls on subjects, by hand and on timers, and holds one opened installation."""

from typing import TYPE_CHECKING, Any

from bartizan.runner.canary import Installed, Trial, exercise
from bartizan.runner.run import Append, discard, run
from bartizan.runner.schedule import Job, Schedule
from bartizan.runner.settings import Settings

if TYPE_CHECKING:
    from bartizan.runner.keep import Keep

__all__ = ["Append", "Installed", "Job", "Keep", "Schedule", "Settings", "Trial", "discard", "exercise", "run"]


def __getattr__(name: str) -> Any:
    """The keep, imported when it is asked for: it brings the ledger, the state and the policy along."""
    if name == "Keep":
        from bartizan.runner.keep import Keep

        return Keep
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
