"""The ledger as its writers see it: appends from threads and event loops, gathered into durable commits."""

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self
from weakref import WeakSet

from bartizan.kernel import HostileInput, Record, encode
from bartizan.ledger.disk import Disk
from bartizan.ledger.errors import LedgerClosed, LedgerTampered, LedgerUnwritable
from bartizan.ledger.segment import MAX_COMMIT_RECORDS, MAX_LINE_BYTES
from bartizan.ledger.vault import Vault
from bartizan.ledger.writer import SYSTEM, USUAL, LedgerOptions, SlotWriter, own_line

BACKWARDS_S = 0.5
RETRY_S = 0.02
MAX_RETRY_S = 0.5


class Group:
    """The lines of one append, which become durable together."""

    __slots__ = ("done", "error", "future", "lines")

    def __init__(self, lines: list[bytes], future: "asyncio.Future[None] | None" = None) -> None:
        self.lines = lines
        self.future = future
        self.done = False
        self.error: Exception | None = None


class Ledger:
    """Appends to the one log. Takes a writer slot at the first append; a forked child takes one of its own."""

    def __init__(self, folder: Path, vault: Vault, options: LedgerOptions = USUAL, *, disk: Disk = SYSTEM) -> None:
        self.folder, self.vault, self.options = folder, vault, options
        self._disk = disk
        self._writer: SlotWriter | None = None
        self._closed = False
        self._begin()
        _alive.add(self)

    def append(self, records: Sequence[Record]) -> None:
        """Returns when the records are durable. Up to 1,000 at once are kept or lost together, never in part."""
        for lines in _batches(records):
            group = Group(lines)
            self._enqueue(group)
            with self._committing:
                while not group.done:
                    self._commit_next()
            if group.error:
                raise group.error

    async def append_async(self, records: Sequence[Record]) -> None:
        """The same without blocking the event loop."""
        loop = asyncio.get_running_loop()
        for lines in _batches(records):
            group = Group(lines, loop.create_future())
            self._enqueue(group)
            self._wake_after_this_turn(loop)
            assert group.future is not None  # noqa: S101 - it was made above
            await group.future

    def checkpoint(self) -> None:
        """Signs what this process has written so far."""
        with self._committing:
            self._checkpoint()

    @property
    def slot(self) -> int | None:
        """The writer slot that this process holds, if any yet."""
        return self._writer.slot if self._writer else None

    def close(self) -> None:
        """Commits what waits, signs a checkpoint and gives the slot up."""
        with self._queueing:
            if self._closed:
                return
            self._closed = True  # whoever was queued before is committed below, whoever comes after is refused
        self._stopping.set()
        with self._committing:
            while self._waiting:
                self._commit_next()
            if self._writer:
                try:
                    self._tell()
                    if self._writer.unsigned:
                        self._writer.checkpoint()
                finally:
                    self._writer.release()
                    self._writer = None
        if self._thread and self._thread is not threading.current_thread():
            self._calls.put(None)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _begin(self) -> None:
        """Starts with nothing held: at the beginning, and again in a forked child."""
        self._queueing = threading.Lock()
        self._committing = threading.Lock()
        self._stopping = threading.Event()
        self._calls: SimpleQueue[None] = SimpleQueue()
        self._calling: set[asyncio.AbstractEventLoop] = set()
        self._waiting: deque[Group] = deque()
        self._writer = None
        self._thread: threading.Thread | None = None
        self._notices: list[bytes] = []
        self._latest = self._disk.now()
        self._failing_since: float | None = None
        self._lost = 0
        self._checkpointed = time.monotonic()

    def _forked(self) -> None:
        """In a forked child: the slot, the threads and the waiting groups are the parent's."""
        if self._writer:
            self._writer.release()
        self._begin()

    def _enqueue(self, group: Group) -> None:
        with self._queueing:
            if self._closed:
                raise LedgerClosed("the ledger is closed", where=self.folder)
            self._waiting.append(group)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="ledger", daemon=True)
                self._thread.start()

    def _wake_after_this_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        """Has a commit begin when all tasks that are ready in this turn of the loop had theirs: it takes them together.

        A commit that began at once would hold one record, and all others would wait for it and for the next one.
        """
        if loop not in self._calling:
            self._calling.add(loop)
            loop.call_soon(self._wake, loop)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        self._calling.discard(loop)
        self._calls.put(None)

    def _serve(self) -> None:
        """Commits for event loops as soon as no commit runs, and signs a checkpoint now and then."""
        while not self._stopping.is_set():
            with suppress(Empty):
                self._calls.get(timeout=self.options.checkpoint_every_s)
            with self._committing:
                while self._waiting:
                    self._commit_next()
                if time.monotonic() - self._checkpointed >= self.options.checkpoint_every_s:
                    self._tell()
                    self._checkpoint()

    def _commit_next(self) -> None:
        """Commits the groups that came first, as many as fit one commit. The caller holds `_committing`."""
        groups = self._take()
        if not groups:
            return
        error: Exception | None = None
        try:
            self._commit([line for group in groups for line in group.lines])
        except Exception as failure:  # whatever it is, each waiting append must hear of it
            error = failure
        for group in groups:
            group.error, group.done = error, True
        _resolve([group for group in groups if group.future is not None])

    def _take(self) -> list[Group]:
        groups: list[Group] = []
        count = 0
        with self._queueing:
            while self._waiting and (not groups or count + len(self._waiting[0].lines) <= MAX_COMMIT_RECORDS):
                count += len(self._waiting[0].lines)
                groups.append(self._waiting.popleft())
        return groups

    def _commit(self, lines: list[bytes]) -> None:
        """Makes the lines durable, waiting for a failing disk for as long as the options say."""
        delay = RETRY_S
        while True:
            try:
                self._commit_once(lines)
                return
            except (OSError, LedgerTampered) as failure:
                if not self._patient(failure) or self._stopping.wait(delay):
                    if self.options.on_failure == "open":
                        self._lost += len(lines)
                        return
                    if isinstance(failure, LedgerTampered):
                        raise
                    raise LedgerUnwritable(
                        f"{len(lines)} records could not be written: {failure.strerror or failure}",
                        where=self.folder,
                        todo="Make room or repair the folder; appends then go on by themselves.",
                    ) from failure
                delay = min(delay * 2, MAX_RETRY_S)

    def _patient(self, failure: Exception) -> bool:
        """True while a failure may yet pass. After that each append is tried once and not waited for."""
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        return isinstance(failure, OSError) and now - self._failing_since < self.options.patience_s

    def _commit_once(self, lines: list[bytes]) -> None:
        writer = self._writer or self._take_slot()
        now = self._disk.now()
        if now < self._latest - BACKWARDS_S:
            self._notice("ledger.clock-backwards", was=_iso(self._latest), now=_iso(now))
        self._latest = now
        notices = [*self._notices, *([own_line("ledger.lost", records=self._lost)] if self._lost else [])]
        writer.commit([*notices, *lines])
        self._notices, self._lost, self._failing_since = self._notices[len(notices) :], 0, None
        if writer.due():
            self._rotate(writer)

    def _take_slot(self) -> SlotWriter:
        writer = SlotWriter.take(self.folder, self.vault, self.options, self._disk)
        if writer.cut_bytes:
            self._notice("ledger.tail-cut", slot=writer.slot, size=writer.size, bytes=writer.cut_bytes)
        self._latest = max(self._latest, writer.latest or 0.0)
        self._writer = writer
        return writer

    def _notice(self, name: str, **data: str | int) -> None:
        """Has the ledger's own event written with the next commit."""
        self._notices.append(own_line(name, **data))

    def _tell(self) -> None:
        """Writes what waits to be told, if no append came to take it along."""
        if self._notices or self._lost:
            with suppress(Exception):  # it goes on waiting
                self._commit_once([])

    def _rotate(self, writer: SlotWriter) -> None:
        with suppress(Exception):  # what was appended is durable, and the next commit finds the segment due again
            writer.rotate()
            self._checkpointed = time.monotonic()

    def _checkpoint(self) -> None:
        self._checkpointed = time.monotonic()
        try:
            if self._writer and self._writer.unsigned:
                self._writer.checkpoint()
        except Exception as failure:  # appends go on whatever it is, and the records say that they are not covered
            self._notice("ledger.checkpoint-failed", reason=str(failure))


