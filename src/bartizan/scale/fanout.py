"""`fanout`: one function over many items, here, in worker processes or on a Ray cluster, with the same outcomes."""

import pickle
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence, Sized
from contextlib import closing
from threading import Event
from typing import Any, TypeAlias

from bartizan.kernel import UsageError
from bartizan.scale.errors import Cancelled
from bartizan.scale.outcome import I, Outcome, V, Work, attempt, raised
from bartizan.scale.pool import Job, Pool, Spot

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with how many items are done, and of how many if that is known."""

# While the caller works on outcomes, and while all workers are busy, look up this often.
LOOK_SECONDS = 0.05
PUMP_SECONDS = 0.005

MAX_BATCH_BYTES = 1 << 20
MIN_WINDOW_PER_WORKER = 16
BATCHES_PER_WORKER = 4
MAX_GROWTH = 8


def fanout(
    fn: Work[I, V],
    items: Iterable[I],
    *,
    on: str = "local",
    seed: int = 0,
    seconds: float | None = None,
    window: int | None = None,
    progress: Progress | None = None,
    cancel: Event | None = None,
) -> Generator[Outcome[V], None, None]:
    """The outcome of `fn(item, seed of the item)` for each item, in the order of the items.

    `on` is `local` (in this process), `local:N` (N worker processes), `ray:auto`, `ray:HOST:PORT` or
    `ray://HOST:PORT`. `seconds` is the most that one item may take in a worker. `window` is the most items
    that are pulled and not yet yielded. Close the generator, or set `cancel`, to end the workers at once.
    """
    spot = Spot.parse(on)
    if seconds is not None and (spot.kind == "here" or seconds <= 0):
        raise UsageError("a time for each item needs worker processes and is above 0", todo="Use on='local:N'")
    if window is not None and window < 1:
        raise UsageError(f"a window of {window} items lets nothing run")
    total = len(items) if isinstance(items, Sized) else None
    tell = _teller(total, progress)
    if spot.kind == "here":
        return _here(fn, items, seed, tell, cancel)
    packed = _pickled(fn)
    return _away(lambda: _open(spot, packed, seed, seconds, total), items, window, tell, cancel)


def _teller(total: int | None, progress: Progress | None) -> Callable[[int], None]:
    return (lambda done: progress(done, total)) if progress else (lambda done: None)


def _here(
    fn: Work[I, V], items: Iterable[I], seed: int, tell: Callable[[int], None], cancel: Event | None
) -> Generator[Outcome[V], None, None]:
    for index, item in enumerate(items):
        _check(cancel, index)
        outcome = attempt(fn, index, item, seed)
        tell(index + 1)
        yield outcome


def _away(
    open_pool: Callable[[], Pool],
    items: Iterable[Any],
    window: int | None,
    tell: Callable[[int], None],
    cancel: Event | None,
) -> Generator[Outcome[Any], None, None]:
    with closing(open_pool()) as pool:
        run = _Run(pool, items, window, tell)
        while not run.over:
            _check(cancel, run.yielded)
            run.pump(LOOK_SECONDS)
            for outcome in run.take():
                yield outcome
                run.pump_if_due()
                _check(cancel, run.yielded)


def _check(cancel: Event | None, yielded: int) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled(f"cancelled after {yielded:,} items")


def _pickled(fn: Work[Any, Any]) -> bytes:
    try:
        return pickle.dumps(fn, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # pickling calls whatever the function carries
        raise UsageError(
            f"the function cannot be sent to a worker: {raised(error)}", todo="Define it at the top of a module"
        ) from None


def _open(spot: Spot, fn: bytes, seed: int, seconds: float | None, total: int | None) -> Pool:
    if spot.kind == "ray":
        from bartizan.scale.on_ray import RayPool

        return RayPool(fn, seed, seconds, spot.address, total)
    from bartizan.scale.local import LocalPool

    return LocalPool(fn, seed, spot.workers, seconds)


class _Run:
    """One run over the workers of a pool: what is pulled, what is away, and what waits for its turn."""

    def __init__(self, pool: Pool, items: Iterable[Any], window: int | None, tell: Callable[[int], None]) -> None:
        self._pool, self._window, self._tell = pool, window, tell
        self._source: Iterator[Any] = iter(items)
        self._drained = False
        self._again: deque[Sequence[Job]] = deque()
        self._waiting: dict[int, Outcome[Any]] = {}
        self._batch = 1
        self._pulled = 0
        self._done = 0
        self.yielded = 0
        self._pumped = 0.0

    @property
    def over(self) -> bool:
        return self._drained and self.yielded == self._pulled

    def pump(self, seconds: float) -> None:
        """Keep the workers busy and collect what they made; waits only if nothing can be yielded."""
        self._feed()
        if not self.over:
            for reply in self._pool.replies(0.0 if self.yielded in self._waiting else seconds):
                self._again.extend(reply.again)
                self._keep(reply.outcomes)
                if reply.seconds:
                    self._pace(len(reply.outcomes), reply.seconds)
            self._feed()  # before the caller gets to work on what came back
        self._pumped = time.monotonic()

    def pump_if_due(self) -> None:
        """While the caller takes its time over the outcomes, the workers must not wait for it."""
        if time.monotonic() - self._pumped >= PUMP_SECONDS:
            self.pump(0.0)

    def take(self) -> Iterator[Outcome[Any]]:
        """The outcomes whose turn it is."""
        while (outcome := self._waiting.pop(self.yielded, None)) is not None:
            self.yielded += 1
            yield outcome

    def _feed(self) -> None:
        while self._pool.room() and (jobs := self._next_jobs()):
            self._pool.send(jobs)

    def _next_jobs(self) -> Sequence[Job]:
        if self._again:
            return self._again.popleft()
        limit = self._window or self._pool.workers * max(MIN_WINDOW_PER_WORKER, BATCHES_PER_WORKER * self._batch)
        # A narrow window is shared out, or the first worker would get all of it.
        size = min(self._batch, -(-limit // (2 * self._pool.workers)))
        jobs: list[Job] = []
        held_bytes = 0
        while len(jobs) < size and held_bytes < MAX_BATCH_BYTES and self._pulled - self.yielded < limit:
            try:
                item = next(self._source)
            except StopIteration:
                self._drained = True
                break
            index = self._pulled
            self._pulled += 1
            try:
                jobs.append(Job(index, pickle.dumps(item, pickle.HIGHEST_PROTOCOL)))
            except Exception as error:
                self._keep([Outcome(index, error=raised(error, "the item cannot be sent to a worker: "))])
            else:
                held_bytes += len(jobs[-1].item)
        return jobs

    def _keep(self, outcomes: Iterable[Outcome[Any]]) -> None:
        before = self._done
        for outcome in outcomes:
            self._waiting[outcome.index] = outcome
            self._done += 1
        if self._done > before:
            self._tell(self._done)

    def _pace(self, count: int, seconds: float) -> None:
        """Make batches so large that each is worth its way, and grow them step by step."""
        wanted = int(self._pool.batch_seconds * count / max(seconds, 1e-9))
        self._batch = max(1, min(wanted, self._batch * MAX_GROWTH, self._pool.max_batch))
