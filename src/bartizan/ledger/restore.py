"""Restoring a backup: into an empty folder, from a file that is not trusted, and proven before it gets its name."""

import secrets
import shutil
from pathlib import Path

import msgspec

from bartizan.kernel import HostileInput, UsageError
from bartizan.ledger.backup import LEDGER, PAYLOADS, POLICY, STATE, VAULT
from bartizan.ledger.bundle import (
    MANIFEST,
    MAX_MANIFEST_BYTES,
    Kept,
    Manifest,
    Member,
    Stream,
    members,
    opened,
    write_new,
)
from bartizan.ledger.errors import LedgerError, LedgerTampered
from bartizan.ledger.files import PRIVATE_FOLDER, sync_folder
from bartizan.ledger.vault import Vault
from bartizan.ledger.verify import verify
from bartizan.ledger.wrap import make_private_folders

FOLDERS = frozenset({LEDGER, VAULT, PAYLOADS, POLICY})
ROOM_LEFT = 0.05
"""The share of the disk that a restored backup must leave free."""


def restore(path: Path, data: Path, *, against: bytes | None = None) -> Manifest:
    """Puts a backup back into `data`, which must be empty or missing; returns what it held.

    The ledger is verified with the vault that came with it. `against` is a note kept elsewhere: a backup that is older
    than the note, or not of that ledger, is refused.
    """
    if not path.is_file():
        raise UsageError("there is no such backup", where=path)
    if data.is_symlink() or (data.exists() and not (data.is_dir() and not any(data.iterdir()))):
        raise UsageError("a backup is restored into an empty folder only", where=data)
    data = data.absolute()
    data.parent.mkdir(parents=True, exist_ok=True)
    draft = data.with_name(f".{data.name}.{secrets.token_hex(8)}.draft")
    draft.mkdir(PRIVATE_FOLDER)
    try:
        manifest = _unpack(path, draft)
        _prove(draft, manifest, against)
        if data.exists():
            data.rmdir()
        draft.rename(data)
    except OSError as error:
        raise LedgerError(f"the backup cannot be restored: {error.strerror}", where=error.filename or data) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    sync_folder(data.parent)
    return manifest


def _unpack(path: Path, draft: Path) -> Manifest:
    disk = shutil.disk_usage(draft)
    with opened(path, max_bytes=int(disk.free - disk.total * ROOM_LEFT)) as stream:
        found: dict[str, Kept] = {}
        for member in members(stream):
            if member.name == MANIFEST:
                manifest = _read_manifest(member, stream)
                break
            if member.name in found:
                raise HostileInput(f"a backup holds a file twice: {member.name!r}", where=path)
            found[member.name] = _place(member, draft, path)
        else:
            raise HostileInput("a backup has no manifest", where=path)
    if manifest.files != found:
        wrong = min(
            name for name in manifest.files.keys() | found.keys() if manifest.files.get(name) != found.get(name)
        )
        raise HostileInput(f"a backup is not what its manifest says: {wrong!r} differs", where=path)
    return manifest


def _place(member: Member, draft: Path, path: Path) -> Kept:
    top = member.name.partition("/")[0]
    if member.name != STATE and (top not in FOLDERS or "/" not in member.name):
        raise HostileInput(f"a backup holds a file that has no place here: {member.name[:80]!r}", where=path)
    target = draft / member.name
    make_private_folders(target.parent, draft)
    return write_new(target, member)


def _read_manifest(member: Member, stream: Stream) -> Manifest:
    if member.size > MAX_MANIFEST_BYTES:
        raise HostileInput(f"a manifest has more than {MAX_MANIFEST_BYTES:,} bytes", where=stream.where)
    try:
        manifest = msgspec.json.decode(b"".join(member.pieces()), type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise HostileInput("a backup's manifest cannot be read", where=stream.where) from None
    if manifest.v != 1:
        raise LedgerError(f"a backup has form {manifest.v}, this Bartizan reads 1", todo="Upgrade Bartizan.")
    return manifest


def _prove(draft: Path, manifest: Manifest, against: bytes | None) -> None:
    """Refuses a ledger that is not sound, or not as far as the note that was kept of it."""
    found = verify(draft / LEDGER, Vault.open(draft / VAULT, create=False), against=against)
    if not found.sound:
        raise LedgerTampered(f"the backup is refused: {found.faults[0].what}", todo="Restore a later backup.")
    sizes = {str(state.slot): state.records for state in found.slots}
    if any(sizes.get(slot, 0) != size for slot, size in manifest.heads.items()):
        raise LedgerTampered("the backup is refused: its ledger has not the records that its manifest gives")
