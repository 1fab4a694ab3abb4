"""Replay: the ledger folded into the views, from where it was last left or from the beginning.

What the ledger holds wins. A record that cannot be taken in is skipped and recorded as a finding; it never stops the
fold. Each pass starts at the last line it knows, so that a ledger that lost or changed that line is noticed.
"""

from itertools import islice

import msgspec

from bartizan.kernel import Asset, Event, Finding, Place, Record, Severity, Stamp, encode
from bartizan.state.book import Book
from bartizan.state.changes import CHANGES, parse
from bartizan.state.database import Session
from bartizan.state.deeds import fold_change
from bartizan.state.errors import Refused, StateAhead
from bartizan.state.facts import fold_fact, is_fact
from bartizan.state.log import RETIRED, Line, Log, Sealer
from bartizan.state.tables import FINDINGS, TABLES

REFUSED_RULE = "state.refused"
LEDGER_ASSET = Asset("ledger", "local")
MAX_REPORTED = 100
# What a hostile or broken record can raise. A database's own errors are none of these and must stop the fold.
POISON = (Refused, ArithmeticError, LookupError, TypeError, ValueError, RecursionError)


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass over the ledger took in."""

    records: int = 0
    facts: int = 0
    changes: int = 0
    rev: int = 0
    refused: tuple[Finding, ...] = ()
    complete: bool = True
    """False if the pass stopped at its limit."""


def catch_up(session: Session, log: Log, vault: Sealer, *, limit: int | None = None, empty: bool = False) -> Replay:
    """Folds what the ledger holds beyond the last pass, inside the writing transaction that `session` is."""
    progress = Progress(session)
    book = Book(session, vault, empty=empty)
    known = dict(progress.lines)
    facts = changes = count = 0
    refused: list[Finding] = []
    for line in islice(log.tail({slot: index for slot, (index, _) in known.items()}), limit and limit + len(known)):
        if line.slot in known:
            index, met = known.pop(line.slot)
            if line.index == index and line.fault != RETIRED and _id(line) != met:
                raise _ahead(f"line {index} of slot {line.slot} is not the one that was read before")
            if line.index == index:
                continue
        following = progress.lines.get(line.slot, (-1, ""))[0] + 1
        if line.index > following:
            refused.append(_gap(line, following))
        count += 1
        try:
            folded = _fold(book, line, vault)
        except POISON as error:
            refused.append(_refusal(line, error))
        else:
            facts += folded is Finding
            changes += folded is Event
            if folded is Event and line.record:
                progress.rev = max(progress.rev, line.record.rev or 0)
        progress.lines[line.slot] = (line.index, _id(line))
        book.breathe()
    complete = limit is None or count < limit
    if complete and known:
        slot, (index, _) = known.popitem()
        raise _ahead(f"line {index} of slot {slot} is gone")
    book.flush()
    progress.save()
    _report(book, log, refused)
    return Replay(
        records=count, facts=facts, changes=changes, rev=progress.rev, refused=tuple(refused), complete=complete
    )


def start_over(session: Session, log: Log, vault: Sealer) -> Replay:
    """Makes all views again from the ledger alone, inside the writing transaction that `session` is."""
    for table in (*(table.name for table in TABLES), "progress"):
        session.run(f"DELETE FROM {table}")  # noqa: S608 - names from our own list
    return catch_up(session, log, vault, empty=True)


class Progress:
    """How far the views are: the last line read of each slot, and the last `rev` read."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.lines: dict[int, tuple[int, str]] = {}
        self.rev = 0
        for name, number, last in session.all("SELECT name, number, id FROM progress"):
            if name == "rev":
                self.rev = number
            else:
                self.lines[int(name)] = (number, last)

    def save(self) -> None:
        rows = [("rev", self.rev, "")]
        rows += [(str(slot), index, last) for slot, (index, last) in self.lines.items()]
        self._session.many(
            "INSERT INTO progress (name, number, id) VALUES (?, ?, ?) "
            "ON CONFLICT (name) DO UPDATE SET number = excluded.number, id = excluded.id",
            rows,
        )


def sealed(record: Record, vault: Sealer) -> Record:
    """The record with the vault's seal over all the rest of it."""
    return msgspec.structs.replace(record, seal=vault.seal(encode(record)))


def _fold(book: Book, line: Line, vault: Sealer) -> type[Finding] | type[Event] | None:
    """Takes one line in; says whether it was a fact (Finding), a change (Event) or neither."""
    record = line.record
    if record is None:
        raise Refused(line.fault)
    if record.rev is not None or (type(record.body) is Event and record.body.name in CHANGES):
        _check_seal(record, vault)
        if type(record.body) is not Event or record.rev is None:
            raise Refused("a sealed record is no numbered change")
        fold_change(parse(record.body), book, record, record.rev)
        return Event
    if is_fact(record):
        fold_fact(book, record)
        return Finding
    return None


def _check_seal(record: Record, vault: Sealer) -> None:
    if not record.seal:
        raise Refused("a change of state without a seal")
    if not vault.seals(encode(msgspec.structs.replace(record, seal=None)), record.seal):
        raise Refused("a change of state whose seal is wrong")


def _report(book: Book, log: Log, refused: list[Finding]) -> None:
    """Records what was refused, once; the next pass reads it like any other finding."""
    stamp = Stamp(asset=LEDGER_ASSET)
    new = [finding for finding in refused if not book.get(FINDINGS, stamp.tenant, finding.fingerprint)]
    if new:
        shown, rest = new[:MAX_REPORTED], len(new) - MAX_REPORTED
        more = [_finding(f"{rest:,} more records were refused", Place(path="ledger"), str(rest))] if rest > 0 else []
        log.append([stamp(finding) for finding in (*shown, *more)])


def _refusal(line: Line, error: Exception) -> Finding:
    why = error.what if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
    message = f"The state skipped a record: {why[:500]}"
    return _finding(
        message, Place(path=f"ledger/{line.slot}", line=line.index), f"{line.slot}/{line.index} {_id(line)}"
    )


def _gap(line: Line, following: int) -> Finding:
    message = f"The state was made without {line.index - following:,} records that the ledger no longer holds"
    place = Place(path=f"ledger/{line.slot}", line=following)
    return _finding(message, place, f"{line.slot}/{following}-{line.index}")


def _finding(message: str, place: Place, evidence: str) -> Finding:
    return Finding(
        rule=REFUSED_RULE,
        severity=Severity.HIGH,
        message=message,
        place=place,
        evidence=evidence,
        fix="Find out who wrote this line; bartizan ledger verify shows whether the ledger was changed.",
    ).identified(LEDGER_ASSET)


def _id(line: Line) -> str:
    """The record's id as the progress keeps it; of hostile ids only what any database can hold."""
    return line.record.id[:64].replace("\0", "?") if line.record else ""


def _ahead(what: str) -> StateAhead:
    return StateAhead(
        f"the state is ahead of the ledger: {what}",
        todo="Put the newer ledger back, or follow this one with: bartizan ledger rebuild",
    )
