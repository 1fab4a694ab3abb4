"""Signing what a slot holds: its checkpoint, the vault's memory of it, and the top note over all slots."""

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path

from bartizan.ledger.errors import LedgerTampered, NoteError
from bartizan.ledger.files import PRIVATE_FILE, read_plain, replace
from bartizan.ledger.merkle import Hash
from bartizan.ledger.note import MAX_NOTE_BYTES, Checkpoint, Head, TopNote
from bartizan.ledger.vault import Vault

CHECKPOINT_FILE = "checkpoint"
TOP_FILE = "top"


def sign_checkpoint(folder: Path, vault: Vault, slot: int, size: int, root: Hash, heads: Hash) -> bytes:
    """Signs the slot's tree; only the slot's writer may ask, whose tree grew from the last signed one."""
    note = vault.sign(Checkpoint(vault.origin(str(slot)), size, root, heads).text())
    replace(folder / str(slot) / CHECKPOINT_FILE, note)
    vault.remember_checkpoint(slot, note)
    sign_top(folder, vault)
    return note


def sign_top(folder: Path, vault: Vault) -> None:
    """Signs one note that lists the last signed head of every slot."""
    descriptor = os.open(folder / "top.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        signed = (last_signed(None, vault, slot) for slot in vault.remembered_slots())
        heads = tuple(Head(_slot(found), found.size, found.root) for found in signed if found)
        top = TopNote(vault.origin("top"), datetime.now(UTC).isoformat(timespec="seconds"), heads)
        replace(folder / TOP_FILE, vault.sign(top.text()))
    finally:
        os.close(descriptor)


def last_signed(folder: Path | None, vault: Vault, slot: int) -> Checkpoint | None:
    """The largest head ever signed for the slot, as the slot's folder and the vault remember it."""
    notes = [vault.remembered_checkpoint(slot)]
    if folder is not None and os.path.lexists(path := folder / str(slot) / CHECKPOINT_FILE):
        notes.append(read_plain(path, MAX_NOTE_BYTES))
    try:
        known = [Checkpoint.parse(vault.open_note(note, str(slot))) for note in notes if note is not None]
    except NoteError as error:
        raise LedgerTampered(
            f"the checkpoint of slot {slot} is not this vault's: {error}", where=folder or ""
        ) from None
    return max(known, key=lambda checkpoint: checkpoint.size, default=None)


def _slot(checkpoint: Checkpoint) -> int:
    return int(checkpoint.origin.rpartition("/")[2])
