"""A small installation with a real ledger and vault, whose segments close after a few records."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bartizan.kernel import AnyBody, Asset, Event, Record, Stamp
from bartizan.ledger import Ledger, LedgerOptions, Vault

START = datetime(2026, 11, 2, 12, tzinfo=UTC)
STAMP = Stamp(asset=Asset("model", "m"), actor="key:1")


@dataclass(frozen=True)
class Installed:
    data: Path
    vault: Vault

    @property
    def folder(self) -> Path:
        return self.data / "ledger"

    def ledger(self, segment_bytes: int = 1500) -> Ledger:
        return Ledger(self.folder, self.vault, LedgerOptions(segment_bytes=segment_bytes))

    def closed(self) -> list[Path]:
        """The closed segments of slot 0 in whatever form, oldest first."""
        return sorted((self.folder / "0").glob("*.jsonl*"))[:-1]

    def open_segment(self) -> Path:
        return max((self.folder / "0").glob("*.jsonl"))


def install(data: Path) -> Installed:
    return Installed(data, Vault.open(data / "vault"))


def install_with_days(data: Path, days: int = 4) -> Installed:
    """One closed segment per day from START on, then an open one."""
    installed = install(data)
    with installed.ledger() as ledger:
        for day in range(days):
            ledger.append([dated(Event(f"day.{day}", {"n": n}), START + timedelta(days=day)) for n in range(10)])
        ledger.append([dated(Event("today"), START + timedelta(days=days))])
    return installed


def dated(body: AnyBody, at: datetime, *, rev: int | None = None) -> Record:
    record = STAMP(body, rev=rev)
    return Record(
        v=record.v,
        id=record.id,
        at=at,
        tenant=record.tenant,
        rev=rev,
        asset=record.asset,
        actor=record.actor,
        body=body,
    )
