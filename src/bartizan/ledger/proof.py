"""Proofs from the files: that a record is in a signed tree, and that one signed tree extends another."""

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bartizan.kernel import HostileInput, RecordTooNew, decode
from bartizan.ledger.checkpoint import CHECKPOINT_FILE
from bartizan.ledger.errors import LedgerError, NoteError
from bartizan.ledger.files import read_plain
from bartizan.ledger.merkle import (
    TILE,
    Hash,
    consistency_path,
    consistent,
    included,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_of,
    split,
)
from bartizan.ledger.note import MAX_NOTE_BYTES, Checkpoint, Verifier, open_note
from bartizan.ledger.read import Cursor, Position
from bartizan.ledger.segment import commits, segments, slots
from bartizan.ledger.tiles import Tiles, chain_of_tiles


class Inclusion(msgspec.Struct, frozen=True):
    """That a line is the leaf `index` of the tree that the checkpoint signs."""

    index: int
    path: tuple[Hash, ...]
    checkpoint: bytes

    def text(self) -> str:
        """The proof in the C2SP form `tlog-proof`."""
        hashes = "".join(f"{b64encode(step).decode()}\n" for step in self.path)
        return f"c2sp.org/tlog-proof@v1\nindex {self.index}\n{hashes}\n{self.checkpoint.decode()}"

    def proves(self, line: bytes, verifiers: Sequence[Verifier]) -> bool:
        """True if the signed tree holds exactly this line at the index."""
        tree = _opened(self.checkpoint, verifiers)
        return included(leaf_hash(line), self.index, tree.size, self.path, tree.root)


class Consistency(msgspec.Struct, frozen=True):
    """That the tree of the newer checkpoint begins with the whole tree of the older."""

    older: bytes
    path: tuple[Hash, ...]
    checkpoint: bytes

    def proves(self, verifiers: Sequence[Verifier]) -> bool:
        """True if nothing that the older checkpoint covers was changed or dropped."""
        old, new = _opened(self.older, verifiers), _opened(self.checkpoint, verifiers)
        return old.origin == new.origin and consistent(old.size, old.root, new.size, new.root, self.path)


def prove_inclusion(folder: Path, position: Position, verifiers: Sequence[Verifier]) -> Inclusion:
    """The proof that the record at this position is under its slot's latest checkpoint."""
    note, tree = latest_checkpoint(folder, position.slot, verifiers)
    if not 0 <= position.index < tree.size:
        raise LedgerError(
            f"record {position.index:,} of slot {position.slot} is under no checkpoint yet",
            where=folder,
            todo="A running writer signs within seconds; bartizan ledger checkpoint signs an idle slot.",
        )
    path = inclusion_path(position.index, tree.size, Hashes(folder / str(position.slot), tree.size).root_of_range)
    return Inclusion(position.index, tuple(path), note)


def prove_consistency(folder: Path, older: bytes, verifiers: Sequence[Verifier]) -> Consistency:
    """The proof that a slot's latest checkpoint extends the one that was kept."""
    old = _opened(older, verifiers)
    slot = old.origin.rpartition("/")[2]
    if not slot.isdecimal():
        raise NoteError("a consistency proof starts from a slot's checkpoint", where=old.origin)
    note, new = latest_checkpoint(folder, int(slot), verifiers)
    if new.size < old.size:
        raise LedgerError(f"slot {slot} has fewer records than the kept note covers", where=folder)
    path = consistency_path(old.size, new.size, Hashes(folder / slot, new.size).root_of_range)
    return Consistency(older, tuple(path), note)


def latest_checkpoint(folder: Path, slot: int, verifiers: Sequence[Verifier]) -> tuple[bytes, Checkpoint]:
    """A slot's latest checkpoint, as a note and opened."""
    path = folder / str(slot) / CHECKPOINT_FILE
    if not path.is_file():
        raise LedgerError(f"slot {slot} has no checkpoint", where=path)
    note = read_plain(path, MAX_NOTE_BYTES)
    return note, _opened(note, verifiers)


def find(folder: Path, id: str) -> Position | None:
    """Where the record with this id stands; None if no slot holds it."""
    wanted = f'"id":"{id}"'.encode()
    for slot in slots(folder):
        for commit in Cursor(folder / str(slot), slot).commits():
            for index, line in enumerate(commit.lines, commit.first):
                if wanted in line and _id_of(line) == id:
                    return Position(slot, index)
    return None


def line_at(folder: Path, position: Position) -> bytes:
    """The line at a position, byte for byte as it was written."""
    slot_folder = folder / str(position.slot)
    for commit in Cursor(slot_folder, position.slot, position.index).commits():
        if commit.first <= position.index < commit.head.size:
            return commit.lines[position.index - commit.first]
    raise LedgerError(f"slot {position.slot} holds no record {position.index:,}", where=slot_folder)


class Hashes:
    """The hashes of a slot's tree, from the tiles; only tiles that a proof cuts through are hashed again."""

    def __init__(self, slot_folder: Path, size: int) -> None:
        self._folder = slot_folder
        self._tiles: dict[int, Hash] = {}
        self._leaves: dict[int, Hash] = {}
        for part in chain_of_tiles(slot_folder, size):
            self._take(part)
        self._known: dict[tuple[int, int], Hash] = {}

    def root_of_range(self, low: int, high: int) -> Hash:
        """The root over the leaves from `low` up to `high`, as RFC 6962 splits them."""
        key = (low, high)
        if key not in self._known:
            self._known[key] = self._computed(low, high)
        return self._known[key]

    def _computed(self, low: int, high: int) -> Hash:
        if high - low == TILE and low % TILE == 0:
            return self._tile(low // TILE)
        if high - low < TILE and low // TILE == (high - 1) // TILE:
            return root_of([self._leaf(index) for index in range(low, high)])
        middle = low + split(high - low)
        return node_hash(self.root_of_range(low, middle), self.root_of_range(middle, high))

    def _take(self, part: Tiles) -> None:
        self._leaves.update(enumerate(part.head, part.first))
        first_tile = (part.first + len(part.head)) // TILE
        self._tiles.update(enumerate(part.tiles, first_tile))
        self._leaves.update(enumerate(part.tail, part.end - len(part.tail)))

    def _tile(self, number: int) -> Hash:
        if number not in self._tiles:  # it straddles two segments
            self._tiles[number] = root_of([self._leaf(number * TILE + place) for place in range(TILE)])
        return self._tiles[number]

    def _leaf(self, index: int) -> Hash:
        if index not in self._leaves:
            self._hash_tile_again(index // TILE * TILE)
        return self._leaves[index]

    def _hash_tile_again(self, low: int) -> None:
        """Reads the lines of one tile, and hashes them."""
        holders = [segment for segment in segments(self._folder) if segment.first < low + TILE]
        for segment in holders[-1:]:
            for commit in commits(segment):
                for index, line in enumerate(commit.lines, commit.first):
                    if low <= index < low + TILE:
                        self._leaves[index] = leaf_hash(line)
                if commit.head.size >= low + TILE:
                    break
        if low not in self._leaves:
            raise LedgerError(
                f"the records from {low:,} on were removed, and no proof can pass through them", where=self._folder
            )


def _opened(note: bytes, verifiers: Sequence[Verifier]) -> Checkpoint:
    return Checkpoint.parse(open_note(note, verifiers)[0])


def _id_of(line: bytes) -> str | None:
    try:
        return decode(line).id
    except (HostileInput, RecordTooNew):
        return None
