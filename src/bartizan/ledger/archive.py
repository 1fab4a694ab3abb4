"""Closed segments become `.jsonl.zst` and get their Parquet file; the plain one goes when the packed one is proven."""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bartizan.kernel import BartizanError
from bartizan.ledger.errors import LedgerError, LedgerTampered
from bartizan.ledger.files import PRIVATE_FILE, make_folder, open_plain, replace, sync_folder
from bartizan.ledger.inventory import Filed, durable_bytes, filed
from bartizan.ledger.parquet import FOLDER, LAYOUT, drop_view_files, make_view_file, view_files
from bartizan.ledger.zstd import Unpacked, packed

LEVEL = 1
PIECE_BYTES = 1 << 20
AT_ONCE = 2


class Archived(msgspec.Struct, frozen=True):
    """What one run of `archive` did."""

    packed: tuple[Path, ...] = ()
    viewed: tuple[Path, ...] = ()
    refused: tuple[str, ...] = ()
    """One line for each segment that could not be packed or viewed, and why."""
    busy: bool = False
    """True if another process was at it, so that nothing was done."""


def archive(folder: Path, *, at_once: int | None = None) -> Archived:
    """Packs every closed segment of a ledger, and brings the Parquet view up to date."""
    with archiving(folder) as alone:
        if not alone:
            return Archived(busy=True)
        _remove_drafts(folder)
        _fit_layout(folder)
        viewed = view_files(folder)
        closed = [each for each in filed(folder) if not each.open]
        drop_view_files(set(viewed.values()) - {viewed.get(each.key) for each in closed})
        todo = [each for each in closed if not each.segment.packed or each.key not in viewed]
        with ThreadPoolExecutor(at_once or min(AT_ONCE, os.cpu_count() or 1)) as pool:
            results = list(pool.map(lambda each: _archive_one(folder, each, each.key in viewed), todo))
    return Archived(
        packed=tuple(path for each in results for path in each.packed),
        viewed=tuple(path for each in results for path in each.viewed),
        refused=tuple(line for each in results for line in each.refused),
    )


def pack(closed: Filed) -> Path:
    """Packs one closed segment; the plain file goes when the packed one is durable and unpacks to the same bytes."""
    size = closed.path.stat().st_size
    if durable_bytes(closed.segment)[0] != size:
        raise LedgerTampered(
            "a closed segment does not end in a head line", where=closed.path, todo="bartizan ledger verify says more."
        )
    target = closed.packed_path
    digest = _digest_of_plain(closed.path)
    if not target.exists():
        _write_packed(closed.path, target, digest)
    elif digest_of_packed(target) != digest:
        raise LedgerTampered(
            "a segment and its packed form differ", where=closed.path, todo="bartizan ledger verify says more."
        )
    closed.path.unlink()
    sync_folder(target.parent)
    return target


def digest_of_packed(path: Path) -> str | None:
    """The SHA-256 of what a packed segment unpacks to, in hex; None if it cannot be unpacked."""
    digest = hashlib.sha256()
    try:
        for piece in unpacked(path):
            digest.update(piece)
    except LedgerTampered:
        return None
    return digest.hexdigest()


def unpacked(path: Path) -> Iterator[bytes]:
    """The bytes of a packed segment, piece by piece."""
    with Unpacked(open_plain(path), path) as file:
        yield from iter(lambda: file.read(PIECE_BYTES), b"")


@contextmanager
def archiving(folder: Path) -> Iterator[bool]:
    """Holds the lock under which closed files are packed and removed; False if another process has it."""
    if not folder.is_dir():
        raise LedgerError("there is no ledger", where=folder, todo="bartizan up makes one.")
    descriptor = os.open(folder / "archive.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _archive_one(folder: Path, closed: Filed, viewed: bool) -> Archived:
    """Views, then packs one segment; what is wrong with one must not keep the others waiting."""
    steps: list[Callable[[], Archived]] = []
    if not viewed:
        steps.append(lambda: Archived(viewed=(make_view_file(folder, closed),)))
    if not closed.segment.packed:
        steps.append(lambda: Archived(packed=(pack(closed),)))
    done = Archived()
    for step in steps:
        try:
            result = step()
        except (BartizanError, OSError) as error:
            result = Archived(refused=(str(error),))
        done = Archived(done.packed + result.packed, done.viewed + result.viewed, done.refused + result.refused)
    return done


def _digest_of_plain(path: Path) -> str:
    with open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_packed(source: Path, target: Path, digest: str) -> None:
    """Packs into a draft, proves the draft, and only then gives it its name."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file, open_plain(source) as plain:
            pieces = iter(lambda: plain.read(PIECE_BYTES), b"")
            file.writelines(packed(pieces, source.stat().st_size, LEVEL))
            file.flush()
            os.fsync(file.fileno())
        if digest_of_packed(draft) != digest:
            raise LedgerError("a packed segment did not unpack to the same bytes", where=source, todo="Try again.")
        draft.rename(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def _remove_drafts(folder: Path) -> None:
    """Removes what a killed run left; whoever calls holds the lock, so no draft is being written."""
    for pattern in ("*/.*.draft", f"{FOLDER}/*/.*.draft"):
        for draft in folder.glob(pattern):
            draft.unlink()


def _fit_layout(folder: Path) -> None:
    """Drops a view that another version of Bartizan made with other columns."""
    layout = folder / FOLDER / "layout"
    if layout.is_file() and layout.read_text() == LAYOUT:
        return
    drop_view_files(view_files(folder).values())
    make_folder(layout.parent)
    replace(layout, LAYOUT.encode())
