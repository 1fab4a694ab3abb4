"""The state: changed through sealed records, folded from the ledger, read through its views."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from bartizan.kernel import Event, Record, Stamp, UsageError
from bartizan.ledger import Ledger, Vault
from bartizan.state.book import Book
from bartizan.state.changes import parse
from bartizan.state.database import Database, connect
from bartizan.state.deeds import fold_change
from bartizan.state.errors import Refused
from bartizan.state.facts import is_fact
from bartizan.state.log import Log, Sealer
from bartizan.state.migrate import migrate
from bartizan.state.replay import Progress, Replay, catch_up, sealed, start_over
from bartizan.state.tail import Tail
from bartizan.state.views import Views

PASS_RECORDS = 50_000
"""How many records one pass folds before other writers get a turn."""


class State(Views):
    """One installation's state. Safe to use from several threads and processes."""

    def __init__(self, database: Database, log: Log, vault: Sealer) -> None:
        super().__init__(database)
        self._log = log
        self._vault = vault
        self.opening = Replay()
        """What was taken in when the state was opened."""

    @classmethod
    def open(cls, url: str, *, ledger: Ledger, vault: Vault, rebuild: bool = False) -> Self:
        """The state at `url`, brought up to what the ledger holds; `rebuild` makes it again from the ledger."""
        return cls.on(connect(url), Tail(ledger), vault, rebuild=rebuild)

    @classmethod
    def on(cls, database: Database, log: Log, vault: Sealer, *, rebuild: bool = False) -> Self:
        """The same on an open database and any log."""
        try:
            migrate(database)
            state = cls(database, log, vault)
            state.opening = state.rebuild() if rebuild else state.catch_up()
        except BaseException:
            database.close()
            raise
        return state

    def change(self, stamp: Stamp, *events: Event) -> list[Record]:
        """Changes the state by these events: numbered, sealed and durable in the ledger before it shows.

        If this raises after the ledger took the records, the change has happened: the next look at the ledger folds it.
        """
        with self._database.writing() as session:
            # Another process may have died between its append and its commit: its numbers are taken.
            catch_up(session, self._log, self._vault)
            progress = Progress(session)
            book = Book(session)
            records = []
            for event in events:
                progress.rev += 1
                record = sealed(stamp(event, rev=progress.rev), self._vault)
                _fold(event, book, record, progress.rev)
                records.append(record)
            book.flush()
            progress.save()
            self._log.append(records)
        return records

    def observe(self, records: Iterable[Record]) -> None:
        """Folds what the ledger holds by now into the views, if one of these records is a fact that they show.

        The records must be in the ledger already; it is read from there, so that each is counted exactly once.
        """
        if any(is_fact(record) for record in records):
            self.catch_up()

    def catch_up(self) -> Replay:
        """Folds all that the ledger holds beyond what was folded before."""
        while True:
            with self._database.writing() as session:
                done = catch_up(session, self._log, self._vault, limit=PASS_RECORDS)
            if done.complete:
                return done

    def rebuild(self) -> Replay:
        """Makes all views again from the ledger; readers see the old ones until it is done."""
        with self._database.writing() as session:
            return start_over(session, self._log, self._vault)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _fold(event: Event, book: Book, record: Record, rev: int) -> None:
    """Takes in a change that is being made, where what does not fit is the caller's mistake."""
    try:
        fold_change(parse(event), book, record, rev)
    except Refused as error:
        raise UsageError(error.what, where=event.name) from None
