"""Opening a slot to write: its files must continue what was signed, and a torn tail is cut."""

import os
from pathlib import Path

import msgspec

from bartizan.kernel import HostileInput, RecordTooNew, decode
from bartizan.ledger.checkpoint import last_signed
from bartizan.ledger.errors import LedgerTampered
from bartizan.ledger.merkle import NO_HEADS, Hash, Tree, leaf_hash
from bartizan.ledger.note import Checkpoint
from bartizan.ledger.segment import HEAD_MARK, HeadLine, Segment, commits, segments
from bartizan.ledger.tiles import TileCounter, chain_of_tiles
from bartizan.ledger.vault import Vault

SET_ASIDE = "bartizan ledger verify says more; bartizan ledger set-aside lets writers go on without the slot."


class Recovered(msgspec.Struct, frozen=True):
    """Where a slot stands: its open segment, and the tree over all of its records."""

    segment: Segment
    length: int
    """The bytes of the open segment up to the last commit that counts."""
    cut_bytes: int
    """Bytes after that: a commit that was never finished, so never acknowledged."""
    tree: Tree
    counter: TileCounter
    began: float | None
    """When the segment's first record was written, as seconds since 1970."""
    latest: float | None
    """When its last record was written."""


def recover(folder: Path, slot: int, vault: Vault) -> Recovered | None:
    """What the slot holds; None if nothing was ever written. Refuses files that do not continue what was signed."""
    slot_folder = folder / str(slot)
    found = segments(slot_folder)
    signed = last_signed(folder, vault, slot)
    if not found:
        if signed is not None and signed.size > 0:
            raise LedgerTampered(
                f"slot {slot} held {signed.size:,} records, and its segments are gone",
                where=slot_folder,
                todo=SET_ASIDE,
            )
        return None
    if signed is None:
        raise LedgerTampered(f"slot {slot} has segments and was never signed", where=slot_folder, todo=SET_ASIDE)
    if found[-1].packed:
        raise LedgerTampered(f"slot {slot} has lost its open segment", where=found[-1].path, todo=SET_ASIDE)
    return _replayed(slot_folder, found[-1], signed, vault)


def head_claim(origin: str, size: int, root: Hash) -> bytes:
    """What the writer seals on a head line, so that at the next start no stranger's lines pass for its own."""
    return f"head {origin} {size} ".encode() + root


def cut(recovered: Recovered) -> None:
    """Cuts the torn tail off the open segment."""
    descriptor = os.open(recovered.segment.path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        os.ftruncate(descriptor, recovered.length)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replayed(slot_folder: Path, last: Segment, signed: Checkpoint, vault: Vault) -> Recovered:
    """Grows the tree over everything, checking that it passes through the signed root."""
    tree, heads = Tree(), NO_HEADS
    for tiles in chain_of_tiles(slot_folder, last.first):
        tiles.grow(tree)
        heads = tiles.heads
    counter = TileCounter(last.first, heads)
    if tree.size != last.first:
        raise LedgerTampered("the open segment does not follow the one before", where=last.path, todo=SET_ASIDE)
    passed = (tree.size, tree.root(), heads) == (signed.size, signed.root, signed.heads)
    length, began, latest = 0, None, None
    try:
        for commit in commits(last):
            leaves = [leaf_hash(line) for line in commit.lines]
            grown = tree.copy()
            completed = grown.extend(leaves)
            _check_head(commit.head, grown.root(), signed.origin, vault, last)
            tree = grown
            counter.add(leaves, completed, commit.closing)
            if tree.size == signed.size:
                passed = (commit.head.root, counter.heads) == (signed.root, signed.heads)
            length, latest = commit.end, _time(commit.lines[-1])
            began = _time(commit.lines[0]) if began is None else began
    except LedgerTampered:
        if not _one_torn_commit(last, length):
            raise
    if not passed:
        raise LedgerTampered(
            f"the slot's records do not continue its checkpoint of {signed.size:,} records",
            where=slot_folder,
            todo=SET_ASIDE,
        )
    return Recovered(last, length, last.path.stat().st_size - length, tree, counter, began, latest)


def _check_head(head: HeadLine, root: Hash, origin: str, vault: Vault, segment: Segment) -> None:
    if head.root != root:
        raise LedgerTampered(
            f"the records up to {head.size:,} do not have their head's root", where=segment.path, todo=SET_ASIDE
        )
    if not vault.seals(head_claim(origin, head.size, head.root), head.seal):
        raise LedgerTampered(
            f"the records up to {head.size:,} were not written by this installation", where=segment.path, todo=SET_ASIDE
        )


def _one_torn_commit(segment: Segment, length: int) -> bool:
    """True if at most one commit follows: a power cut can leave its pages half written, head line and all."""
    rest = segment.path.read_bytes()[length:]
    mark = rest.find(HEAD_MARK)
    return mark < 0 or rest.find(b"\n", mark + 1) == len(rest) - 1


def _time(line: bytes) -> float | None:
    try:
        return decode(line).at.timestamp()
    except (HostileInput, RecordTooNew):
        return None
