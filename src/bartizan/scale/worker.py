"""What runs in a worker: batches of pickled items in, pickled outcomes out."""

import os
import pickle
import signal
import time
from collections.abc import Iterator
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import Any, TypeAlias

from bartizan.scale.outcome import Outcome, Work, attempt, raised

# Outcomes that are made faster than this travel together.
FLUSH_SECONDS = 0.005

READY = b"ready"

Jobs: TypeAlias = list[tuple[int, bytes]]
"""Index and pickled item of each."""

Packed: TypeAlias = list[tuple[int, bytes]]
"""Index of each, and its value and failure pickled."""


def serve(pipe: "Connection[bytes, bytes]", fn: bytes, seed: int, at_once: bool) -> None:
    """Run batches from the pipe until it closes. `at_once`: send each outcome before the next item begins."""
    os.setpgid(0, 0)  # what an item starts can be ended together with its worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends its workers
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        work = _load(fn)
    except Exception as error:
        pipe.send_bytes(str(raised(error)).encode())
        return
    pipe.send_bytes(READY)
    while True:
        try:
            jobs: Jobs = pickle.loads(pipe.recv_bytes())  # noqa: S301 - written by our parent
        except (EOFError, OSError):
            return
        _serve_batch(pipe, work, seed, jobs, 0.0 if at_once else FLUSH_SECONDS)


def pack(outcome: Outcome[Any]) -> tuple[int, bytes]:
    """The outcome on its way back, by its index; a value that cannot travel is that item's failure."""
    try:
        return outcome.index, pickle.dumps((outcome.value, outcome.error), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        failure = raised(error, "the value cannot be sent back: ")
        return outcome.index, pickle.dumps((None, failure), pickle.HIGHEST_PROTOCOL)


def _serve_batch(
    pipe: "Connection[bytes, bytes]", work: Work[Any, Any], seed: int, jobs: Jobs, flush_seconds: float
) -> None:
    packed: Packed = []
    began = time.monotonic()
    for outcome in _outcomes(work, seed, jobs):
        packed.append(pack(outcome))
        now = time.monotonic()
        if now - began >= flush_seconds or outcome.index == jobs[-1][0]:
            pipe.send_bytes(pickle.dumps((packed, now - began), pickle.HIGHEST_PROTOCOL))
            packed, began = [], now


def _load(fn: bytes) -> Work[Any, Any]:
    work: Work[Any, Any] = pickle.loads(fn)  # noqa: S301 - written by whoever started the run
    return work


def _outcomes(work: Work[Any, Any], seed: int, jobs: Jobs) -> Iterator[Outcome[Any]]:
    for index, data in jobs:
        try:
            item = pickle.loads(data)  # noqa: S301 - written by our parent
        except Exception as error:
            yield Outcome(index, error=raised(error, "the item cannot be read by a worker: "))
        else:
            yield attempt(work, index, item, seed)


def _end_with_parent() -> None:
    """A worker that hangs in an item would never see its pipe close."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.killpg(0, signal.SIGKILL)
