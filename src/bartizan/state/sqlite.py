"""The state in SQLite: one file in write-ahead mode, private to its owner."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from bartizan.ledger.files import check_own
from bartizan.state.database import WAIT_SECONDS
from bartizan.state.errors import StateError
from bartizan.state.table import Sql


class Sqlite:
    """One connection that threads take in turns; other processes wait for its transactions."""

    def __init__(self, path: str) -> None:
        self.where = path
        self._turn = RLock()
        with _explained(path):
            _make_private(path)
            self._connection = sqlite3.connect(
                Path(path), timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                # What a power cut takes back, the ledger gives again.
                self._connection.execute("PRAGMA synchronous = NORMAL")
            except sqlite3.Error:
                self._connection.close()
                raise

    @contextmanager
    def reading(self) -> Iterator["Sqlite"]:
        with self._turn, _explained(self.where):
            yield self

    @contextmanager
    def writing(self) -> Iterator["Sqlite"]:
        with self._turn, _explained(self.where):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def all(self, sql: str, params: Sequence[Sql] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, params).fetchall()

    def run(self, sql: str, params: Sequence[Sql] = ()) -> None:
        self._connection.execute(sql, params)

    def many(self, sql: str, rows: Iterable[Sequence[Sql]]) -> None:
        self._connection.executemany(sql, rows)

    def close(self) -> None:
        with self._turn:
            self._connection.close()


def _make_private(path: str) -> None:
    """Makes the file for its owner alone: it holds digests of keys. SQLite gives its companions the same mode."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StateError(f"the state's file cannot be opened: {error.strerror}", where=path) from error
    check_own(Path(path), StateError)


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turns the database's errors into one line."""
    try:
        yield
    except sqlite3.OperationalError as error:
        todo = "Another process holds it; try again." if "locked" in str(error) else ""
        raise StateError(f"the state's database cannot be used: {error}", where=path, todo=todo) from error
    except sqlite3.DatabaseError as error:
        todo = "Move the file away and run: bartizan ledger rebuild"
        raise StateError(f"the state's database is damaged: {error}", where=path, todo=todo) from error
