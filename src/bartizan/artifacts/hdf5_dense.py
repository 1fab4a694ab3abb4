"""Dense storage of HDF5: objects in a fractal heap, found by the records of a version 2 B-tree (III.A.2, III.G)."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from bartizan.artifacts.hdf5_bytes import Fields, Source, Unsupported
from bartizan.kernel import HostileInput

NODE_PREFIX_BYTES = 10
MAX_DEPTH = 8
MAX_BLOCKS = 100_000
STEPS_PER_RECORD = 10
MANAGED, HUGE, TINY = 0, 1, 2


def dense_objects(source: Source, heap: int, tree: int, id_at: int) -> Iterator[Fields]:
    """The objects that the tree lists; nothing if the storage is not used. `id_at` is the place of the heap's id in a
    record."""
    if heap == (1 << 8 * source.offset_bytes) - 1:
        return
    opened = _Heap(source, heap)
    for record in _records(source, tree):
        yield opened.get(record[id_at : id_at + opened.id_bytes])


def _records(source: Source, tree: int) -> Iterator[bytes]:
    """All records of a version 2 B-tree."""
    head = source.fields(tree, 16 + source.offset_bytes + 2)
    if head.take(4) != b"BTHD":
        raise HostileInput("dense storage without its tree")
    head.skip(2)
    node_bytes, record_bytes, depth = head.number(4), head.number(2), head.number(2)
    head.skip(2)
    root, count = head.offset(), head.number(2)
    if depth > MAX_DEPTH or not record_bytes or node_bytes > 1 << 24:
        raise Unsupported("a tree this deep")
    pointers = _pointer_sizes(source, node_bytes, record_bytes, depth)
    seen: set[int] = set()
    waiting = [(root, count, depth)] if count else []
    while waiting:
        address, count, level = waiting.pop()
        if address in seen:
            raise HostileInput("a tree that contains itself")
        seen.add(address)
        node = source.fields(address, node_bytes)
        if node.take(4) != (b"BTIN" if level else b"BTLF"):
            raise HostileInput("a broken node of a tree")
        node.skip(2)
        source.spend(0, STEPS_PER_RECORD * count)
        for _ in range(count):
            yield node.take(record_bytes)
        if level:
            count_bytes, total_bytes = pointers[level]
            for _ in range(count + 1):
                waiting.append((node.offset(), node.number(count_bytes), level - 1))
                node.skip(total_bytes)


def _pointer_sizes(source: Source, node_bytes: int, record_bytes: int, depth: int) -> list[tuple[int, int]]:
    """For each level, in how many bytes a node says its child's records, and those below the child."""
    most = (node_bytes - NODE_PREFIX_BYTES) // record_bytes
    count_bytes, all_below, sizes = _bytes_for(most), most, [(0, 0)]
    for level in range(1, depth + 1):
        total_bytes = _bytes_for(all_below) if level > 1 else 0
        pointer = source.offset_bytes + count_bytes + total_bytes
        most = (node_bytes - NODE_PREFIX_BYTES - pointer) // (record_bytes + pointer)
        all_below = (most + 1) * all_below + most
        sizes.append((count_bytes, total_bytes))
    return sizes


@dataclass(frozen=True, slots=True)
class _Block:
    """A direct block: the stretch of the heap that it holds, and where."""

    start: int
    size: int
    address: int


class _Heap:
    """A fractal heap."""

    def __init__(self, source: Source, address: int) -> None:
        self._source = source
        o, n = source.offset_bytes, source.length_bytes
        head = source.fields(address, 22 + 12 * n + 3 * o)
        if head.take(4) != b"FRHP":
            raise HostileInput("dense storage without its heap")
        head.skip(1)
        self.id_bytes, filters = head.number(2), head.number(2)
        if filters:
            raise Unsupported("a heap that is filtered")
        head.skip(1)
        most_managed = head.number(4)
        head.skip(n + o + n + o + 8 * n)
        self._width, self._first, self._most_direct = head.number(2), head.length(), head.length()
        bits = head.number(2)
        head.skip(2)
        root, rows = head.offset(), head.number(2)
        if not self._width or not self._first or bits > 64 or rows > 128:
            raise HostileInput("a heap of impossible sizes")
        self._start_bytes = -(-bits // 8)
        self._length_bytes = min(_bytes_for(self._most_direct), _bytes_for(most_managed))
        self._blocks = sorted(self._direct_blocks(root, rows), key=lambda block: block.start)
        self._starts = [block.start for block in self._blocks]

    def get(self, number: bytes) -> Fields:
        """The object with this id."""
        kind = number[0] >> 4 & 3
        if kind == TINY:
            return Fields(self._source, number[1 : 2 + (number[0] & 0x0F)])
        if kind == HUGE:
            raise Unsupported("an object outside of its heap")
        fields = Fields(self._source, number)
        fields.skip(1)
        start, length = fields.number(self._start_bytes), fields.number(self._length_bytes)
        at = bisect_right(self._starts, start) - 1
        if at >= 0 and start + length <= self._starts[at] + self._blocks[at].size:
            return self._source.fields(self._blocks[at].address + start - self._starts[at], length)
        raise HostileInput("an object that is not in its heap")

    def _direct_blocks(self, root: int, rows: int) -> Iterator[_Block]:
        """The direct blocks, through the indirect ones."""
        nowhere = (1 << 8 * self._source.offset_bytes) - 1
        if not rows:
            yield _Block(0, self._first, root)
            return
        waiting, seen = [(root, rows, 0)], 0
        while waiting:
            address, rows, start = waiting.pop()
            prefix = 5 + self._source.offset_bytes + self._start_bytes
            block = self._source.fields(address, prefix + rows * self._width * self._source.offset_bytes)
            if block.take(4) != b"FHIB":
                raise HostileInput("a broken block of a heap")
            block.skip(prefix - 4)
            self._source.spend(0, rows * self._width)
            for row in range(rows):
                size = self._first << max(0, row - 1)
                for _ in range(self._width):
                    child = block.offset()
                    seen += 1
                    if seen > MAX_BLOCKS:
                        raise HostileInput("a heap of too many blocks")
                    if child != nowhere and size <= self._most_direct:
                        yield _Block(start, size, child)
                    elif child != nowhere:
                        inner = (size // (self._first * self._width)).bit_length()
                        waiting.append((child, inner, start))
                    start += size


def _bytes_for(limit: int) -> int:
    return max(1, limit.bit_length() - 1) // 8 + 1
