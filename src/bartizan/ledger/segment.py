"""Segments on disk: their names, their lines, and the commits that can be read back from them."""

import re
from base64 import b64encode
from collections.abc import Generator, Iterator
from io import BufferedIOBase
from pathlib import Path

import msgspec

from bartizan.ledger.errors import LedgerTampered, NoteError
from bartizan.ledger.files import open_plain
from bartizan.ledger.merkle import Hash
from bartizan.ledger.note import parse_root

MAX_LINE_BYTES = 1 << 20
MAX_COMMIT_RECORDS = 1000
MAX_COMMIT_BYTES = (MAX_COMMIT_RECORDS + 8) * (MAX_LINE_BYTES + 1)
CHUNK_BYTES = 1 << 20
HEAD_MARK = b'\n{"head":{'
SEGMENT = re.compile(r"([0-9]{20})\.jsonl(\.zst)?\Z")
SLOT = re.compile(r"(0|[1-9][0-9]{0,3})\Z")


class HeadLine(msgspec.Struct, frozen=True):
    """What closes a commit: the slot's leaves so far, their root, and the writer's seal over both."""

    size: int
    root: Hash
    seal: str = ""

    def line(self) -> bytes:
        seal = f',"seal":"{self.seal}"' if self.seal else ""
        return f'{{"head":{{"size":{self.size},"root":"{b64encode(self.root).decode()}"{seal}}}}}'.encode()


class Commit(msgspec.Struct, frozen=True):
    """The lines that became durable together."""

    first: int
    """The index of the first line within the slot."""
    lines: list[bytes]
    head: HeadLine
    closing: bytes
    """The head line as it was written."""
    end: int
    """Where the commit ends in the segment's uncompressed bytes."""


class Segment(msgspec.Struct, frozen=True, order=True):
    """A file of records: JSON lines, or the same compressed once it is closed."""

    first: int
    path: Path

    @property
    def packed(self) -> bool:
        return self.path.suffix == ".zst"

    def open(self) -> BufferedIOBase:
        """The segment's bytes, whichever form it has by now."""
        try:
            file = open_plain(self.path)
        except FileNotFoundError:  # it was compressed since it was listed
            path = self.path.with_name(segment_name(self.first) + ".zst")
            return _unpacked(path)
        if not self.packed:
            return file
        file.close()
        return _unpacked(self.path)


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    size: int
    root: str
    seal: str = ""


class _HeadLine(msgspec.Struct, forbid_unknown_fields=True):
    head: _Head


_heads = msgspec.json.Decoder(_HeadLine)


def segment_name(first: int) -> str:
    return f"{first:020d}.jsonl"


def slots(folder: Path) -> list[int]:
    """The writer slots in a ledger's folder."""
    if not folder.is_dir():
        return []
    return sorted(
        int(path.name) for path in folder.iterdir() if SLOT.match(path.name) and path.is_dir() and not path.is_symlink()
    )


def segments(slot_folder: Path) -> list[Segment]:
    """The segments of a slot in order; one that has both forms is listed once, as plain lines."""
    found: dict[int, Segment] = {}
    for path in slot_folder.iterdir() if slot_folder.is_dir() else ():
        match = SEGMENT.match(path.name)
        if match and path.is_file() and not path.is_symlink() and not (match[2] and int(match[1]) in found):
            found[int(match[1])] = Segment(int(match[1]), path)
    return [found[first] for first in sorted(found)]


def commits(segment: Segment) -> Iterator[Commit]:
    """The commits of a segment up to its last head line; what follows that was never acknowledged."""
    with segment.open() as file:
        yield from commits_of(file, segment)


def commits_of(
    file: BufferedIOBase, segment: Segment, *, first: int | None = None, offset: int = 0
) -> Generator[Commit, None, int]:
    """The commits from `offset` on, whose first line has the index `first`; returns how many bytes were left over."""
    index = segment.first if first is None else first
    buffer, searched = b"", 0
    while chunk := file.read(CHUNK_BYTES):
        buffer += chunk
        start = 0
        while (mark := buffer.find(HEAD_MARK, max(searched, start))) >= 0:
            end = buffer.find(b"\n", mark + 1)
            if end < 0:
                break
            lines = buffer[start:mark].split(b"\n")
            closing = buffer[mark + 1 : end]
            head = parse_head(closing, segment)
            if head.size != index + len(lines):
                raise LedgerTampered(
                    f"a head line says {head.size:,} records where there are {index + len(lines):,}", where=segment.path
                )
            offset += end + 1 - start
            yield Commit(index, lines, head, closing, offset)
            index, start = head.size, end + 1
        searched = mark if mark >= 0 else max(len(buffer) - len(HEAD_MARK), start)
        buffer, searched = buffer[start:], searched - start
        if len(buffer) > MAX_COMMIT_BYTES:
            raise LedgerTampered(f"no head line within {MAX_COMMIT_BYTES:,} bytes", where=segment.path)
    return len(buffer)


def parse_head(line: bytes, segment: Segment) -> HeadLine:
    """The head line, which must be written exactly as Bartizan writes it."""
    try:
        parsed = _heads.decode(line).head
        head = HeadLine(parsed.size, parse_root(parsed.root), parsed.seal)
    except (msgspec.MsgspecError, UnicodeDecodeError, NoteError):
        head = None
    if head is None or head.line() != line:
        raise LedgerTampered("a head line is malformed", where=segment.path)
    return head


def _unpacked(path: Path) -> BufferedIOBase:
    from bartizan.ledger.zstd import Unpacked  # late: most processes read no packed segment

    return Unpacked(open_plain(path), path)
