"""The RFC 6962 Merkle tree: hashing, an incremental tree, and proofs with their checks."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

Hash: TypeAlias = bytes
RootOf: TypeAlias = Callable[[int, int], Hash]

TILE_LEVEL = 8
TILE = 1 << TILE_LEVEL
EMPTY_ROOT = sha256(b"").digest()
NO_HEADS = bytes(32)


def leaf_hash(line: bytes) -> Hash:
    """RFC 6962, 2.1: a leaf is hashed behind a zero byte."""
    return sha256(b"\0" + line).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """RFC 6962, 2.1: an inner node is hashed behind a one byte."""
    return sha256(b"\1" + left + right).digest()


def chained(heads: Hash, head_line: bytes) -> Hash:
    """The chain over head lines, with one more. A checkpoint signs it, so that not even a head line can be dropped."""
    return sha256(heads + head_line).digest()


class Tree:
    """A tree that grows: it keeps one hash per complete subtree on its right edge, whatever its size."""

    __slots__ = ("edge", "size")

    def __init__(self, size: int = 0, edge: Sequence[Hash | None] = ()) -> None:
        self.size = size
        self.edge: list[Hash | None] = list(edge)
        """At place k the root of the complete subtree of 2^k leaves on the right edge, if there is one."""

    def copy(self) -> "Tree":
        return Tree(self.size, self.edge)

    def extend(self, leaves: Iterable[Hash]) -> list[Hash]:
        """Adds leaf hashes; returns the roots of the tiles that they completed."""
        rising = list(leaves)
        self.size += len(rising)
        return self._rise(rising, 0)

    def extend_tiles(self, tiles: Iterable[Hash]) -> None:
        """Adds whole tiles by their roots, to a tree that consists of whole tiles."""
        rising = list(tiles)
        self.size += len(rising) * TILE
        self._rise(rising, TILE_LEVEL)

    def root(self) -> Hash:
        """The root of all leaves so far."""
        root: Hash | None = None
        for subtree in self.edge:
            if subtree is not None:
                root = subtree if root is None else node_hash(subtree, root)
        return EMPTY_ROOT if root is None else root

    def _rise(self, rising: list[Hash], level: int) -> list[Hash]:
        """Pairs nodes level by level, as a binary counter carries, but many at a time."""
        tiles: list[Hash] = []
        edge = self.edge
        while rising:
            if level == TILE_LEVEL:
                tiles = rising
            if level >= len(edge):
                edge.extend([None] * (level + 1 - len(edge)))
            waiting = edge[level]
            nodes = rising if waiting is None else [waiting, *rising]
            edge[level] = nodes[-1] if len(nodes) & 1 else None
            pairs = iter(nodes)
            rising = [sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
            level += 1
        return tiles


def root_of(leaves: Sequence[Hash]) -> Hash:
    """The root over these leaf hashes."""
    tree = Tree()
    tree.extend(leaves)
    return tree.root()


def inclusion_path(index: int, size: int, root_of_range: RootOf) -> list[Hash]:
    """The audit path of a leaf in the tree of `size` leaves (RFC 6962, 2.1.1)."""
    return _path(index, 0, size, root_of_range)


def consistency_path(old: int, size: int, root_of_range: RootOf) -> list[Hash]:
    """The proof that the tree of `size` leaves extends the one of `old` leaves (RFC 6962, 2.1.2)."""
    if old == 0 or old == size:
        return []
    return _subproof(old, 0, size, True, root_of_range)


def included(leaf: Hash, index: int, size: int, path: Sequence[Hash], root: Hash) -> bool:
    """True if the path leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, here = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            here = node_hash(step, here)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            here = node_hash(here, step)
        at, last = at >> 1, last >> 1
    return last == 0 and here == root


def consistent(old: int, old_root: Hash, size: int, root: Hash, path: Sequence[Hash]) -> bool:
    """True if the path shows that the larger tree extends the smaller (RFC 9162, 2.1.4.2)."""
    if old == 0 or old >= size:
        trivial = old_root == EMPTY_ROOT if old == 0 else old == size and old_root == root
        return trivial and not path
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    steps = list(path)
    if at:
        if not steps:
            return False
        first = steps.pop(0)
    else:
        first = old_root
    small = large = first
    for step in steps:
        if last == 0:
            return False
        if at & 1 or at == last:
            small, large = node_hash(step, small), node_hash(step, large)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            large = node_hash(large, step)
        at, last = at >> 1, last >> 1
    return last == 0 and small == old_root and large == root


def split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1


def _path(index: int, low: int, high: int, root_of_range: RootOf) -> list[Hash]:
    if high - low == 1:
        return []
    middle = low + split(high - low)
    if index < middle:
        return [*_path(index, low, middle, root_of_range), root_of_range(middle, high)]
    return [*_path(index, middle, high, root_of_range), root_of_range(low, middle)]


def _subproof(old: int, low: int, high: int, known: bool, root_of_range: RootOf) -> list[Hash]:
    """RFC 6962, 2.1.2: `known` while the subtree is one whose root the verifier has."""
    if old == high:
        return [] if known else [root_of_range(low, high)]
    middle = low + split(high - low)
    if old <= middle:
        return [*_subproof(old, low, middle, known, root_of_range), root_of_range(middle, high)]
    return [*_subproof(old, middle, high, False, root_of_range), root_of_range(low, middle)]
