"""7z archives (7zFormat.txt): the header, which may itself be packed, and the streams that hold the files.

A 7z archive packs many files into one stream, a "folder", through a chain of coders. Chains of coders that the
standard library has are unpacked; others, and encrypted ones, are unsupported.
"""

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.decompress import MAX_WINDOW_BYTES, lzma1_filter
from bartizan.artifacts.reader import Look
from bartizan.artifacts.unpack import Decompressor
from bartizan.kernel import HostileInput

MARK = b"7z\xbc\xaf\x27\x1c"
START = struct.Struct("<6s2BLQQL")
MAX_HEADER_BYTES = 16 << 20
MAX_CODERS = 4
MAX_STREAMS = 400_000

# Property ids of the header (7zFormat.txt, "Property IDs").
END, HEADER, ADDITIONAL, FILES, PACK, UNPACK, SUBSTREAMS = 0x00, 0x01, 0x03, 0x05, 0x06, 0x07, 0x08
MAIN, SIZE, CRC, FOLDER, CODER_SIZES, COUNTS = 0x04, 0x09, 0x0A, 0x0B, 0x0C, 0x0D
EMPTY_STREAM, NAMES, ATTRIBUTES, PACKED_HEADER = 0x0E, 0x11, 0x15, 0x17
UNIX, LINK, TYPE = 0x8000, 0o120000, 0o170000
"""Attributes of Windows with this flag have a mode of Unix in their upper half."""

COPY, LZMA2, LZMA1, DEFLATE, BZIP2 = b"\0", b"\x21", b"\x03\x01\x01", b"\x04\x01\x08", b"\x04\x02\x02"
FILTERS = {
    b"\x03": lzma.FILTER_DELTA,
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
}
ENCRYPTED = b"\x06\xf1\x07\x01"


class Unsupported(HostileInput):
    """The archive uses a coder or a layout that is not unpacked here."""


class Encrypted(Unsupported):
    """The archive, or its header, is encrypted."""


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of unpacking."""

    method: bytes
    properties: bytes


@dataclass(frozen=True, slots=True)
class Folder:
    """One packed stream: where it lies, how it is unpacked, and the sizes of the files in it."""

    start: int
    packed: int
    coders: tuple[Coder, ...]
    size: int
    files: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, or what else has a name in the archive."""

    name: str
    has_bytes: bool
    is_link: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """What a header says: the folders, and what they hold; the files that have bytes in the order of the folders."""

    folders: tuple[Folder, ...]
    entries: tuple[Entry, ...]


def read_listing(artifact: Artifact, look: Look, unpack: Callable[[Folder], bytes]) -> Listing:
    """The archive's listing; a packed header is unpacked first, at most a few times over."""
    raw = artifact.read(0, START.size)
    if len(raw) < START.size:
        raise HostileInput("the archive ends within its first header")
    *_, offset, length, _ = START.unpack(raw)
    if length > MAX_HEADER_BYTES or START.size + offset + length > artifact.size:
        raise HostileInput(f"the archive's header of {length:,} bytes lies outside of it")
    header = artifact.read(START.size + offset, length)
    for _ in range(MAX_CODERS):
        cursor = _Cursor(header, look)
        mark = cursor.byte() if header else END
        if mark != PACKED_HEADER:
            return cursor.header() if mark == HEADER else Listing((), ())
        (folder,) = cursor.streams() or (None,)
        if folder is None or folder.size > MAX_HEADER_BYTES:
            raise HostileInput("the archive's packed header is malformed")
        header = unpack(folder)
    raise HostileInput("the archive's header is packed again and again")


