"""A backup of one installation in one file, made while writers write: nothing in it is later than what it needs."""

import io
import os
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bartizan.kernel import UsageError
from bartizan.ledger.archive import archiving
from bartizan.ledger.bundle import LEVEL, Manifest, Writer
from bartizan.ledger.checkpoint import CHECKPOINT_FILE, TOP_FILE
from bartizan.ledger.errors import LedgerError
from bartizan.ledger.files import PRIVATE_FILE, open_plain, read_plain, sync_folder
from bartizan.ledger.inventory import durable_bytes, filed_in
from bartizan.ledger.note import MAX_NOTE_BYTES
from bartizan.ledger.segment import slots
from bartizan.ledger.wrap import Wrapped
from bartizan.ledger.zstd import ZstdFile, writing

LEDGER, VAULT, PAYLOADS, POLICY, STATE = "ledger", "vault", "payloads", "policy", "state.db"
HASH_FILES = (".tiles", ".gone")
NOT_KEPT = frozenset({"lock"})


class Backup(msgspec.Struct, frozen=True):
    """What a backup holds."""

    path: Path
    manifest: Manifest
    bytes: int

    @property
    def with_state(self) -> bool:
        """False where the state lives in PostgreSQL, which has its own backups; it is also rebuilt from the ledger."""
        return STATE in self.manifest.files


def backup(data: Path, target: Path, *, now: datetime | None = None) -> Backup:
    """Writes ledger, vault, payloads, policy and state of the installation in `data` to the new file `target`."""
    if not (data / LEDGER).is_dir():
        raise LedgerError("there is no installation to back up", where=data, todo="bartizan up makes one.")
    if target.exists():
        raise UsageError("the file for the backup exists already", where=target)
    if not target.parent.is_dir():
        raise UsageError("there is no folder for the backup", where=target.parent)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with ZstdFile(file, "w", options=writing(LEVEL)) as out:
                manifest = _write(data, Writer(out), now or datetime.now(UTC))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)  # unlike a rename, this never replaces
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(target.parent)
    return Backup(target, manifest, target.stat().st_size)


def _write(data: Path, writer: Writer, now: datetime) -> Manifest:
    """Each part is taken before those that it may not be ahead of.

    The state follows the ledger, so it comes first. Notes cover lines, so they come before the lines. Records name
    payloads, so these come after the records, and the keys of the payloads last.
    """
    ledger = data / LEDGER
    _add_state(data / STATE, writer)
    with archiving(ledger) as alone:
        if not alone:
            raise LedgerError("another process packs or retains this ledger", where=ledger, todo="Try again.")
        remembered = _read_all(data, sorted((data / VAULT / "heads").glob("[0-9]*")))
        notes = _read_all(data, [ledger / TOP_FILE, *(ledger / str(slot) / CHECKPOINT_FILE for slot in slots(ledger))])
        heads = {str(slot): _add_slot(data, slot, writer) for slot in slots(ledger)}
    for name, content in (notes | remembered).items():
        writer.add(name, io.BytesIO(content), len(content))
    for folder in (PAYLOADS, POLICY):
        for path in _plain_files(data / folder):
            _add_file(path, path.relative_to(data).as_posix(), writer)
    with _vault_locked(data / VAULT):
        for path in _plain_files(data / VAULT):
            name = path.relative_to(data).as_posix()
            if not name.startswith(f"{VAULT}/heads/"):
                _add_file(path, name, writer)
    return writer.close(now.isoformat(timespec="seconds"), heads)


def _add_state(path: Path, writer: Writer) -> None:
    """A copy that SQLite itself makes, consistent while others write."""
    if not path.is_file():
        return
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as scratch:
        copy = Path(scratch) / STATE
        try:
            with (
                closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as state,
                closing(sqlite3.connect(copy)) as to,
            ):
                state.backup(to)
        except sqlite3.Error as error:
            raise LedgerError(f"the state cannot be backed up: {error}", where=path) from None
        _add_file(copy, STATE, writer)


def _add_slot(data: Path, slot: int, writer: Writer) -> int:
    """Adds what a slot has by now: closed segments whole, the open one up to its last head line; its records."""
    size = 0
    for each in filed_in(data / LEDGER, slot):
        stop = each.path.stat().st_size
        if each.open:
            stop, found = durable_bytes(each.segment)
            size = each.first if found is None else found
        _add_file(each.path, each.path.relative_to(data).as_posix(), writer, stop)
    for path in sorted((data / LEDGER / str(slot)).iterdir()):
        if path.suffix in HASH_FILES and not path.name.startswith("."):
            _add_file(path, path.relative_to(data).as_posix(), writer)
    return size


def _add_file(path: Path, name: str, writer: Writer, size: int | None = None) -> None:
    with open_plain(path) as file:
        writer.add(name, file, os.fstat(file.fileno()).st_size if size is None else size)


def _read_all(data: Path, paths: list[Path]) -> dict[str, bytes]:
    return {path.relative_to(data).as_posix(): read_plain(path, MAX_NOTE_BYTES) for path in paths if path.is_file()}


def _plain_files(folder: Path) -> Iterator[Path]:
    """The files below a folder, without drafts and locks; a link has no place there."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_symlink():
            raise LedgerError("a link lies among the installation's files", where=path, todo="Remove it.")
        if path.is_file() and path.name not in NOT_KEPT and not path.name.startswith("."):
            yield path


@contextmanager
def _vault_locked(vault: Path) -> Iterator[None]:
    """No key changes while they are copied."""
    if not vault.is_dir():
        raise LedgerError("there is no vault beside the ledger", where=vault)
    with Wrapped(vault).locked():
        yield
