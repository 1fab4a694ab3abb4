"""Reading: every acknowledged record, slot by slot, also while writers write."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from bartizan.kernel import BartizanError, HostileInput, Record, RecordTooNew, decode
from bartizan.ledger.errors import LedgerTampered
from bartizan.ledger.segment import Commit, Segment, commits_of, segments, slots

BEYOND = 1 << 62


class Position(msgspec.Struct, frozen=True, order=True):
    """Where a record stands: its slot, and its index in the slot's tree."""

    slot: int
    index: int


def read(folder: Path, *, after: Position | None = None) -> Iterator[tuple[Position, Record]]:
    """Every acknowledged record of all slots after this position, slot by slot."""
    for slot in slots(folder):
        if after is None or slot >= after.slot:
            start = after.index + 1 if after is not None and slot == after.slot else 0
            yield from Cursor(folder / str(slot), slot, start).records()


def follow(
    folder: Path, after: Mapping[int, int], *, stop: threading.Event, every_s: float = 0.2
) -> Iterator[tuple[Position, Record]]:
    """New acknowledged records as they come, until `stop` is set; `after` gives the last seen index of each slot."""
    follower = Follower(folder, after)
    while not stop.is_set():
        yield from follower.new()
        stop.wait(every_s)


def sizes(folder: Path) -> dict[int, int]:
    """How many records each slot holds now."""
    return {slot: Cursor(folder / str(slot), slot, BEYOND).end() for slot in slots(folder)}


def latest(folder: Path, count: int) -> list[tuple[Position, Record]]:
    """The latest records of all slots, in the order of their times."""
    found: list[tuple[Position, Record]] = []
    for slot, size in sizes(folder).items():
        if count:
            found += Cursor(folder / str(slot), slot, max(size - count, 0)).records()
    found.sort(key=lambda pair: (pair[1].at, pair[1].id))
    return found[max(len(found) - count, 0) :]


class Follower:
    """Remembers how far each slot was read; each `new()` continues from there."""

    def __init__(self, folder: Path, after: Mapping[int, int]) -> None:
        self._folder = folder
        self._after = dict(after)
        self._cursors: dict[int, Cursor] = {}

    def new(self) -> Iterator[tuple[Position, Record]]:
        """The records acknowledged since the last call."""
        for slot in slots(self._folder):
            if slot not in self._cursors:
                self._cursors[slot] = Cursor(self._folder / str(slot), slot, self._after.get(slot, -1) + 1)
            yield from self._cursors[slot].records()


class Cursor:
    """A place in one slot: the segment, the byte and the index to read from next."""

    def __init__(self, slot_folder: Path, slot: int, start: int = 0) -> None:
        self._slot_folder, self._slot, self._start = slot_folder, slot, start
        self.segment: Segment | None = None
        self.torn_bytes = 0
        """What followed the last head line of the segment when it was read."""
        self._offset = 0
        self._index = 0

    def records(self) -> Iterator[tuple[Position, Record]]:
        """The records from here to the durable head."""
        for commit in self.commits():
            for index, line in enumerate(commit.lines, commit.first):
                if index >= self._start:
                    yield Position(self._slot, index), _decoded(line, self.segment, index)

    def end(self) -> int:
        """Reads on to the durable head, and tells its size."""
        for _ in self.commits():
            pass
        return self._index

    def commits(self) -> Iterator[Commit]:
        """The commits from here to the durable head, segment after segment, as long as they follow each other."""
        while (segment := self.segment or self._first()) is not None:
            self.segment = segment
            yield from self._rest(segment)
            following = [found for found in segments(self._slot_folder) if found.first > segment.first]
            if not following:
                return
            yield from self._rest(segment)  # it may have grown until it was closed
            if self.torn_bytes:
                raise LedgerTampered("a closed segment goes on after its last head line", where=segment.path)
            if following[0].first != self._index:
                raise LedgerTampered(
                    f"a segment begins at record {following[0].first:,} where {self._index:,} must follow",
                    where=following[0].path,
                )
            self.segment, self._offset = following[0], 0

    def _first(self) -> Segment | None:
        """The segment that holds the first record wanted."""
        found = segments(self._slot_folder)
        before = [segment for segment in found if segment.first <= self._start]
        chosen = before[-1] if before else (found[0] if found else None)
        if chosen:
            self._index = chosen.first
        return chosen

    def _rest(self, segment: Segment) -> Iterator[Commit]:
        """The commits of the segment after those already seen. A look that fails is repeated once, for the writer may
        have taken back a commit that failed while we read it."""
        try:
            yield from self._look(segment)
        except LedgerTampered:
            yield from self._look(segment)

    def _look(self, segment: Segment) -> Iterator[Commit]:
        with segment.open() as file:
            file.seek(self._offset)
            stream = commits_of(file, segment, first=self._index, offset=self._offset)
            while True:
                try:
                    commit = next(stream)
                except StopIteration as end:
                    self.torn_bytes = end.value
                    return
                self._offset, self._index = commit.end, commit.head.size
                yield commit


def _decoded(line: bytes, segment: Segment | None, index: int) -> Record:
    try:
        return decode(line)
    except (HostileInput, RecordTooNew) as error:
        where = f"{segment.path if segment else ''}, record {index:,}"
        raise _again(error, where) from None


def _again(error: BartizanError, where: str) -> BartizanError:
    return type(error)(error.what, where=where, todo=error.todo)