def decompressor(folder: Folder) -> Callable[[], Decompressor]:
    """What unpacks the folder's stream; raises `Unsupported` with the coder that is not known."""
    if any(coder.method == ENCRYPTED for coder in folder.coders):
        raise Encrypted("the files are encrypted")
    filters: list[dict[str, int]] = []
    *before, last = folder.coders
    for coder in before:
        if coder.method not in FILTERS:
            raise Unsupported(f"packed by {coder.method.hex()}")
        extra = {"dist": coder.properties[0] + 1} if coder.method == b"\x03" and coder.properties else {}
        filters.append({"id": FILTERS[coder.method], **extra})
    if last.method == LZMA1 and len(last.properties) == 5:
        chain = [*filters, lzma1_filter(last.properties)]
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain)
    if last.method == LZMA2 and len(last.properties) == 1:
        chain = [*filters, {"id": lzma.FILTER_LZMA2, "dict_size": _dictionary(last.properties[0])}]
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain)
    if not filters and last.method == DEFLATE:
        return lambda: zlib.decompressobj(wbits=-15)
    if not filters and last.method == BZIP2:
        return bz2.BZ2Decompressor
    raise Unsupported(f"packed by {last.method.hex()}")


def _dictionary(bits: int) -> int:
    if bits > 40:
        raise HostileInput("LZMA2 properties are out of range")
    return max(4096, min((2 | bits & 1) << bits // 2 + 11, MAX_WINDOW_BYTES))


class _Cursor:
    """Reads on through a header."""

    def __init__(self, raw: bytes, look: Look) -> None:
        self._raw, self._at, self._look = raw, 0, look
        self._counted = 0
        """Streams, folders and files that the header has claimed so far."""

    def byte(self) -> int:
        return self.take(1)[0]

    def take(self, length: int) -> bytes:
        if self._at + length > len(self._raw):
            raise HostileInput("the archive's header ends early")
        self._at += length
        return self._raw[self._at - length : self._at]

    def number(self) -> int:
        """A number whose first byte tells by its leading ones how many bytes follow (7zFormat.txt, "REAL_UINT64")."""
        first = self.byte()
        extra = 0
        while extra < 8 and first & 0x80 >> extra:
            extra += 1
        high = first & (0x7F >> extra) if extra < 8 else 0
        return int.from_bytes(self.take(extra), "little") | high << 8 * extra

    def count(self) -> int:
        found = self.number()
        self._counted += found
        if self._counted > MAX_STREAMS:
            raise HostileInput(f"the archive claims {self._counted:,} streams")
        self._look.meter.spend("steps", 1 + 4 * found)
        return found

    def expect(self, mark: int) -> None:
        if (found := self.byte()) != mark:
            raise HostileInput(f"the archive's header has {found:#x} where {mark:#x} belongs")

    def flags(self, count: int) -> list[bool]:
        """A vector of bits, or one byte that says all are set."""
        if count > 8 * len(self._raw):
            raise HostileInput("the archive's header ends early")
        return [True] * count if self.byte() else self.bits(count)

    def bits(self, count: int) -> list[bool]:
        raw = self.take(-(-count // 8))
        return [bool(raw[index // 8] & 0x80 >> index % 8) for index in range(count)]

    def digests(self, count: int) -> list[bool]:
        """Which of the streams have a checksum; the checksums are passed over."""
        defined = self.flags(count)
        self.take(4 * sum(defined))
        return defined

    def header(self) -> Listing:
        folders: tuple[Folder, ...] = ()
        entries: tuple[Entry, ...] = ()
        while (mark := self.byte()) != END:
            if mark == MAIN:
                folders = self.streams()
            elif mark == FILES:
                entries = self.files()
            else:
                raise Unsupported(f"header property {mark:#x}")
        return Listing(folders, entries)

    def streams(self) -> tuple[Folder, ...]:
        """The folders of one StreamsInfo."""
        start = 0
        packed: list[int] = []
        described: list[tuple[tuple[Coder, ...], int, bool]] = []
        files: list[tuple[int, ...]] | None = None
        while (mark := self.byte()) != END:
            if mark == PACK:
                start, packed = self.pack_info()
            elif mark == UNPACK:
                described = self.unpack_info()
            elif mark == SUBSTREAMS:
                files = self.substreams(described)
            else:
                raise Unsupported(f"stream property {mark:#x}")
        if len(packed) != len(described):
            raise Unsupported("a folder of several packed streams")
        sizes = files if files is not None else [(size,) for _, size, _ in described]
        folders, at = [], START.size + start
        for length, (coders, size, _), listed in zip(packed, described, sizes, strict=True):
            folders.append(Folder(at, length, coders, size, listed))
            at += length
        return tuple(folders)

    def pack_info(self) -> tuple[int, list[int]]:
        start, count, sizes = self.number(), self.count(), []
        while (mark := self.byte()) != END:
            if mark == SIZE:
                sizes = [self.number() for _ in range(count)]
            elif mark == CRC:
                self.digests(count)
            else:
                raise Unsupported(f"pack property {mark:#x}")
        return start, sizes

    def unpack_info(self) -> list[tuple[tuple[Coder, ...], int, bool]]:
        """For each folder its coders, its unpacked size, and whether it has a checksum."""
        self.expect(FOLDER)
        count = self.count()
        if self.byte():
            raise Unsupported("folders that are described elsewhere")
        chains = [self.coders() for _ in range(count)]
        self.expect(CODER_SIZES)
        outputs = [[self.number() for _ in chain] for chain, _ in chains]
        sizes = [of_coders[main] for of_coders, (_, main) in zip(outputs, chains, strict=True)]
        defined = [False] * count
        while (mark := self.byte()) != END:
            if mark != CRC:
                raise Unsupported(f"folder property {mark:#x}")
            defined = self.digests(count)
        return list(zip((chain for chain, _ in chains), sizes, defined, strict=True))

    def coders(self) -> tuple[tuple[Coder, ...], int]:
        """A folder's chain of coders, the one that makes the files first, and that one's place in the header."""
        count = self.number()
        if not 0 < count <= MAX_CODERS:
            raise Unsupported(f"a chain of {count:,} coders")
        coders = []
        for _ in range(count):
            flags = self.byte()
            if flags & 0x90:
                raise Unsupported("a coder with several streams")
            method = self.take(flags & 0xF)
            coders.append(Coder(method, self.take(self.number()) if flags & 0x20 else b""))
        feeds = {self.number(): self.number() for _ in range(count - 1)}
        order = [index for index in range(count) if index not in feeds.values()][:1]
        while order and len(order) < count and order[-1] in feeds:
            order.append(feeds[order[-1]])
        if sorted(order) != list(range(count)):
            raise Unsupported("a chain of coders that branches")
        return tuple(coders[index] for index in order), order[0]

    def substreams(self, described: list[tuple[tuple[Coder, ...], int, bool]]) -> list[tuple[int, ...]]:
        """The sizes of the files in each folder; the last one is what is left."""
        counts, mark = [1] * len(described), self.byte()
        if mark == COUNTS:
            counts, mark = [self.count() for _ in described], self.byte()
        sizes = []
        for count, (_, whole, _) in zip(counts, described, strict=True):
            listed = [self.number() for _ in range(count - 1)] if mark == SIZE else []
            left = whole - sum(listed)
            if left < 0:
                raise HostileInput("files are larger than the folder that holds them")
            sizes.append((*listed, left) if count else ())
        if mark == SIZE:
            mark = self.byte()
        while mark != END:
            if mark != CRC:
                raise Unsupported(f"file property {mark:#x}")
            open_ends = sum(
                count for count, (_, _, known) in zip(counts, described, strict=True) if not (count == 1 and known)
            )
            self.digests(open_ends)
            mark = self.byte()
        return sizes

    def files(self) -> tuple[Entry, ...]:
        """Everything that has a name."""
        count = self.count()
        names, empty, links = [""] * count, [False] * count, [False] * count
        while (mark := self.number()) != END:
            body = _Cursor(self.take(self.number()), self._look)
            if mark == EMPTY_STREAM:
                empty = body.bits(count)
            elif mark == NAMES:
                if body.byte():
                    raise Unsupported("names that lie elsewhere")
                names = body.rest().decode("utf-16-le", "replace").split("\0")[:count]
            elif mark == ATTRIBUTES:
                defined = body.flags(count)
                if body.byte():
                    raise Unsupported("attributes that lie elsewhere")
                links = [known and _is_link(int.from_bytes(body.take(4), "little")) for known in defined]
        return tuple(Entry(name, not without, link) for name, without, link in zip(names, empty, links, strict=False))

    def rest(self) -> bytes:
        return self._raw[self._at :]


def _is_link(attributes: int) -> bool:
    return bool(attributes & UNIX) and attributes >> 16 & TYPE == LINK
