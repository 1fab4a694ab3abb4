"""Private files: made for their owner alone, replaced whole or not at all, never through a link."""

import errno
import os
import secrets
import stat
from io import BufferedReader
from pathlib import Path

from bartizan.kernel import BartizanError
from bartizan.ledger.errors import LedgerError, LedgerTampered

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def replace(path: Path, content: bytes) -> None:
    """Makes `path` hold `content`, durably: a reader sees the old bytes or the new ones, also after a crash."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def open_plain(path: Path) -> BufferedReader:
    """A regular file to read. Whoever can write to the folder may have put a link, a pipe or a device there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENXIO):
            raise
        raise LedgerTampered(f"{path.name} is no plain file", where=path, todo="Remove it.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise LedgerTampered(f"{path.name} is no plain file", where=path, todo="Remove it.")
    return os.fdopen(descriptor, "rb")


def read_plain(path: Path, most: int) -> bytes:
    """The content of a regular file of at most so many bytes."""
    with open_plain(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise LedgerTampered(f"{path.name} has more than {most:,} bytes", where=path)
    return content


def make_folder(path: Path) -> None:
    """Makes a folder for the owner alone, and those above it, if they are missing."""
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=PRIVATE_FOLDER)
    except FileExistsError:
        return
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_own(path: Path, error: type[BartizanError] = LedgerError) -> None:
    """Refuses a file or folder that others could write to: in a folder they could replace whatever lies there."""
    found = path.stat()
    if found.st_uid not in (os.geteuid(), 0):
        raise error(f"{path.name} belongs to another user", where=path, todo=f"chown it to user {os.geteuid()}.")
    if found.st_mode & 0o022:
        raise error(f"others may write to {path.name}", where=path, todo=f"chmod go-w {path}")


def check_private(path: Path, mode: int, error: type[LedgerError] = LedgerError) -> None:
    """Refuses a file or folder that others could read or change, or that is another's."""
    found = path.lstat()
    kind = stat.S_ISDIR if mode == PRIVATE_FOLDER else stat.S_ISREG
    if not kind(found.st_mode):
        raise error(f"{path.name} is not a plain {'folder' if mode == PRIVATE_FOLDER else 'file'}", where=path)
    if found.st_uid != os.geteuid():
        raise error(f"{path.name} belongs to another user", where=path, todo=f"chown it to user {os.geteuid()}.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        shown = stat.S_IMODE(found.st_mode)
        raise error(f"{path.name} has mode {shown:04o}, not {mode:04o}", where=path, todo=f"chmod {mode:o} {path}")
