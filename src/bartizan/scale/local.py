"""Worker processes on this machine, one batch at a time each, replaced when they end.

They start from a fork server: a small process with one thread, so no lock of this process is copied in a locked
state and no secret of its memory reaches the code that reads hostile files; and quicker than `spawn`.
"""

import os
import pickle
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from selectors import EVENT_READ, DefaultSelector
from typing import Any

from bartizan.scale.errors import ScaleError
from bartizan.scale.outcome import Failure
from bartizan.scale.pool import DIED, Job, Reply, lost, unpack
from bartizan.scale.worker import READY, serve

END_SECONDS = 5.0


class LocalPool:
    """Worker processes, started as batches ask for them."""

    batch_seconds = 0.02
    max_batch = 512

    def __init__(self, fn: bytes, seed: int, workers: int, seconds: float | None) -> None:
        self.workers = workers
        self._fn, self._seed, self._seconds = fn, seed, seconds
        self._selector = DefaultSelector()
        self._crew: list[_Worker] = []
        self._context = get_context("forkserver")
        # Without this the server imports the main program, which may start threads; each worker does that itself.
        self._context.set_forkserver_preload([serve.__module__])

    def room(self) -> bool:
        return len(self._crew) < self.workers or any(not worker.jobs for worker in self._crew)

    def send(self, jobs: Sequence[Job]) -> None:
        idle = next((worker for worker in self._crew if not worker.jobs), None) or self._start()
        idle.jobs = list(jobs)
        if idle.ready:
            idle.hand_over()

    def replies(self, seconds: float) -> list[Reply]:
        found = self._read(self._seconds_to_wait(seconds))
        if self._seconds is not None:
            found += [self._overtime(worker) for worker in list(self._crew) if self._late(worker) >= 0]
        return found

    def close(self) -> None:
        for worker in list(self._crew):
            self._end(worker)
        self._selector.close()

    def _start(self) -> "_Worker":
        mine, theirs = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(theirs, self._fn, self._seed, self._seconds is not None), daemon=True
        )
        process.start()
        theirs.close()
        worker = _Worker(process, mine)
        self._crew.append(worker)
        self._selector.register(mine, EVENT_READ, worker)
        return worker

    def _read(self, seconds: float) -> list[Reply]:
        found = []
        for key, _ in self._selector.select(seconds):
            worker: _Worker = key.data
            try:
                data = worker.pipe.recv_bytes()
            except (EOFError, OSError):
                found.append(self._died(worker))
                continue
            if worker.ready:
                found.append(worker.took(data))
            elif data == READY:
                worker.ready = True
                worker.hand_over()
            else:
                raise ScaleError(f"a worker cannot import the function: {data.decode()}")
        return found

    def _died(self, worker: "_Worker") -> Reply:
        code = self._end(worker)
        if not worker.ready:
            raise ScaleError(
                f"a worker process ended before it could begin (exit code {code})",
                todo="A script that calls this needs `if __name__ == '__main__':` around its work",
            )
        if not worker.jobs:
            return Reply()
        failure = Failure("died", "", DIED, trace=f"exit code {code}")
        return lost(worker.jobs, failure, first_is_to_blame=self._seconds is not None)

    def _overtime(self, worker: "_Worker") -> Reply:
        self._end(worker)
        failure = Failure("overtime", "", f"more than {self._seconds:g} seconds")
        return lost(worker.jobs, failure, first_is_to_blame=True)

    def _late(self, worker: "_Worker") -> float:
        """By how many seconds the worker's item is over its time; below zero while it is not."""
        if self._seconds is None or not (worker.ready and worker.jobs):
            return float("-inf")
        return time.monotonic() - worker.since - self._seconds

    def _seconds_to_wait(self, seconds: float) -> float:
        if self._seconds is None or not self._crew:
            return seconds
        return max(0.0, min(seconds, -max(self._late(worker) for worker in self._crew)))

    def _end(self, worker: "_Worker") -> int | None:
        """End the worker and what it started; its exit code."""
        self._crew.remove(worker)
        self._selector.unregister(worker.pipe)
        worker.pipe.close()
        pid = worker.process.pid
        if pid is not None and worker.process.is_alive():
            # Before a worker has made its own group there is no such group, and only itself to end.
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            worker.process.kill()
        worker.process.join(END_SECONDS)
        return worker.process.exitcode


class _Worker:
    """One process, its pipe, and the jobs that it has not answered."""

    def __init__(self, process: BaseProcess, pipe: "Connection[Any, Any]") -> None:
        self.process, self.pipe = process, pipe
        self.ready = False
        self.jobs: list[Job] = []
        self.since = 0.0
        """When it last gave or got something, so when its present item began at the earliest."""

    def hand_over(self) -> None:
        """Send the jobs to the worker, which waits for them; so neither blocks the other."""
        if self.jobs:
            self.since = time.monotonic()
            plain = [(job.nth, job.item) for job in self.jobs]
            with suppress(OSError):  # it ended just now, which the next read tells
                self.pipe.send_bytes(pickle.dumps(plain, pickle.HIGHEST_PROTOCOL))

    def took(self, data: bytes) -> Reply:
        packed, seconds = pickle.loads(data)  # noqa: S301 - written by our own worker
        self.since = time.monotonic()
        del self.jobs[: len(packed)]
        return Reply(unpack(packed), seconds)
