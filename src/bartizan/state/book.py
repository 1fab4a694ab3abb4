"""The book of one transaction: the rows that a fold reads and writes, held until they are flushed together."""

from typing import Any, TypeAlias, TypeVar

from bartizan.state.database import Session
from bartizan.state.log import Sealer
from bartizan.state.rows import FindingRow, Row
from bartizan.state.table import Sql, Table, check_sql
from bartizan.state.tables import FINDINGS

R = TypeVar("R", bound=Row)
Key: TypeAlias = tuple[Sql, ...]
Group: TypeAlias = tuple[str, str]

MAX_ROWS = 50_000
"""How many rows a book holds before it lets go of them."""


class Book:
    """Rows by table and key, read from the database when first asked for; from an empty one they need not be."""

    def __init__(self, session: Session, vault: Sealer, *, empty: bool = False) -> None:
        self._session = session
        self._vault = vault
        self._empty = empty
        self._rows: dict[Table[Any], dict[Key, Any]] = {}
        self._written: dict[Table[Any], dict[Key, Any]] = {}
        self._groups: dict[Group, dict[str, None]] = {}
        """The fingerprints at each asset, for those that were asked for."""
        self._held = 0

    def get(self, table: Table[R], *key: Sql) -> R | None:
        """The row with this key, as it is after all that was put."""
        rows: dict[Key, R | None] = self._rows.setdefault(table, {})
        if key not in rows:
            check_sql(key)
            found = [] if self._empty else self._session.all(table.select_one, key)
            self._hold(table, key, table.taken(found[0], self._vault) if found else None)
        return rows[key]

    def put(self, table: Table[R], row: R) -> None:
        """Holds the row for the next flush; refuses what the database could not hold."""
        table.check(row)
        key = table.key_of(row)
        if isinstance(row, FindingRow):
            self._regroup(self._rows.get(table, {}).get(key), row)
        self._hold(table, key, row)
        self._written.setdefault(table, {})[key] = row

    def findings_of(self, tenant: str, thing: str) -> list[FindingRow]:
        """The findings that this asset has had."""
        group = (tenant, thing)
        rows: dict[Key, FindingRow] = self._rows.setdefault(FINDINGS, {})
        if group not in self._groups:
            self.flush()
            match = "WHERE tenant = ? AND thing = ?"
            found = [FINDINGS.row(values) for values in self._session.all(f"{FINDINGS.select} {match}", group)]
            for row in found:
                self._hold(FINDINGS, (tenant, row.fingerprint), row)
            self._groups[group] = {row.fingerprint: None for row in found}
        return [rows[tenant, fingerprint] for fingerprint in self._groups[group]]

    def flush(self) -> None:
        """Writes what was put since the last flush."""
        for table, rows in self._written.items():
            self._session.many(table.upsert, [table.stored(row, self._vault) for row in rows.values()])
        self._written.clear()

    def breathe(self) -> None:
        """Flushes and lets go of all rows, once they are many."""
        if self._held > MAX_ROWS:
            self.flush()
            self._rows.clear()
            self._groups.clear()
            self._held = 0
            self._empty = False

    def _hold(self, table: Table[Any], key: Key, row: Row | None) -> None:
        rows = self._rows.setdefault(table, {})
        self._held += key not in rows
        rows[key] = row

    def _regroup(self, before: FindingRow | None, row: FindingRow) -> None:
        """Keeps the groups right while a finding appears, or moves to another asset."""
        group = (row.tenant, row.thing)
        if before and (before.tenant, before.thing) != group:
            self._groups.get((before.tenant, before.thing), {}).pop(row.fingerprint, None)
        if group in self._groups:
            self._groups[group][row.fingerprint] = None
