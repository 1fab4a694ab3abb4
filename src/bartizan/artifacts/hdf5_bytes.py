"""Fields of an HDF5 file: numbers, offsets and lengths in the sizes that the superblock declares."""

from typing import Self

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.reader import Look
from bartizan.kernel import HostileInput

SIZES = (2, 4, 8)
PAGE_BYTES = 1 << 16
MAX_PAGES = 64
BYTES_PER_STEP = 1 << 12


class Unsupported(HostileInput):
    """Something of the format that the walker does not know."""


class Source:
    """The file, with the sizes of its offsets and lengths; every byte read is counted."""

    def __init__(self, artifact: Artifact, look: Look) -> None:
        self.base = 0
        self.offset_bytes = self.length_bytes = 8
        self._artifact = artifact
        self._look = look
        self._pages: dict[int, bytes] = {}

    def size_of(self, *, offset: int, length: int) -> None:
        if offset not in SIZES or length not in SIZES:
            raise Unsupported(f"offsets of {offset} and lengths of {length} bytes")
        self.offset_bytes, self.length_bytes = offset, length

    def read(self, address: int, length: int) -> bytes:
        """Exactly these bytes."""
        self.spend(length)
        found = self._bytes(self.base + address, length) if self._has(address) else b""
        if len(found) != length:
            raise HostileInput(f"{length:,} bytes at {address:,} are not in the file")
        return found

    def spend(self, length: int, items: int = 1) -> None:
        """Count bytes that are read, and what is made of them."""
        self._look.meter.spend("bytes", length)
        self._look.meter.spend("steps", items + length // BYTES_PER_STEP)

    def fields(self, address: int, length: int, *, short: bool = False) -> "Fields":
        """The fields in these bytes; fewer bytes if `short` and the file ends."""
        if short:
            self.spend(length)
            return Fields(self, self._bytes(self.base + address, length) if self._has(address) else b"")
        return Fields(self, self.read(address, length))

    def _bytes(self, start: int, length: int) -> bytes:
        """The bytes, through a few pages that are kept: a file of many small objects is read in few pieces."""
        page, at = divmod(start, PAGE_BYTES)
        if at + length > PAGE_BYTES:
            return self._artifact.read(start, length)
        held = self._pages.get(page)
        if held is None:
            if len(self._pages) >= MAX_PAGES:
                self._pages.clear()
            held = self._pages[page] = self._artifact.read(page * PAGE_BYTES, PAGE_BYTES)
        return held[at : at + length]

    def _has(self, address: int) -> bool:
        return 0 <= self.base + address < self._artifact.size


class Fields:
    """A stretch of bytes, read field by field."""

    __slots__ = ("_data", "_source", "at")

    def __init__(self, source: Source, data: bytes) -> None:
        self._source = source
        self._data = data
        self.at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self.at

    def take(self, length: int) -> bytes:
        if length < 0 or length > self.left:
            raise HostileInput("a field goes beyond its structure")
        piece = self._data[self.at : self.at + length]
        self.at += length
        return piece

    def skip(self, length: int) -> None:
        self.take(length)

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def offset(self) -> int:
        """An address; the one of all ones, which means nowhere, is in no file."""
        return self.number(self._source.offset_bytes)

    def length(self) -> int:
        return self.number(self._source.length_bytes)

    def part(self, length: int) -> Self:
        return type(self)(self._source, self.take(length))
