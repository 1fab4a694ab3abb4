"""HDF5 files walked without the library: their objects' names, attributes, links and outside storage.

After the HDF5 File Format Specification 3.0. Data of datasets is not read. What the walker does not know is raised as
`HostileInput`, so that a file is never called clean because a corner of it was skipped.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.hdf5_bytes import Fields, Source, Unsupported
from bartizan.artifacts.hdf5_dense import dense_objects
from bartizan.artifacts.reader import Look
from bartizan.kernel import HostileInput

SIGNATURE = b"\x89HDF\r\n\x1a\n"
PLACES = (0, *(512 << shift for shift in range(7)))
MAX_HEADER_BYTES = 16 << 20
STEPS_PER_OBJECT = 40
STEPS_PER_NAME = 8
MAX_VALUE_BYTES = 64 << 20


class Kind(enum.IntEnum):
    """The messages of an object header that matter here (IV.A.2)."""

    LINK_INFO = 0x02
    LINK = 0x06
    EXTERNAL = 0x07
    LAYOUT = 0x08
    ATTRIBUTE = 0x0C
    CONTINUATION = 0x10
    GROUP = 0x11
    ATTRIBUTE_INFO = 0x15


HARD, SOFT, OUTSIDE = 0, 1, 64
SHARED = 0x02
VARIABLE = 9
VIRTUAL = 3
KEPT = frozenset({Kind.ATTRIBUTE, Kind.LINK, Kind.EXTERNAL, Kind.LAYOUT, Kind.GROUP})
"""Messages that may not be shared: then what they say is elsewhere."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named value on an object."""

    of: str
    name: str
    value: bytes
    """The text or the raw bytes; several strings are joined by newlines."""


@dataclass(frozen=True, slots=True)
class OtherFile:
    """Another file from which this one takes an object or data."""

    of: str
    path: str
    how: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """An array; only that it is there."""

    name: str


Item: TypeAlias = Attribute | OtherFile | Dataset


def superblock_at(start: bytes) -> int | None:
    """Where the file begins: at 0, or after a user block of 512 bytes or a power of two of that."""
    return next((place for place in PLACES if start[place : place + 8] == SIGNATURE), None)


def walk(artifact: Artifact, look: Look) -> Iterator[Item]:
    """Everything in the file, from the root down."""
    begin = superblock_at(artifact.read(0, PLACES[-1] + 8))
    if begin is None:
        raise HostileInput("this is no HDF5 file", where=artifact.name)
    yield from _Walk(artifact, look, begin).items()


