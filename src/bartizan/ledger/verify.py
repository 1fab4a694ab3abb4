"""Verifying: every line hashed again, against the head lines, the signed checkpoints, and notes kept elsewhere."""

import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TypeAlias

import msgspec

from bartizan.kernel.record import VERSION
from bartizan.ledger.errors import LedgerTampered
from bartizan.ledger.merkle import Tree, leaf_hash
from bartizan.ledger.note import Verifier
from bartizan.ledger.read import Cursor
from bartizan.ledger.recover import head_claim
from bartizan.ledger.segment import CHUNK_BYTES, Commit, HeadLine, Segment, segments, slots
from bartizan.ledger.targets import Fault, Targets, targets_of
from bartizan.ledger.tiles import TileCounter, read_tiles, tiles_path
from bartizan.ledger.vault import Vault

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many segments are done, of how many."""
READABLE = f'{{"v":{VERSION},'.encode()


class SlotState(msgspec.Struct, frozen=True):
    """What was found in one slot."""

    slot: int
    records: int
    signed: int
    """How many of them a signed note covers."""
    too_new: int = 0
    """Lines that this version of Bartizan cannot read; their hashes were checked all the same."""
    torn_bytes: int = 0
    """Bytes after the last head line: a commit that is being written, or never was finished."""


class Verification(msgspec.Struct, frozen=True):
    """The outcome: sound, or the faults."""

    slots: tuple[SlotState, ...]
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        return not self.faults

    @property
    def records(self) -> int:
        return sum(state.records for state in self.slots)


def verify(
    folder: Path,
    keys: Vault | Sequence[Verifier],
    *,
    against: bytes | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Verification:
    """Checks every line of every slot; with a vault also what the vault remembers to have signed.

    `against` is a checkpoint or top note that was kept elsewhere: the ledger must still hold all that it covers.
    """
    # The notes are read before the lines: writers may go on, and lines only ever follow those signed.
    targets = targets_of(folder, keys, against)
    faults, states = list(targets.faults), []
    total = sum(len(segments(folder / str(slot))) for slot in slots(folder))
    entered = count(0)
    for slot in sorted({*slots(folder), *targets.by_slot}):
        check = SlotCheck(folder / str(slot), slot, targets, lambda: progress(next(entered), total))
        faults += check.run()
        states.append(check.state())
    return Verification(tuple(states), tuple(faults))


class SlotCheck:
    """One pass over a slot."""

    def __init__(self, slot_folder: Path, slot: int, targets: Targets, entering: Callable[[], None]) -> None:
        self._folder, self._slot, self._notes = slot_folder, slot, targets
        self._entering = entering
        """Called when a segment begins."""
        self._targets = sorted(targets.by_slot.get(slot, []), key=lambda target: target.size)
        self._signed = max((target.size for target in self._targets), default=0)
        self._tree = Tree()
        self._too_new = self._torn_bytes = 0
        self._segment: Segment | None = None
        self._counter = TileCounter(0)

    def run(self) -> list[Fault]:
        """The faults; the pass ends at the first that leaves the lines after it unprovable."""
        faults: list[Fault] = []
        try:
            self._pass()
        except (LedgerTampered, OSError) as error:
            where = getattr(error, "where", "") or str(self._folder)
            faults.append(Fault(getattr(error, "what", None) or str(error), where, self._slot))
        return faults

    def state(self) -> SlotState:
        return SlotState(
            self._slot, self._tree.size, min(self._signed, self._tree.size), self._too_new, self._torn_bytes
        )

    def _pass(self) -> None:
        self._grow_over_removed()
        cursor = Cursor(self._folder, self._slot, self._tree.size)
        self._check_targets()
        head: HeadLine | None = None
        for commit in cursor.commits():
            self._enter(cursor.segment)
            self._check_commit(commit)
            head = commit.head
        self._enter(cursor.segment)
        self._torn_bytes = cursor.torn_bytes
        self._check_copies()
        self._check_seal(head)
        for target in self._targets:
            raise self._fault(f"{target.said_by} covers {target.size:,} records, and {self._tree.size:,} are here")

    def _grow_over_removed(self) -> None:
        """Starts the tree with the hashes of what retention removed, if a signed statement says so."""
        found = segments(self._folder)
        while found and self._tree.size < found[0].first:
            first = self._tree.size
            tiles = read_tiles(self._folder, first)
            if tiles is None or tiles.end > found[0].first or not self._notes.retired(self._folder, tiles):
                raise self._fault(f"the records from {first:,} to {found[0].first - 1:,} are missing")
            tiles.grow(self._tree)
            self._counter = TileCounter(tiles.end, tiles.heads)
            self._check_targets()

    def _enter(self, segment: Segment | None) -> None:
        """Goes on to the next segment, if this is another; the one before is then closed."""
        if segment is not None and segment != self._segment:
            if self._segment is not None:
                self._check_tiles()
            self._entering()
            self._segment, self._counter = segment, TileCounter(segment.first, self._counter.heads)

    def _check_commit(self, commit: Commit) -> None:
        leaves = [leaf_hash(line) for line in commit.lines]
        self._counter.add(leaves, self._tree.extend(leaves), commit.closing)
        if commit.head.root != self._tree.root():
            raise self._fault(f"a line among records {commit.first:,} to {commit.head.size - 1:,} was changed")
        self._too_new += sum(not line.startswith(READABLE) for line in commit.lines)
        self._check_targets()

    def _check_targets(self) -> None:
        """Compares with the notes whose trees end here; each was signed where a commit ended."""
        while self._targets and self._targets[0].size <= self._tree.size:
            target = self._targets.pop(0)
            if target.size < self._tree.size:
                raise self._fault(
                    f"the commit of record {target.size:,}, up to which {target.said_by} goes, was changed"
                )
            if target.root != self._tree.root():
                raise self._fault(f"the first {target.size:,} records are not those that {target.said_by} covers")
            if target.heads not in (None, self._counter.heads):
                raise self._fault(f"a head line before record {target.size:,} was changed or dropped")

    def _check_tiles(self) -> None:
        """The hashes kept beside a closed segment must be those of its lines."""
        path = tiles_path(self._folder, self._counter.first)
        if os.path.lexists(path) and read_tiles(self._folder, self._counter.first) != self._counter.tiles():
            raise LedgerTampered("the hashes kept for a segment were changed", where=path)

    def _check_seal(self, head: HeadLine | None) -> None:
        """With the vault at hand: the last commit was written by this installation, though it may not be signed yet."""
        vault = self._notes.vault
        if head is not None and vault is not None:
            claim = head_claim(vault.origin(str(self._slot)), head.size, head.root)
            if not vault.seals(claim, head.seal):
                raise self._fault("the last head line was not written by this installation")

    def _check_copies(self) -> None:
        """A segment that has both its forms must say the same in both."""
        for segment in segments(self._folder):
            packed = segment.path.with_name(segment.path.name + ".zst")
            if not segment.packed and packed.exists() and _digest(segment) != _digest(Segment(segment.first, packed)):
                raise self._fault(f"the segment from {segment.first:,} on and its packed form differ")

    def _fault(self, what: str) -> LedgerTampered:
        return LedgerTampered(what, where=self._segment.path if self._segment else self._folder)


def _digest(segment: Segment) -> bytes:
    digest = sha256()
    with segment.open() as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.digest()
