"""What the archive and the queries see of a ledger: every segment, whether it may grow, and how far it is durable."""

from pathlib import Path

import msgspec

from bartizan.ledger.errors import LedgerTampered
from bartizan.ledger.files import open_plain
from bartizan.ledger.segment import MAX_COMMIT_BYTES, Segment, parse_head, segment_name, segments, slots

HEAD_START = b'{"head":'
STEP_BYTES = 1 << 16


class Filed(msgspec.Struct, frozen=True, order=True):
    """A segment, and where it stands."""

    slot: int
    segment: Segment
    open: bool
    """True for the last one of a slot, which may still grow."""

    @property
    def first(self) -> int:
        return self.segment.first

    @property
    def path(self) -> Path:
        return self.segment.path

    @property
    def packed_path(self) -> Path:
        """Its name once it is packed."""
        return self.path.with_name(f"{segment_name(self.first)}.zst")

    @property
    def key(self) -> tuple[int, int]:
        return self.slot, self.first


def filed(folder: Path) -> list[Filed]:
    """All segments, slot by slot in the order of their records."""
    return [each for slot in slots(folder) for each in filed_in(folder, slot)]


def filed_in(folder: Path, slot: int) -> list[Filed]:
    """The segments of one slot in order."""
    found = segments(folder / str(slot))
    return [Filed(slot, each, each is found[-1] and not each.packed) for each in found]


def durable_bytes(segment: Segment, start: int = 0) -> tuple[int, int | None]:
    """How many bytes of a plain segment are acknowledged, and the slot's size by its last head line.

    Nothing before `start` is looked at; without a head line after it, the answer is (`start`, None).
    """
    with open_plain(segment.path) as file:
        end = file.seek(0, 2)
        tail = b""
        while end > start:
            if len(tail) > MAX_COMMIT_BYTES:
                raise LedgerTampered(f"no head line within {MAX_COMMIT_BYTES:,} bytes", where=segment.path)
            step = min(max(STEP_BYTES, len(tail)), end - start)
            end -= step
            file.seek(end)
            tail = file.read(step) + tail
            if found := _last_head(tail, at_line_start=end == start):
                at, stop = found
                return end + stop, parse_head(tail[at : stop - 1], segment).size
    return start, None


def _last_head(tail: bytes, *, at_line_start: bool) -> tuple[int, int] | None:
    """Where the last whole head line in these bytes begins and ends."""
    stop = tail.rfind(b"\n") + 1
    while stop:
        at = tail.rfind(b"\n", 0, stop - 1) + 1
        if at == 0 and not at_line_start:
            return None
        if tail.startswith(HEAD_START, at):
            return at, stop
        stop = at
    return None
