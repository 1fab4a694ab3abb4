"""The writer of one slot: it holds the slot's lock, its open segment and its tree, and makes commits durable."""

import fcntl
import os
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from bartizan.kernel import Event, Stamp, encode
from bartizan.ledger.checkpoint import last_signed, sign_checkpoint
from bartizan.ledger.disk import Disk, write_all
from bartizan.ledger.errors import LedgerError, LedgerTampered
from bartizan.ledger.files import PRIVATE_FILE, make_folder, sync_folder
from bartizan.ledger.merkle import Tree
from bartizan.ledger.recover import cut, head_claim, recover
from bartizan.ledger.segment import HeadLine, segment_name, slots
from bartizan.ledger.tiles import TileCounter, write_tiles
from bartizan.ledger.vault import Vault

MAX_SLOTS = 4096


class LedgerOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a ledger writes."""

    segment_bytes: int = 32 << 20
    """A segment is closed after the commit that brings it past this."""
    segment_age_s: float = 86_400.0
    """A segment is closed by the first commit that finds it older than this."""
    checkpoint_every_s: float = 10.0
    """New records are covered by a signed checkpoint within this time, while the process lives."""
    on_failure: Literal["closed", "open"] = "closed"
    """When records cannot be made durable: `closed` raises, `open` goes on and counts what it lost."""
    patience_s: float = 5.0
    """How long appends wait for a full disk to get room before that mode begins."""


USUAL = LedgerOptions()
SYSTEM = Disk()


class SlotWriter:
    """The only writer of its slot, for as long as it holds the lock."""

    def __init__(self, folder: Path, slot: int, lock: int, vault: Vault, options: LedgerOptions, disk: Disk) -> None:
        self.slot = slot
        self.cut_bytes = 0
        self.latest: float | None = None
        """When the last record found at the start was written."""
        self._folder, self._path = folder, folder / str(slot)
        self._lock, self._vault, self._options, self._disk = lock, vault, options, disk
        self._origin = vault.origin(str(slot))
        self._file = -1
        self._began = disk.now()
        self._tree, self._length, self._counter = Tree(), 0, TileCounter(0)
        self._open()

    @classmethod
    def take(cls, folder: Path, vault: Vault, options: LedgerOptions, disk: Disk) -> "SlotWriter":
        """The writer of the lowest slot that no living process holds."""
        make_folder(folder)
        for slot in range(MAX_SLOTS):
            if writer := cls.take_slot(folder, slot, vault, options, disk):
                return writer
        raise LedgerError(f"all {MAX_SLOTS:,} writer slots are taken", where=folder)

    @classmethod
    def take_slot(
        cls, folder: Path, slot: int, vault: Vault, options: LedgerOptions, disk: Disk
    ) -> "SlotWriter | None":
        """The writer of this slot, or None if a living process holds it or it was set aside."""
        if vault.retired(slot):
            return None
        lock = _locked(folder / str(slot))
        if lock is None:
            return None
        try:
            return cls(folder, slot, lock, vault, options, disk)
        except BaseException:
            os.close(lock)
            raise

    @property
    def size(self) -> int:
        return self._tree.size

    @property
    def unsigned(self) -> int:
        """The records that no checkpoint covers yet."""
        return self._tree.size - self._signed

    def commit(self, lines: list[bytes]) -> None:
        """Makes the lines durable with one sync, or leaves no trace of them and raises."""
        leaves = [sha256(b"\0" + line).digest() for line in lines]
        tree = self._tree.copy()
        completed = tree.extend(leaves)
        root = tree.root()
        seal = self._vault.seal(head_claim(self._origin, tree.size, root))
        head_line = HeadLine(tree.size, root, seal).line()
        content = b"\n".join([*lines, head_line, b""])
        self._check_untouched()
        try:
            write_all(self._disk, self._file, content)
            self._disk.sync(self._file)
        except OSError:
            os.ftruncate(self._file, self._length)
            raise
        self._tree = tree
        self._length += len(content)
        self._counter.add(leaves, completed, head_line)

    def due(self) -> bool:
        """True if the open segment is large or old enough to be closed."""
        old = self._disk.now() - self._began > self._options.segment_age_s
        return self._length >= self._options.segment_bytes or (old and self._length > 0)

    def rotate(self) -> None:
        """Closes the segment with its tiles and a checkpoint, and opens the next."""
        write_tiles(self._path, self._counter.tiles())
        self.checkpoint()
        self._start_segment()

    def checkpoint(self) -> None:
        """Signs the tree: it grew in this writer from the last signed one, so it cannot be a rewritten past."""
        sign_checkpoint(self._folder, self._vault, self.slot, self._tree.size, self._tree.root(), self._counter.heads)
        self._signed = self._tree.size

    def release(self) -> None:
        """Gives the slot up. In a forked child this leaves the parent's lock alone."""
        for descriptor in (self._file, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._lock = -1

    def _open(self) -> None:
        recovered = recover(self._folder, self.slot, self._vault)
        if recovered is None:
            self.checkpoint()
            self._start_segment()
            return
        if recovered.cut_bytes:
            cut(recovered)
        self.cut_bytes, self.latest = recovered.cut_bytes, recovered.latest
        self._tree, self._counter, self._length = recovered.tree, recovered.counter, recovered.length
        self._began = self._disk.now() if recovered.began is None else recovered.began
        signed = last_signed(self._folder, self._vault, self.slot)
        self._signed = signed.size if signed else 0
        self._file = os.open(recovered.segment.path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)

    def _start_segment(self) -> None:
        path = self._path / segment_name(self._tree.size)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        file = os.open(path, flags, PRIVATE_FILE)
        sync_folder(self._path)
        if self._file >= 0:
            os.close(self._file)
        self._file, self._length, self._began = file, 0, self._disk.now()
        self._counter = TileCounter(self._tree.size, self._counter.heads)

    def _check_untouched(self) -> None:
        found = os.fstat(self._file)
        if found.st_size != self._length or found.st_nlink != 1:
            raise LedgerTampered(
                f"slot {self.slot}'s open segment was changed by another: it has {found.st_size:,} bytes, "
                f"not {self._length:,}, and {found.st_nlink} names",
                where=self._path / segment_name(self._counter.first),
                todo="Find out who writes there; bartizan ledger verify says what changed.",
            )


def own_line(name: str, **data: str | int) -> bytes:
    """A line in which the ledger itself says what happened to it."""
    return encode(Stamp(actor="service:ledger")(Event(name, dict(data))))


def sign_idle(folder: Path, vault: Vault) -> dict[int, bool]:
    """Signs every slot that no process holds; False for those that are held, whose own writers sign within seconds."""
    signed = {}
    for slot in slots(folder):
        if vault.retired(slot):
            continue
        writer = SlotWriter.take_slot(folder, slot, vault, USUAL, SYSTEM)
        signed[slot] = writer is not None
        if writer is None:
            continue
        try:
            if writer.cut_bytes:
                writer.commit([own_line("ledger.tail-cut", slot=slot, size=writer.size, bytes=writer.cut_bytes)])
            writer.checkpoint()
        finally:
            writer.release()
    return signed


def set_aside(folder: Path, vault: Vault, slot: int) -> Path:
    """Keeps a slot that was tampered with as evidence, under another name, so that writers go on without it."""
    path = folder / str(slot)
    if not path.is_dir() or path.is_symlink():
        raise LedgerError(f"there is no slot {slot}", where=path)
    lock = _locked(path)
    if lock is None:
        raise LedgerError(f"slot {slot} is being written to", where=path, todo="Stop its writer first.")
    try:
        vault.retire_slot(slot)
        aside = folder / f"{slot}.aside"
        path.rename(aside)
        sync_folder(folder)
    finally:
        os.close(lock)
    return aside


def _locked(path: Path) -> int | None:
    """The open lock of a slot, or None if another writer holds it."""
    make_folder(path)
    if path.is_symlink():
        raise LedgerTampered("a writer slot is a link", where=path, todo="Remove it.")
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except BaseException:
        os.close(lock)
        raise
    return lock
