"""The schedule: jobs that run at intervals, one after another, until told to stop."""

import heapq
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event as Flag

Failed = Callable[["Job", Exception], object]


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so often; the first time at once."""

    name: str
    every_seconds: float
    do: Callable[[], object]


class Schedule:
    """Runs jobs in the calling thread. A job that fails is reported and tried again at its next time."""

    def __init__(self, jobs: Iterable[Job], *, failed: Failed) -> None:
        self._jobs = list(jobs)
        self._failed = failed
        self._stop = Flag()

    def run(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Run until `stop()`; a job that took longer than its interval skips the times it missed."""
        started = clock()
        due = [(started, number) for number in range(len(self._jobs))]
        while due and not self._stop.wait(max(0.0, due[0][0] - clock())):
            at, number = due[0]
            job = self._jobs[number]
            try:
                job.do()
            except Exception as error:  # one job must not end the others
                self._failed(job, error)
            missed = int(max(0.0, clock() - at) // job.every_seconds)
            heapq.heapreplace(due, (at + (missed + 1) * job.every_seconds, number))

    def stop(self) -> None:
        """Let the running job end, and start no other; safe from any thread and from a signal handler."""
        self._stop.set()
