"""ZIP archives as their loaders see them: the central directory, and every place where two loaders could differ.

Python's `zipfile` and torch's miniz both go by the central directory (APPNOTE 4.3.12). A local header that says
otherwise, a second directory, or entries that share bytes are how a scanner is shown one thing and a loader another.
"""

import bz2
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from bartizan.artifacts.artifact import Artifact, Part
from bartizan.artifacts.decompress import ZipLzma, zstandard
from bartizan.artifacts.fact import AnyFact, Spent, Structure, WritesPath, shown
from bartizan.artifacts.paths import leaves_folder
from bartizan.artifacts.reader import Head, Look
from bartizan.artifacts.unpack import Decompressor, unpacked
from bartizan.kernel import HostileInput

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
LOCATOR64 = struct.Struct("<4sLQL")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCAL_MARK, CENTRAL_MARK, END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
LOCATOR64_MARK, END64_MARK = b"PK\x06\x07", b"PK\x06\x06"

FULL16, FULL32 = 0xFFFF, 0xFFFF_FFFF
ENCRYPTED, DESCRIPTOR, UTF8 = 0x2041, 0x8, 0x800
TAIL_BYTES = FULL16 + END.size
MAX_CHECKED_BYTES = 16 << 20
STORED = 0

DECOMPRESSORS: dict[int, Callable[[], Decompressor]] = {
    8: lambda: zlib.decompressobj(wbits=-15),
    12: bz2.BZ2Decompressor,
    14: ZipLzma,
    93: zstandard,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the central directory."""

    name: str
    raw_name: bytes
    method: int
    flags: int
    crc: int
    packed: int
    """Its bytes in the archive."""
    size: int
    """Its bytes when unpacked, as the directory says."""
    header: int
    """Where its local header begins."""
    mode: int
    """Its Unix mode, or 0."""

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")

    @property
    def is_link(self) -> bool:
        return self.mode & 0o170000 == 0o120000


@dataclass(frozen=True, slots=True)
class Directory:
    """What the end of the archive says of the central directory."""

    start: int
    size: int
    count: int
    shift: int
    """Bytes that were put before the archive."""
    end: int
    """Where the end record begins."""


class Zip:
    """An opened archive: its entries, and what is odd about it."""

    def __init__(self, artifact: Artifact, look: Look) -> None:
        self.artifact = artifact
        self.faults: list[AnyFact] = []
        self._look = look
        directory = self._find_directory()
        self.entries = list(self._read_directory(directory))
        self._starts = self._compare_local_headers()
        self._check_overlaps(directory)

    def members(self, entries: Iterable[Entry] | None = None) -> Iterator[tuple[Entry, Artifact]]:
        """The entries that have bytes to be had, each with them; they last until the next entry is asked for."""
        for entry in self.entries if entries is None else entries:
            if not entry.is_folder:
                with self.member(entry) as inner:
                    if inner is not None:
                        yield entry, inner

    @contextmanager
    def member(self, entry: Entry) -> Iterator[Artifact | None]:
        """The entry's bytes, unpacked as a loader would; None where they cannot be had (`faults` says why)."""
        start = self._starts.get(entry.header)
        if start is None:
            yield None
        elif entry.flags & ENCRYPTED:
            self.faults.append(Structure("encrypted", shown(entry.name)))
            yield None
        elif entry.method == STORED:
            part = Part(shown(entry.name), self.artifact, start, entry.packed)
            if entry.packed != entry.size:
                self._odd(
                    "ambiguous", f"stored entry {entry.name} has two sizes, {entry.packed} and {entry.size}", entry
                )
            self._check_crc(entry, part)
            yield part
        elif begin := DECOMPRESSORS.get(entry.method):
            with unpacked(
                Part(entry.name, self.artifact, start, entry.packed), begin, self._look, shown(entry.name)
            ) as got:
                if got.size != entry.size:
                    said = f"entry {entry.name} unpacks to {got.size} bytes, its directory says {entry.size}"
                    self._odd("ambiguous", said, entry)
                self._check_crc(entry, got)
                yield got
        else:
            self._odd("unsupported", f"entry {entry.name} is packed by method {entry.method}", entry)
            yield None

    def _odd(self, rule: str, what: str, entry: Entry | None = None) -> None:
        self.faults.append(Structure(rule, shown(what), at=entry.header if entry else None))

    def _check_crc(self, entry: Entry, got: Artifact) -> None:
        """Python refuses an entry with a wrong checksum and torch reads it, so it is a way to pass scanners."""
        if got.size <= MAX_CHECKED_BYTES and zlib.crc32(got.read(0, got.size)) != entry.crc:
            self._odd("checksum", f"entry {entry.name} does not have its checksum, which some loaders ignore", entry)

    def _find_directory(self) -> Directory:
        size = self.artifact.size
        tail_start = max(0, size - TAIL_BYTES)
        tail = self.artifact.read(tail_start, TAIL_BYTES)
        at = tail.rfind(END_MARK, 0, len(tail) - END.size + len(END_MARK))
        if at < 0:
            raise HostileInput("the archive has no end record")
        end = tail_start + at
        _, disk, _, _, count, length, start, comment = END.unpack_from(tail, at)
        if disk not in {0, FULL16}:
            self._odd("unsupported", "the archive spans several disks")
        left = size - end - END.size - comment
        if left:
            self._odd("trailing" if left > 0 else "broken", f"the archive's comment is off by {left} bytes")
        if any(other + END.size + _comment_length(tail, other) == len(tail) for other in _ends(tail, at)):
            self._odd("ambiguous", "the archive has two end records")
        before = end
        if end >= LOCATOR64.size:
            mark, _, at64, _ = LOCATOR64.unpack(self.artifact.read(end - LOCATOR64.size, LOCATOR64.size))
            if mark == LOCATOR64_MARK:
                count, length, start, before = self._read_end64(at64, end, (count, length, start))
        shift = before - length - start
        if shift < 0:
            raise HostileInput("the archive's directory lies outside of it")
        if shift and self.artifact.read(start, 4) == CENTRAL_MARK:
            self._odd("ambiguous", "the archive has two directories")
        elif shift:
            self._odd("prefixed", f"{shift} bytes lie before the archive")
        return Directory(start + shift, length, count, shift, end)

    def _read_end64(self, at: int, end: int, short: tuple[int, int, int]) -> tuple[int, int, int, int]:
        """The three values of the ZIP64 end record, and where it lies; it must agree with the short record."""
        for place in (at, end - LOCATOR64.size - END64.size):
            raw = self.artifact.read(place, END64.size) if 0 <= place <= end else b""
            if len(raw) == END64.size and raw.startswith(END64_MARK):
                *_, count, length, start = END64.unpack(raw)
                pairs = zip(short, (count, length, start), (FULL16, FULL32, FULL32), strict=True)
                if any(one not in {full, long} for one, long, full in pairs):
                    self._odd("ambiguous", "the archive's two end records disagree")
                return count, length, start, place
        raise HostileInput("the archive's ZIP64 end record is missing")

    def _read_directory(self, directory: Directory) -> Iterator[Entry]:
        self._look.meter.spend("bytes", directory.size)
        raw = self.artifact.read(directory.start, directory.size)
        at, names = 0, set()
        while at + CENTRAL.size <= len(raw) and raw.startswith(CENTRAL_MARK, at):
            self._look.meter.spend("members")
            entry, at = _central_entry(raw, at, directory.shift)
            if entry.name in names:
                self._odd("ambiguous", f"two entries are named {entry.name}", entry)
            names.add(entry.name)
            yield from self._checked(entry)
        if at != len(raw) or len(names) > directory.count:
            self._odd("ambiguous", f"the directory holds {len(names)} entries, its end record says {directory.count}")

    def _checked(self, entry: Entry) -> Iterator[Entry]:
        if leaves_folder(entry.name):
            self.faults.append(WritesPath("outside", shown(entry.name), at=entry.header))
        if b"\0" in entry.raw_name:
            self._odd("ambiguous", f"the name {entry.name} holds a NUL, where some loaders stop", entry)
        if entry.is_link:
            self._odd("link", f"entry {entry.name} is a link", entry)
        yield entry

    def _compare_local_headers(self) -> dict[int, int]:
        """Where each entry's bytes begin, by its header; local headers that differ from the directory are named."""
        starts = {}
        for entry in self.entries:
            raw = self.artifact.read(entry.header, LOCAL.size)
            if len(raw) < LOCAL.size or not raw.startswith(LOCAL_MARK):
                self._odd("broken", f"entry {entry.name} has no local header", entry)
                continue
            _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = LOCAL.unpack(raw)
            name = self.artifact.read(entry.header + LOCAL.size, name_length)
            starts[entry.header] = entry.header + LOCAL.size + name_length + extra_length
            differs = (name, method) != (entry.raw_name, entry.method)
            differs |= bool((flags ^ entry.flags) & (ENCRYPTED | DESCRIPTOR))
            if not flags & DESCRIPTOR:
                differs |= crc != entry.crc or packed not in {entry.packed, FULL32} or size not in {entry.size, FULL32}
            if differs:
                self._odd("ambiguous", f"entry {entry.name} has a local header that says something else", entry)
        return starts

    def _check_overlaps(self, directory: Directory) -> None:
        spans = sorted(
            (start, start + entry.packed) for entry in self.entries if (start := self._starts.get(entry.header))
        )
        spans.append((directory.start, directory.start + directory.size))
        if any(before[1] > after[0] for before, after in pairwise(spans)):
            self.faults.append(Spent("bomb", "entries share their bytes"))
            self._starts.clear()


def is_zip(head: Head) -> bool:
    """True for what some loader would take for a ZIP archive: a local header first, or an end record at the end."""
    return head.start.startswith((LOCAL_MARK, END_MARK)) or END_MARK in head.end[-TAIL_BYTES:]


def _central_entry(raw: bytes, at: int, shift: int) -> tuple[Entry, int]:
    """The entry at this place of the directory, and where the next one begins."""
    fields = CENTRAL.unpack_from(raw, at)
    _, made_by, _, flags, method, _, _, crc, packed, size, name_length, extra_length, comment_length, *_ = fields
    external, header = fields[-2], fields[-1]
    at += CENTRAL.size
    raw_name = raw[at : at + name_length]
    extra = raw[at + name_length : at + name_length + extra_length]
    size, packed, header = _widened(extra, [size, packed, header])
    name = raw_name.decode("utf-8" if flags & UTF8 else "cp437", "replace")
    mode = external >> 16 if made_by >> 8 == 3 else 0
    entry = Entry(name, raw_name, method, flags, crc, packed, size, header + shift, mode)
    return entry, at + name_length + extra_length + comment_length


def _widened(extra: bytes, values: list[int]) -> list[int]:
    """The values, each full one replaced by its 64 bits in the extra field (APPNOTE 4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            wide = extra[at + 4 : at + 4 + length]
            for index, value in enumerate(values):
                if value == FULL32 and len(wide) >= 8:
                    values[index], wide = int.from_bytes(wide[:8], "little"), wide[8:]
        at += 4 + length
    return values


def _ends(tail: bytes, last: int) -> Iterator[int]:
    """Where end records before the last one begin: stored archives within the archive have them too."""
    at = tail.find(END_MARK)
    while 0 <= at < last:
        yield at
        at = tail.find(END_MARK, at + 1)


def _comment_length(tail: bytes, at: int) -> int:
    return int.from_bytes(tail[at + END.size - 2 : at + END.size], "little")
