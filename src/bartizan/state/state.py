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
from bartizan.state.errors import Refused, StateError
from bartizan.state.facts import is_fact
from bartizan.state.log import Log, Sealer
from bartizan.state.migrate import migrate
from bartizan.state.replay import Replay, catch_up, sealed, start_over
from bartizan.state.tail import Tail
from bartizan.state.views import Views

PASS_RECORDS = 50_000
"""How many records one pass folds before other writers get a turn."""


class State(Views):
    """One installation's state. Safe to use from several threads and processes."""

    def __init__(self, database: Database, log: Log, vault: Sealer) -> None:
        super().__init__(database, vault)
        self._log = log
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
        """Changes the state by these events: numbered, sealed, durable in the ledger, and then folded from there.

        If this raises after the ledger took the records, the change has happened: the next look at the ledger folds it.
        """
        with self._database.writing() as session:
            # Another process may have died between its append and its commit: its numbers are taken.
            first = catch_up(session, self._log, self._vault).rev + 1
            records = [sealed(stamp(event, rev=rev), self._vault) for rev, event in enumerate(events, first)]
            rehearsal = Book(session, self._vault)
            for rev, (event, record) in enumerate(zip(events, records, strict=True), first):
                _rehearse(event, rehearsal, record, rev)
            self._log.append(records)
            # A ledger that is told to go on when its disk is full may have lost them.
            if catch_up(session, self._log, self._vault).rev < first + len(events) - 1:
                raise StateError("the ledger did not keep the change, so it was not made", where=self.where)
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


def _rehearse(event: Event, book: Book, record: Record, rev: int) -> None:
    """Takes in a change that is about to be made, where what does not fit is the caller's mistake."""
    try:
        fold_change(parse(event), book, record, rev)
    except Refused as error:
        raise UsageError(error.what, where=event.name) from None
