"""What a ledger must still hold: the sizes and roots that signed notes give, wherever the notes were kept."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from bartizan.ledger.checkpoint import CHECKPOINT_FILE, TOP_FILE
from bartizan.ledger.errors import LedgerTampered, NoteError
from bartizan.ledger.files import read_plain
from bartizan.ledger.merkle import Hash
from bartizan.ledger.note import MAX_NOTE_BYTES, Checkpoint, TopNote, Verifier, open_note
from bartizan.ledger.segment import segments, slots
from bartizan.ledger.tiles import Tiles
from bartizan.ledger.vault import Vault


class Fault(msgspec.Struct, frozen=True):
    """One thing that is not as it was signed."""

    what: str
    where: str
    slot: int | None = None


class Target(msgspec.Struct, frozen=True):
    """A size and root that a slot's tree must pass through, and which note says so."""

    size: int
    root: Hash
    said_by: str
    heads: Hash | None = None
    """The chain over head lines, if the note signs it: a checkpoint does, a top note does not."""


class Targets:
    """The targets of each slot; a note that cannot be trusted is a fault."""

    def __init__(self, keys: Vault | Sequence[Verifier]) -> None:
        self.vault = keys if isinstance(keys, Vault) else None
        self.by_slot: dict[int, list[Target]] = {}
        self.faults: list[Fault] = []
        self._verifiers = keys.verifiers if isinstance(keys, Vault) else tuple(keys)

    def add(self, note: bytes, said_by: str, where: str, about: str = "") -> None:
        """Takes in a checkpoint or top note; `about` names the slot that it must be about."""
        try:
            for slot, target in self._opened(note, said_by, about):
                self.by_slot.setdefault(slot, []).append(target)
        except NoteError as error:
            self.faults.append(Fault(f"{said_by} cannot be trusted: {error}", where))

    def retired(self, slot_folder: Path, tiles: Tiles) -> bool:
        """True if a signed statement says that retention removed the segment that had these hashes."""
        path = slot_folder / f"{tiles.first:020d}.gone"
        try:
            text, _ = open_note(read_plain(path, MAX_NOTE_BYTES), self._verifiers)
        except (FileNotFoundError, NoteError):
            return False
        origin, *said = text.split("\n")
        return origin.endswith(f"/{slot_folder.name}/gone") and said[:3] == [
            slot_folder.name,
            str(tiles.first),
            str(tiles.end - 1),
        ]

    def _opened(self, note: bytes, said_by: str, about: str) -> list[tuple[int, Target]]:
        text, _ = open_note(note, self._verifiers)
        origin = text.partition("\n")[0]
        what = origin.rpartition("/")[2]
        foreign = self.vault is not None and origin != self.vault.origin(what)
        if foreign or not origin.startswith("bartizan/") or (about and what != about):
            raise NoteError("a note is about another log", where=origin[:80])
        if what == "top":
            return [(head.slot, Target(head.size, head.root, said_by)) for head in TopNote.parse(text).heads]
        if not what.isdecimal():
            raise NoteError("a note is about no slot", where=origin[:80])
        checkpoint = Checkpoint.parse(text)
        return [(int(what), Target(checkpoint.size, checkpoint.root, said_by, checkpoint.heads))]


def targets_of(folder: Path, keys: Vault | Sequence[Verifier], against: bytes | None) -> Targets:
    """The targets from the ledger's own notes, from the vault's memory if there is one, and from the kept note."""
    targets = Targets(keys)
    found = slots(folder)
    for slot in found:
        path = folder / str(slot) / CHECKPOINT_FILE
        # A writer that died between taking its slot and its first checkpoint left a folder without segments.
        if path.exists() or segments(folder / str(slot)):
            _add_file(targets, path, f"slot {slot}'s checkpoint", str(slot))
    if found or (folder / TOP_FILE).exists():
        _add_file(targets, folder / TOP_FILE, "the top note", "top")
    if targets.vault:
        for slot in targets.vault.remembered_slots():
            note = targets.vault.remembered_checkpoint(slot) or b""
            targets.add(note, f"the vault's memory of slot {slot}", str(targets.vault.folder), str(slot))
    if against is not None:
        targets.add(against, "the kept note", "")
    return targets


def _add_file(targets: Targets, path: Path, said_by: str, about: str) -> None:
    try:
        targets.add(read_plain(path, MAX_NOTE_BYTES), said_by, str(path), about)
    except FileNotFoundError:
        targets.faults.append(Fault(f"{said_by} is missing", str(path)))
    except LedgerTampered as error:
        targets.faults.append(Fault(error.what, str(path)))
