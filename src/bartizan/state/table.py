"""Tables: how rows travel to and from plain SQL columns."""

import types
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Generic, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

import msgspec

from bartizan.state.errors import Refused, StateError
from bartizan.state.log import Sealer
from bartizan.state.rows import Row

MAX_KEY_BYTES = 2_400
"""PostgreSQL keeps at most a third of a page, 2,704 bytes, in one entry of an index."""
MAX_INT = 2**63 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Sql: TypeAlias = str | int | None
R = TypeVar("R", bound=Row)


class Table(Generic[R]):
    """The table that holds one type of row: its statements, and its rows to columns and back."""

    def __init__(self, name: str, row: type[R], *key: str, indexed: Sequence[str] = (), sealed: bool = False) -> None:
        self.name = name
        self._sealed = sealed
        self.key_of: Callable[[R], tuple[Sql, ...]] = attrgetter(*key)
        fields = msgspec.structs.fields(row)
        self.columns = tuple(field.name for field in fields)
        self._row = row
        self._columns = tuple(_column(field.type) for field in fields)
        self._plain = attrgetter(*(field.name for field in fields if _is_plain(field.type)))
        self._bounded = attrgetter(*dict.fromkeys((*key, *indexed)))
        stored = (*self.columns, "seal") if sealed else self.columns
        listed = ", ".join(stored)
        match = " AND ".join(f"{column} = ?" for column in key)
        sets = ", ".join(f"{column} = excluded.{column}" for column in stored if column not in key)
        conflict = f"DO UPDATE SET {sets}" if sets else "DO NOTHING"
        # Only names from this file and the row's class are ever put into a statement.
        self.select = f"SELECT {listed} FROM {name}"  # noqa: S608
        self.select_one = f"{self.select} WHERE {match}"
        self.upsert = (
            f"INSERT INTO {name} ({listed}) VALUES ({', '.join('?' * len(stored))}) "  # noqa: S608
            f"ON CONFLICT ({', '.join(key)}) {conflict}"
        )

    def check(self, row: R) -> None:
        """Refuses a row that not every database can hold."""
        check_sql(self._plain(row))
        if sum(len(str(value).encode()) for value in self._bounded(row)) > MAX_KEY_BYTES:
            raise Refused(f"the names of one row of {self.name} take more than {MAX_KEY_BYTES:,} bytes")

    def stored(self, row: R, vault: Sealer) -> tuple[Sql, ...]:
        """The row as columns, with its seal if the table's rows carry one."""
        values = self.values(row)
        return (*values, vault.seal(self._claim(values))) if self._sealed else values

    def taken(self, values: Sequence[Any], vault: Sealer) -> R:
        """The row that `stored` made; refuses one that was written by another."""
        if not self._sealed:
            return self.row(values)
        *plain, seal = values
        if not vault.seals(self._claim(plain), seal):
            todo = "Find out who writes there, and run: bartizan ledger rebuild"
            raise StateError(f"a row among the {self.name} was not written by this installation", todo=todo)
        return self.row(plain)

    def _claim(self, values: Sequence[Sql]) -> bytes:
        """What the seal of a row is over; no head line and no record begins like this."""
        return f"state {self.name} ".encode() + msgspec.json.encode(values)

    def values(self, row: R) -> tuple[Sql, ...]:
        """The row as columns."""
        return tuple(
            column.write(value) for column, value in zip(self._columns, msgspec.structs.astuple(row), strict=True)
        )

    def row(self, values: Sequence[Any]) -> R:
        """The row that these columns hold."""
        read = (column.read(value) for column, value in zip(self._columns, values, strict=True))
        return self._row(**dict(zip(self.columns, read, strict=True)))


class _Column(msgspec.Struct, frozen=True):
    write: Callable[[Any], Sql]
    read: Callable[[Any], Any]


def _column(type_: Any) -> _Column:
    """How a field of this type is written to a column and read from it."""
    if _is_plain(type_):
        return _Column(_same, _same)
    if type_ is datetime or (get_origin(type_) in (Union, types.UnionType) and datetime in get_args(type_)):
        return _Column(micros, moment)
    decode = msgspec.json.Decoder(type_).decode
    return _Column(_json, decode)


def _is_plain(type_: Any) -> bool:
    """True if a field of this type is its own column."""
    return type_ in (str, int) or get_origin(type_) is Literal


def check_sql(values: Sequence[Sql]) -> None:
    """Refuses what PostgreSQL cannot hold: a NUL in a text, a number of more than 64 bits."""
    for value in values:
        if type(value) is str and "\0" in value:
            raise Refused("a text holds a NUL character")
        if type(value) is int and not -MAX_INT <= value <= MAX_INT:
            raise Refused(f"{value} does not fit 64 bits")


def micros(at: datetime | None) -> int | None:
    """The moment as whole microseconds since 1970."""
    return None if at is None else (at - EPOCH) // MICROSECOND


def moment(count: int | None) -> datetime | None:
    """The moment that `micros` wrote."""
    return None if count is None else EPOCH + count * MICROSECOND


def _same(value: Any) -> Any:
    return value


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
