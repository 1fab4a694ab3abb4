"""What files the folder of a ledger holds: its slots, their segments, and how far each is durable."""

import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bartizan.ledger.errors import LedgerTampered

PLAIN, PACKED, GONE = ".jsonl", ".jsonl.zst", ".gone"
SLOT = re.compile(r"(?:0|[1-9][0-9]{0,5})\Z")
SEGMENT = re.compile(r"([0-9]{20})(\.jsonl|\.jsonl\.zst|\.gone)\Z")
HEAD_START = b'{"head":'
STEP_BYTES = 1 << 16
MAX_LINE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One segment of a slot, in the form that it has now."""

    slot: int
    first: int
    """The index of its first leaf."""
    path: Path
    open: bool
    """True for the last one of a slot, which may still grow."""

    @property
    def packed(self) -> bool:
        return self.path.name.endswith(PACKED)

    @property
    def gone(self) -> bool:
        return self.path.name.endswith(GONE)

    def beside(self, suffix: str) -> Path:
        """The name of this segment in another form."""
        return self.path.with_name(f"{self.first:020d}{suffix}")


class _Size(msgspec.Struct, frozen=True):
    size: int


class _HeadLine(msgspec.Struct, frozen=True):
    head: _Size


_head_line = msgspec.json.Decoder(_HeadLine)


def slots(folder: Path) -> list[int]:
    """The slots that the ledger has, whether or not a process holds them."""
    return sorted(int(path.name) for path in folder.glob("[0-9]*") if SLOT.match(path.name) and path.is_dir())


def segments(folder: Path) -> list[Segment]:
    """All segments, slot by slot in the order of their leaves; of two forms of one, the better kept."""
    return [segment for slot in slots(folder) for segment in slot_segments(folder, slot)]


def slot_segments(folder: Path, slot: int) -> list[Segment]:
    """The segments of one slot. The plain form counts while it is there: it goes only when the packed one is sound."""
    forms: dict[int, dict[str, Path]] = {}
    for path in (folder / str(slot)).iterdir():
        if match := SEGMENT.match(path.name):
            forms.setdefault(int(match[1]), {})[match[2]] = path
    last = max(forms, default=None)
    return [_best(slot, first, found, first == last) for first, found in sorted(forms.items())]


def durable_bytes(path: Path, start: int = 0) -> tuple[int, int | None]:
    """How many bytes of a plain segment are acknowledged, and the size that its last head line gives.

    Nothing before `start` is looked at; without a head line after it, the answer is (`start`, None).
    """
    with path.open("rb") as file:
        end = file.seek(0, 2)
        tail = b""
        while end > start:
            if len(tail) > MAX_LINE_BYTES:
                raise LedgerTampered("a line is longer than any record", where=path)
            step = min(max(STEP_BYTES, len(tail)), end - start)
            end -= step
            file.seek(end)
            tail = file.read(step) + tail
            if found := _last_head(tail, at_line_start=end == start):
                at, stop = found
                return end + stop, _size_of(tail[at:stop], path)
    return start, None


def _best(slot: int, first: int, forms: dict[str, Path], last: bool) -> Segment:
    suffix = next(suffix for suffix in (PLAIN, PACKED, GONE) if suffix in forms)
    return Segment(slot, first, forms[suffix], open=last and suffix == PLAIN)


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


def _size_of(line: bytes, path: Path) -> int:
    try:
        return _head_line.decode(line).head.size
    except msgspec.MsgspecError:
        raise LedgerTampered("a head line cannot be read", where=path) from None
