"""The state in PostgreSQL, through psycopg 3."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from threading import RLock
from typing import TYPE_CHECKING, Any

from bartizan.kernel import MissingExtra
from bartizan.state.database import WAIT_SECONDS, masked
from bartizan.state.errors import StateError
from bartizan.state.table import Sql

if TYPE_CHECKING:
    import psycopg

# Any fixed number does; this one is "bartizan" in ASCII.
WRITER = int.from_bytes(b"bartizan", "big")


class Postgres:
    """One connection that threads take in turns, made again when the server dropped it."""

    def __init__(self, url: str) -> None:
        self.where = masked(url)
        self._url = url
        self._turn = RLock()
        self._open: psycopg.Connection | None = None
        with self.reading():
            pass

    @contextmanager
    def reading(self) -> Iterator["Postgres"]:
        with self._turn, _explained(self.where):
            self._connected()
            yield self

    @contextmanager
    def writing(self) -> Iterator["Postgres"]:
        with self._turn, _explained(self.where):
            connection = self._connected()
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER,))
                yield self

    def all(self, sql: str, params: Sequence[Sql] = ()) -> list[tuple[Any, ...]]:
        return self._connected().execute(_translated(sql), params).fetchall()

    def run(self, sql: str, params: Sequence[Sql] = ()) -> None:
        self._connected().execute(_translated(sql), params)

    def many(self, sql: str, rows: Iterable[Sequence[Sql]]) -> None:
        with self._connected().cursor() as cursor:
            cursor.executemany(_translated(sql), rows)

    def close(self) -> None:
        with self._turn:
            if self._open:
                self._open.close()

    def _connected(self) -> "psycopg.Connection":
        if self._open is None or self._open.closed:
            self._open = _import().connect(self._url, autocommit=True, connect_timeout=WAIT_SECONDS)
        return self._open


def _import() -> Any:
    try:
        import psycopg
    except ImportError:
        raise MissingExtra("postgres", "a state in PostgreSQL") from None
    return psycopg


@lru_cache(maxsize=256)
def _translated(sql: str) -> str:
    """The statement with psycopg's placeholders. None of ours holds a `?` or `%` of its own."""
    return sql.replace("?", "%s")


@contextmanager
def _explained(where: str) -> Iterator[None]:
    """Turns the database's errors into one line."""
    psycopg = _import()
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise StateError(
            "the state's database is held by another process", where=where, todo="Wait for it and try again."
        ) from error
    except psycopg.Error as error:
        raise StateError(f"the state's database cannot be used: {error}", where=where) from error
