"""Leaf hashes kept small: one per tile of 256 leaves, and the few at a segment's ragged ends."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from bartizan.ledger.errors import LedgerTampered
from bartizan.ledger.files import read_plain, replace
from bartizan.ledger.merkle import NO_HEADS, TILE, Hash, Tree, chained, leaf_hash
from bartizan.ledger.segment import Segment, commits, segments

SUFFIX = ".tiles"
MAX_BYTES = 64 << 20
"""More than the hashes of 500 million records take."""


class Tiles(msgspec.Struct, frozen=True):
    """The hashes of one segment: enough to grow a tree over it without reading it."""

    first: int
    end: int
    head: tuple[Hash, ...]
    """The leaves before the first whole tile, or all if no tile boundary lies within."""
    tiles: tuple[Hash, ...]
    tail: tuple[Hash, ...]
    """The leaves after the last whole tile."""
    heads: Hash
    """The chain over all head lines of the slot up to here."""

    def grow(self, tree: Tree) -> None:
        """Adds the segment's leaves to the tree that ends where the segment begins."""
        tree.extend(self.head)
        if self.tiles:
            tree.extend_tiles(self.tiles)
        tree.extend(self.tail)


class TileCounter:
    """Collects the hashes of a segment as it is written."""

    def __init__(self, first: int, heads: Hash = NO_HEADS) -> None:
        self.heads = heads
        self.first = self._end = first
        self._head: list[Hash] = []
        self._head_wants = -first % TILE
        self._tiles: list[Hash] = []
        self._tail: list[Hash] = []

    def add(self, leaves: list[Hash], completed: list[Hash], head_line: bytes) -> None:
        """Takes a commit: its leaves, the tiles that they completed in the slot's tree, and the line that closes it."""
        self.heads = chained(self.heads, head_line)
        if wanted := min(len(leaves), self._head_wants):
            self._head += leaves[:wanted]
            self._head_wants -= wanted
            if self._head_wants == 0:
                completed = completed[1:]  # it straddles the segment's start
        self._tiles += completed
        self._end += len(leaves)
        self._tail += leaves[wanted:]
        ragged = self._end % TILE if self._head_wants == 0 else 0
        if len(self._tail) > ragged:
            self._tail = self._tail[len(self._tail) - ragged :]

    def tiles(self) -> Tiles:
        return Tiles(self.first, self._end, tuple(self._head), tuple(self._tiles), tuple(self._tail), self.heads)


def tiles_of(segment: Segment, heads: Hash) -> Tiles:
    """The hashes of a segment, computed from its lines and from the chain of heads before it."""
    counter = TileCounter(segment.first, heads)
    tree = Tree(0)
    skipped = segment.first % TILE
    tree.extend([bytes(32)] * skipped)  # so that tiles end where they do in the slot
    for commit in commits(segment):
        leaves = [leaf_hash(line) for line in commit.lines]
        counter.add(leaves, tree.extend(leaves), commit.closing)
    return counter.tiles()


def write_tiles(slot_folder: Path, tiles: Tiles) -> None:
    """Keeps the hashes beside the segment; they stay when the segment goes, so that proofs stay possible."""
    replace(tiles_path(slot_folder, tiles.first), msgspec.msgpack.encode(tiles))


def read_tiles(slot_folder: Path, first: int) -> Tiles | None:
    """The hashes kept for the segment; None if there are none that can be read."""
    try:
        tiles = msgspec.msgpack.decode(read_plain(tiles_path(slot_folder, first), MAX_BYTES), type=Tiles)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    whole = len(tiles.head) + len(tiles.tiles) * TILE + len(tiles.tail) == tiles.end - first
    return tiles if whole and tiles.first == first else None


def chain_of_tiles(slot_folder: Path, until: int) -> Iterable[Tiles]:
    """The hashes of segment after segment, also of those that retention removed, until `until` leaves are reached."""
    present = {segment.first: segment for segment in segments(slot_folder)}
    index, heads = 0, NO_HEADS
    while index < until:
        tiles = read_tiles(slot_folder, index)
        if tiles is None:
            if index not in present:
                raise LedgerTampered(f"the records from {index:,} on are missing", where=slot_folder)
            tiles = tiles_of(present[index], heads)
        if tiles.end <= index:
            raise LedgerTampered("the records end before those that were signed", where=slot_folder)
        yield tiles
        index, heads = tiles.end, tiles.heads


def tiles_path(slot_folder: Path, first: int) -> Path:
    return slot_folder / f"{first:020d}{SUFFIX}"
