"""The book of one transaction: the rows that a fold reads and writes, held until they are flushed together."""

from collections.abc import Iterator
from typing import Any, TypeAlias, TypeVar

from bartizan.state.database import Session
from bartizan.state.rows import FindingRow, Row
from bartizan.state.table import Sql, Table, check_sql
from bartizan.state.tables import FINDINGS

R = TypeVar("R", bound=Row)
Key: TypeAlias = tuple[Sql, ...]


class Book:
    """Rows by table and key, read from the database when first asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[Table[Any], dict[Key, Any]] = {}
        self._written: dict[Table[Any], dict[Key, tuple[Sql, ...]]] = {}

    def get(self, table: Table[R], *key: Sql) -> R | None:
        """The row with this key, as it is after all that was put."""
        rows: dict[Key, R | None] = self._rows.setdefault(table, {})
        if key not in rows:
            check_sql(key)
            found = self._session.all(table.select_one, key)
            rows[key] = table.row(found[0]) if found else None
        return rows[key]

    def put(self, table: Table[R], row: R) -> None:
        """Holds the row for the next flush; refuses what the database could not hold."""
        values = table.values(row)
        key = table.key_of(values)
        self._rows.setdefault(table, {})[key] = row
        self._written.setdefault(table, {})[key] = values

    def findings_of(self, tenant: str, thing: str, control: str) -> Iterator[FindingRow]:
        """The findings that this control has ever had at this asset."""
        self.flush()
        match = "WHERE tenant = ? AND thing = ? AND control = ?"
        for values in self._session.all(f"{FINDINGS.select} {match}", (tenant, thing, control)):
            yield FINDINGS.row(values)

    def flush(self) -> None:
        """Writes what was put since the last flush."""
        for table, rows in self._written.items():
            if rows:
                self._session.many(table.upsert, list(rows.values()))
        self._written.clear()

    def forget(self) -> None:
        """Flushes, and lets go of the rows held in memory."""
        self.flush()
        self._rows.clear()
