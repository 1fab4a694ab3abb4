"""The tail of the ledger: reads on from where it was left, and hands out what cannot be read with its reason."""

from collections.abc import Iterator, Mapping, Sequence

from bartizan.kernel import BartizanError, Record, decode
from bartizan.ledger import Ledger
from bartizan.ledger.read import Cursor
from bartizan.ledger.segment import segments, slots
from bartizan.state.log import RETIRED, Line


class Tail:
    """A ledger as the state follows it. Not thread-safe: the state reads it inside its writing transaction."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._places: dict[int, tuple[Cursor, Line]] = {}
        """For each slot that was read to its end, where that is, and the last line there."""

    def append(self, records: Sequence[Record]) -> None:
        self._ledger.append(records)

    def tail(self, start: Mapping[int, int]) -> Iterator[Line]:
        """Every acknowledged line, slot by slot and in order, from index `start[slot]` (or from the first) on."""
        for slot in slots(self._ledger.folder):
            yield from self._slot(slot, start.get(slot))

    def _slot(self, slot: int, known: int | None) -> Iterator[Line]:
        start = known or 0
        cursor, last = self._places.pop(slot, (None, None))
        if cursor is None or last is None or last.index > start:
            folder = self._ledger.folder / str(slot)
            kept = segments(folder)
            if known is not None and kept and known < kept[0].first:
                yield Line(slot, known, None, RETIRED)
            cursor, last = Cursor(folder, slot, start), None
        elif last.index == start:
            yield last
        for commit in cursor.commits():
            for index, line in enumerate(commit.lines, commit.first):
                if index >= start:
                    last = _line(slot, index, line)
                    yield last
        if last is not None:
            self._places[slot] = cursor, last


def _line(slot: int, index: int, line: bytes) -> Line:
    try:
        return Line(slot, index, decode(line))
    except BartizanError as error:
        return Line(slot, index, None, error.what)
