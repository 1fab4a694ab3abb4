"""Runs controls on subjects, by hand and on timers, and holds one opened installation."""

from bartizan.runner.canary import Installed, Trial, exercise
from bartizan.runner.run import Append, discard, run
from bartizan.runner.schedule import Job, Schedule

__all__ = ["Append", "Installed", "Job", "Schedule", "Trial", "discard", "exercise", "run"]
