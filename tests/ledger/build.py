"""What the ledger's tests build on: small ledgers, and disks that fail."""

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

from bartizan.kernel import Event, Record, Stamp
from bartizan.ledger import Ledger, LedgerOptions, Vault, read
from bartizan.ledger.disk import Disk

STAMP = Stamp(actor="service:test")


def event(number: int, **data: object) -> Record:
    return STAMP(Event("test.event", {"number": number, **data}))


def events(count: int) -> list[Record]:
    return [event(number) for number in range(count)]


def open_vault(home: Path) -> Vault:
    return Vault.open(home / "vault")


def build(home: Path, commits: list[int], options: LedgerOptions | None = None) -> list[Record]:
    """A closed ledger in `home` whose commits have these many records; returns them in order."""
    written = []
    with Ledger(home / "ledger", open_vault(home), options or LedgerOptions()) as ledger:
        for count in commits:
            records = events(count)
            ledger.append(records)
            written += records
    return written


def everything(home: Path) -> list[Record]:
    return [record for _, record in read(home / "ledger")]


def names(home: Path) -> list[str]:
    """The names of all events, in order."""
    return [record.body.name for record in everything(home) if isinstance(record.body, Event)]


def open_segment(home: Path, slot: int = 0) -> Path:
    return max((home / "ledger" / str(slot)).glob("*.jsonl"))


@dataclass
class FrailDisk:
    """A disk that can run full or lose its clock."""

    full: bool = False
    room_bytes: int = 0
    """How much a full disk still takes of a write."""
    offset_s: float = 0.0
    syncs: int = 0
    fail_syncs: int = 0
    sizes: list[int] = field(default_factory=list)

    def disk(self) -> Disk:
        return Disk(write=self._write, sync=self._sync, now=self._now)

    def _write(self, descriptor: int, content: bytes | memoryview) -> int:
        if not self.full:
            return os.write(descriptor, content)
        if self.room_bytes:
            taken, self.room_bytes = self.room_bytes, 0
            return os.write(descriptor, content[:taken])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _sync(self, descriptor: int) -> None:
        self.syncs += 1
        if self.fail_syncs:
            self.fail_syncs -= 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fdatasync(descriptor) if hasattr(os, "fdatasync") else os.fsync(descriptor)

    def _now(self) -> float:
        return Disk().now() + self.offset_s
