"""The small interface behind which the two databases stand, and the choice between them by URL."""

import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from bartizan.kernel import UsageError
from bartizan.state.table import Sql

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")
WAIT_SECONDS = 30


class Session(Protocol):
    """Statements with `?` for each parameter, in the SQL that both databases understand."""

    def all(self, sql: str, params: Sequence[Sql] = ()) -> list[tuple[Any, ...]]:
        """The rows that a query gives."""

    def run(self, sql: str, params: Sequence[Sql] = ()) -> None:
        """Runs one statement."""

    def many(self, sql: str, rows: Iterable[Sequence[Sql]]) -> None:
        """Runs one statement for each row of parameters."""


class Database(Protocol):
    """One database, usable from several threads."""

    where: str
    """Its URL for people, without any password."""

    def reading(self) -> AbstractContextManager[Session]:
        """A session that sees what is committed."""

    def writing(self) -> AbstractContextManager[Session]:
        """A transaction that no other writer, in any process, runs beside; leaving it by an error undoes it."""

    def close(self) -> None: ...


def connect(url: str) -> Database:
    """The database at `sqlite:///path` or `postgresql://...`."""
    if url.startswith(SQLITE):
        from bartizan.state.sqlite import Sqlite

        return Sqlite(url.removeprefix(SQLITE))
    if url.startswith(POSTGRES):
        from bartizan.state.postgres import Postgres

        return Postgres(url)
    raise UsageError(
        "the state's URL names no known database", where=masked(url), todo="Use sqlite:/// or postgresql://"
    )


def masked(url: str) -> str:
    """The URL with its password hidden."""
    hidden = re.sub(r"(://[^/@:]*:)[^/]*@", r"\1***@", url)
    return re.sub(r"(?i)(password=)[^&\s]*", r"\1***", hidden)