def _batches(records: Sequence[Record]) -> Iterable[list[bytes]]:
    """The records as lines, in commits' worth; all are checked before the first is written."""
    lines = [encode(record) for record in records]
    for line, record in zip(lines, records, strict=True):
        if len(line) > MAX_LINE_BYTES:
            raise HostileInput(f"a record has {len(line):,} bytes, more than {MAX_LINE_BYTES:,}", where=record.id)
    return [lines[start : start + MAX_COMMIT_RECORDS] for start in range(0, len(lines), MAX_COMMIT_RECORDS)]


def _resolve(groups: list[Group]) -> None:
    """Tells each event loop once which of its appends are done."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Group]] = {}
    for group in groups:
        if group.future is not None:
            by_loop.setdefault(group.future.get_loop(), []).append(group)
    for loop, done in by_loop.items():
        with suppress(RuntimeError):  # the loop may be closed by now, and then nobody waits any more
            loop.call_soon_threadsafe(_settle, done)


def _settle(groups: list[Group]) -> None:
    for group in groups:
        if group.future is not None and not group.future.done():
            if group.error:
                group.future.set_exception(group.error)
            else:
                group.future.set_result(None)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


# A fork copies the locks and descriptors of every ledger, so each must be told; nothing else uses this.
_alive: "WeakSet[Ledger]" = WeakSet()


def _tell_forked() -> None:
    for ledger in list(_alive):
        ledger._forked()


os.register_at_fork(after_in_child=_tell_forked)