class _Walk:
    """One walk: the objects seen, so that none is looked at twice."""

    def __init__(self, artifact: Artifact, look: Look, begin: int) -> None:
        self._source = Source(artifact, look)
        self._look = look
        self._seen: set[int] = set()
        self._heap: tuple[int, dict[int, bytes]] = (-1, {})
        self._root = self._superblock(begin)

    def items(self) -> Iterator[Item]:
        waiting = [("/", self._root)]
        while waiting:
            name, address = waiting.pop()
            if address in self._seen:
                continue
            self._seen.add(address)
            self._look.meter.spend("steps", STEPS_PER_OBJECT)
            self._look.meter.check_time()
            for found in self._object(name, address):
                if isinstance(found, tuple):
                    waiting.append(found)
                else:
                    yield found

    def _superblock(self, begin: int) -> int:
        """The address of the root's object header (chapter II)."""
        fields = self._source.fields(begin, 128, short=True)
        fields.skip(8)
        version = fields.number(1)
        if version in (0, 1):
            fields.skip(4)
            self._source.size_of(offset=fields.number(1), length=fields.number(1))
            fields.skip(1 + 4 + 4 + (4 if version == 1 else 0))
            self._source.base = fields.offset()
            fields.skip(3 * self._source.offset_bytes + self._source.offset_bytes)
            return fields.offset()
        if version in (2, 3):
            self._source.size_of(offset=fields.number(1), length=fields.number(1))
            fields.skip(1)
            self._source.base = fields.offset()
            fields.skip(2 * self._source.offset_bytes)
            return fields.offset()
        raise Unsupported(f"a superblock of version {version}")

    def _object(self, name: str, address: int) -> Iterator[Item | tuple[str, int]]:
        kinds = set()
        for kind, flags, message in self._messages(address):
            kinds.add(kind)
            if flags & SHARED and kind in KEPT:
                raise Unsupported("a shared message")
            match kind:
                case Kind.GROUP:
                    yield from self._old_group(name, message)
                case Kind.LINK:
                    yield from self._link(name, message)
                case Kind.LINK_INFO:
                    message.skip(1)
                    flags = message.number(1)
                    message.skip(8 if flags & 1 else 0)
                    for link in dense_objects(self._source, message.offset(), message.offset(), id_at=4):
                        yield from self._link(name, link)
                case Kind.ATTRIBUTE_INFO:
                    message.skip(1)
                    flags = message.number(1)
                    message.skip(2 if flags & 1 else 0)
                    for attribute in dense_objects(self._source, message.offset(), message.offset(), id_at=0):
                        yield self._attribute(name, attribute)
                case Kind.ATTRIBUTE:
                    yield self._attribute(name, message)
                case Kind.EXTERNAL:
                    yield from self._external(name, message)
                case Kind.LAYOUT:
                    yield from self._layout(name, message)
        if Kind.LAYOUT in kinds:
            yield Dataset(name)

    def _messages(self, address: int) -> Iterator[tuple[int, int, Fields]]:
        """The messages of an object header with those of its continuation blocks (IV.A.1)."""
        start = self._source.read(address, 4)
        version2 = start == b"OHDR"
        if version2:
            fields = self._source.fields(address, 64, short=True)
            fields.skip(5)
            flags = fields.number(1)
            fields.skip((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
            size = fields.number(1 << (flags & 3))
            blocks = [(address + fields.at, size)]
            ordered = bool(flags & 4)
        else:
            fields = self._source.fields(address, 16)
            if fields.number(1) != 1:
                raise HostileInput("an object header of no known version")
            fields.skip(7)
            blocks = [(address + 16, fields.number(4))]
            ordered = False
        seen = set()
        while blocks:
            at, size = blocks.pop(0)
            if at in seen or size > MAX_HEADER_BYTES:
                raise HostileInput("an object header that continues in itself, or is too long")
            seen.add(at)
            block = self._source.fields(at, size)
            while block.left >= (4 if version2 else 8):
                self._look.meter.spend("steps")
                kind, length, flags = block.number(1 if version2 else 2), block.number(2), block.number(1)
                block.skip((2 if ordered else 0) if version2 else 3)
                if length > block.left:
                    break
                message = block.part(length)
                if kind != Kind.CONTINUATION:
                    yield kind, flags, message
                    continue
                more, length = message.offset(), message.length()
                blocks.append((more + 4, length - 8) if version2 else (more, length))

    def _old_group(self, name: str, message: Fields) -> Iterator[Item | tuple[str, int]]:
        """The links of a symbol table: a B-tree of nodes, with names in a local heap (III.A.1, III.B-D)."""
        tree, heap = message.offset(), message.offset()
        head = self._source.fields(heap, 8 + 2 * self._source.length_bytes + self._source.offset_bytes)
        if head.take(4) != b"HEAP":
            raise HostileInput("a group without its heap")
        head.skip(4)
        size = head.length()
        head.skip(self._source.length_bytes)
        names = self._source.read(head.offset(), min(size, MAX_VALUE_BYTES))
        waiting, seen = [tree], set()
        while waiting:
            address = waiting.pop()
            if address in seen:
                raise HostileInput("a tree that contains itself")
            seen.add(address)
            self._look.meter.spend("steps", STEPS_PER_OBJECT)
            mark = self._source.read(address, 8)
            if mark[:4] == b"TREE" and mark[4] == 0:
                count = int.from_bytes(mark[6:8], "little")
                step = self._source.length_bytes + self._source.offset_bytes
                node = self._source.fields(address + 8, 2 * self._source.offset_bytes + count * step)
                node.skip(2 * self._source.offset_bytes)
                for _ in range(count):
                    node.skip(self._source.length_bytes)
                    waiting.append(node.offset())
            elif mark[:4] == b"SNOD":
                yield from self._symbols(name, address, int.from_bytes(mark[6:8], "little"), names)
            else:
                raise HostileInput("a group whose tree is broken")

    def _symbols(self, name: str, address: int, count: int, names: bytes) -> Iterator[Item | tuple[str, int]]:
        size = 2 * self._source.offset_bytes + 24
        node = self._source.fields(address + 8, count * size)
        self._look.meter.spend("steps", STEPS_PER_NAME * count)
        for _ in range(count):
            entry = node.part(size)
            at, header = entry.number(self._source.offset_bytes), entry.offset()
            if entry.number(4) != 2:  # 2: a soft link, which stays in the file
                yield _joined(name, _name_at(names, at)), header

    def _link(self, name: str, message: Fields) -> Iterator[Item | tuple[str, int]]:
        """A link message (IV.A.2.g)."""
        message.skip(1)
        flags = message.number(1)
        kind = message.number(1) if flags & 0x08 else HARD
        message.skip((8 if flags & 0x04 else 0) + (1 if flags & 0x10 else 0))
        label = message.take(message.number(1 << (flags & 3))).decode("utf-8", "replace")
        if kind == HARD:
            yield _joined(name, label), message.offset()
        elif kind == OUTSIDE:
            value = message.take(message.number(2))[1:]
            yield OtherFile(_joined(name, label), _text(value), "an external link")
        elif kind != SOFT:
            raise Unsupported(f"a link of the kind {kind}")

    def _external(self, name: str, message: Fields) -> Iterator[Item]:
        """The files in which a dataset's bytes are (IV.A.2.h)."""
        message.skip(4)
        message.skip(2)
        used, heap = message.number(2), message.offset()
        head = self._source.fields(heap, 8 + 2 * self._source.length_bytes + self._source.offset_bytes)
        head.skip(8)
        size = head.length()
        head.skip(self._source.length_bytes)
        names = self._source.read(head.offset(), min(size, MAX_VALUE_BYTES))
        self._look.meter.spend("steps", STEPS_PER_NAME * used)
        for _ in range(used):
            at = message.length()
            message.skip(2 * self._source.length_bytes)
            yield OtherFile(name, _name_at(names, at), "external storage")

    def _layout(self, name: str, message: Fields) -> Iterator[Item]:
        """A virtual dataset is put together from those of other files (IV.A.2.i, VII.A)."""
        version = message.number(1)
        if version < 3 or message.number(1) != VIRTUAL:
            return
        address, index = message.offset(), message.number(4)
        block = self._global(address, index)
        if block[:1] not in (b"\0", b"\1") or len(block) < 10:
            raise Unsupported("the sources of a virtual dataset")
        pieces = [_text(piece) for piece in block[9:].split(b"\0") if b"/" in piece or b"." in piece]
        for path in dict.fromkeys([_text(block[9:]), *pieces]):
            if path and path != "." and path.isprintable():
                yield OtherFile(name, path, "a virtual dataset")

    def _attribute(self, name: str, message: Fields) -> Attribute:
        """An attribute message (IV.A.2.m)."""
        version, flags = message.number(1), message.number(1)
        if version not in (1, 2, 3):
            raise Unsupported(f"an attribute of version {version}")
        sizes = [message.number(2) for _ in range(3)]
        message.skip(1 if version == 3 else 0)
        padded = [-(-size // 8) * 8 if version == 1 else size for size in sizes]
        label = _text(message.take(padded[0]))
        if version > 1 and flags & 3:  # of a named type, which neither Keras nor h5py makes for text
            message.skip(padded[1] + padded[2])
            return Attribute(name, label, message.take(message.left))
        datatype = message.part(padded[1])
        message.skip(padded[2])
        return Attribute(name, label, self._value(datatype, message))

    def _value(self, datatype: Fields, data: Fields) -> bytes:
        """The bytes of a value; text of variable length is fetched from the global heap."""
        kind = datatype.number(1) & 0x0F
        if kind != VARIABLE:
            return data.take(data.left)
        step = 8 + self._source.offset_bytes
        pieces = []
        while data.left >= step:
            size, address, index = data.number(4), data.offset(), data.number(4)
            if index:
                self._look.meter.spend("steps")
                pieces.append(self._global(address, index)[:size])
        return b"\n".join(pieces)

    def _global(self, address: int, index: int) -> bytes:
        """An object of a global heap collection (III.E); the last one opened is kept, as strings lie together."""
        if self._heap[0] != address:
            self._heap = address, self._collection(address)
        found = self._heap[1].get(index)
        if found is None:
            raise HostileInput("a value that is not in its heap")
        return found

    def _collection(self, address: int) -> dict[int, bytes]:
        head = self._source.fields(address, 8 + self._source.length_bytes)
        if head.take(4) != b"GCOL":
            raise HostileInput("a value whose heap is not there")
        head.skip(4)
        size = head.length()
        if size > MAX_VALUE_BYTES:
            raise HostileInput(f"a heap of {size:,} bytes")
        heap = self._source.fields(address + head.at, size - head.at)
        objects: dict[int, bytes] = {}
        while heap.left >= 8 + self._source.length_bytes:
            number = heap.number(2)
            heap.skip(6)
            length = heap.length()
            if not number:
                break
            self._look.meter.spend("steps")
            objects.setdefault(number, heap.take(length))
            heap.skip(min(heap.left, -length % 8))
        return objects


def _joined(parent: str, name: str) -> str:
    return f"{parent.rstrip('/')}/{name}"[:300]


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace")


def _name_at(names: bytes, at: int) -> str:
    """The name that begins here in a heap of names, each ended by a NUL."""
    end = names.find(b"\0", at)
    return names[at : end if end >= 0 else len(names)].decode("utf-8", "replace")
