"""What the pages read: small questions to the ledger's SQL view, and to the views of state."""

# ruff: noqa: S608 (statements are put together from constants of this file; every value is a parameter)

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from bartizan.console.entry import KINDS, Entry, entry_of_row
from bartizan.kernel import Severity
from bartizan.ledger.query import Table
from bartizan.state import State
from bartizan.state.rows import Known, Status

T = TypeVar("T")

MAX_ROWS = 200
COLUMNS = 'id, "at", tenant, kind, control, asset, actor, body'

MAX_FINDINGS = 10_000
COUNT_EVERY_S = 5.0

Select = Callable[[str, Sequence[object]], Table]
"""Runs one SQL statement with parameters over the view `records`, contained and under the limits of the ledger."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which records to list; an empty field asks for nothing."""

    kind: str = ""
    severity: str = ""
    asset: str = ""
    control: str = ""
    actor: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    tenant: str | None = None


class TrialRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one control from its last trial."""

    control: str
    standing: str
    """`sound`, `broken` or `unknown`."""
    reason: str
    at: datetime | None
    record: str


class Hour(msgspec.Struct, frozen=True):
    """How many records of each kind were written in one hour."""

    start: datetime
    kinds: dict[str, int]


class History(msgspec.Struct, frozen=True):
    """How many records there are, and the last hours one by one."""

    total: int
    hours: tuple[Hour, ...]


class Reads:
    """The questions that pages ask of one installation."""

    def __init__(self, select: Select, state: State, controls: Callable[[], Sequence[str]]) -> None:
        self.state = state
        self._table = select
        self._controls = controls
        self._counted: dict[tuple[object, ...], tuple[float, Any]] = {}

    def latest(self, wanted: Wanted, limit: int = 50) -> list[Entry]:
        """The latest records that are wanted, the newest first."""
        where, params = _where(wanted)
        sql = f'select {COLUMNS} from records where {where} order by "at" desc, id desc limit {min(limit, MAX_ROWS)}'
        return [entry_of_row(_timed(row)) for row in self._select(sql, params)]

    def history(self, tenant: str | None, *, until: datetime, hours: int = 48) -> History:
        """How much was recorded in all, and what in each of the last hours, those without records too."""
        last = until.replace(minute=0, second=0, microsecond=0)
        first = last - timedelta(hours=hours - 1)
        return self._lately(("history", tenant, first, hours), lambda: self._history(tenant, first, hours))

    def record(self, id: str, tenant: str | None) -> dict[str, Any] | None:
        """Every flat column of one record."""
        where, params = _where(Wanted(tenant=tenant))
        rows = self._select(f"select * from records where id = ? and {where} limit 1", [id, *params])
        return _timed(rows[0]) if rows else None

    def some(self, ids: Sequence[str], tenant: str | None) -> list[Entry]:
        """The records with these ids, as far as they are there."""
        if not ids:
            return []
        where, params = _where(Wanted(tenant=tenant))
        marks = ", ".join("?" for _ in ids)
        sql = f'select {COLUMNS} from records where id in ({marks}) and {where} order by "at" limit {MAX_ROWS}'
        return [entry_of_row(_timed(row)) for row in self._select(sql, [*ids, *params])]

    def effects(self, id: str, tenant: str | None) -> list[Entry]:
        """The records that name this one as a cause."""
        where, params = _where(Wanted(tenant=tenant))
        sql = f'select {COLUMNS} from records where list_contains(causes, ?) and {where} order by "at" limit {MAX_ROWS}'
        return [entry_of_row(_timed(row)) for row in self._select(sql, [id, *params])]

    def trials(self) -> list[TrialRow]:
        """Each installed control with what its last trial on canary and quiet twin showed; the broken ones first."""
        return self._lately(("trials",), self._trials)

    def ask(self, sql: str) -> Table:
        """What an administrator's own SQL gives."""
        return self._table(sql, ())

    def findings(
        self, tenant: str, *, status: Status | None = None, severity: str = "", text: str = "", limit: int = MAX_ROWS
    ) -> list[Known]:
        """The findings that fit, the worst first; the text is looked for in rule, message and asset."""
        rows = self.state.findings(
            tenant=tenant,
            status=status,
            at_least=Severity(severity) if severity else None,
            limit=MAX_FINDINGS if text else limit,
        )
        sought = text.casefold()
        return [row for row in rows if sought in _words(row).casefold()][:limit]

    def exposure(self, tenant: str) -> dict[str, int]:
        """How many findings are open, by severity, the worst first. What someone decides about them shows at once."""
        return self._lately(("exposure", tenant, self.state.rev), lambda: self._exposure(tenant))

    def said_last(self, fingerprint: str, tenant: str | None) -> str:
        """The id of the record that last said this finding; empty if the ledger no longer holds one."""
        where, params = _where(Wanted(tenant=tenant))
        sql = f'select id from records where fingerprint = ? and {where} order by "at" desc, id desc limit 1'
        found = self._select(sql, [fingerprint, *params])
        return str(found[0]["id"]) if found else ""

    def _lately(self, asked: tuple[object, ...], count: Callable[[], T]) -> T:
        """What `count` gives now or gave within the last seconds: each goes over the whole ledger, on every page."""
        now = time.monotonic()
        found = self._counted.get(asked)
        if found is None or now - found[0] > COUNT_EVERY_S:
            found = (now, count())
            kept = {key: held for key, held in list(self._counted.items()) if now - held[0] <= COUNT_EVERY_S}
            self._counted = kept | {asked: found}
        counted: T = found[1]
        return counted

    def _history(self, tenant: str | None, first: datetime, hours: int) -> History:
        where, params = _where(Wanted(tenant=tenant))
        sql = (
            'select case when "at" >= ? then date_trunc(\'hour\', "at") end as hour, kind, count(*) as n '
            f"from records where {where} group by all"
        )
        total, counted = 0, dict[datetime, dict[str, int]]()
        for row in self._select(sql, [first.replace(tzinfo=None), *params]):
            total += row["n"]
            if row["hour"] is not None:
                counted.setdefault(_utc(row["hour"]), {})[row["kind"]] = row["n"]
        every = (first + timedelta(hours=number) for number in range(hours))
        return History(total, tuple(Hour(at, counted.get(at, {})) for at in every))

    def _trials(self) -> list[TrialRow]:
        sql = (
            "select asset, kind, name, id, \"at\", body from records where control like 'runner.canary@%' "
            f'qualify row_number() over (partition by asset, kind order by "at" desc, id desc) = 1 limit {5 * MAX_ROWS}'
        )
        seen: dict[str, dict[str, dict[str, Any]]] = {}
        for row in self._select(sql, []):
            seen.setdefault(str(row["asset"]), {})[row["kind"]] = _timed(row)
        rows = [_trial(control, seen.get(f"control:{control}", {})) for control in self._controls()]
        return sorted(rows, key=lambda row: (("broken", "unknown", "sound").index(row.standing), row.control))

    def _exposure(self, tenant: str) -> dict[str, int]:
        counts = {str(level): 0 for level in reversed(Severity)}
        for row in self.state.findings(tenant=tenant, status="open", limit=MAX_FINDINGS):
            counts[str(row.finding.severity)] += 1
        return counts

    def _select(self, sql: str, params: Sequence[object]) -> list[dict[str, Any]]:
        table = self._table(sql, params)
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def _where(wanted: Wanted) -> tuple[str, list[object]]:
    """The condition of a search, every value a parameter."""
    parts: list[str] = ["true"]
    params: list[object] = []

    def also(condition: str, value: object) -> None:
        parts.append(condition)
        params.append(value)

    if wanted.tenant is not None:
        also("tenant = ?", wanted.tenant)
    if wanted.kind in KINDS:
        also("kind = ?", wanted.kind)
    if wanted.severity:
        names = [str(level) for level in Severity if level.at_least(Severity(wanted.severity))]
        parts.append(f"severity in ({', '.join('?' for _ in names)})")
        params += names
    for column in ("asset", "control", "actor"):
        if value := getattr(wanted, column):
            also(f"contains({column}, ?)", value)
    if wanted.text:
        also("contains(lower(body), lower(?))", wanted.text)
    if wanted.since:
        also('"at" >= ?', moment(wanted.since))
    if wanted.until:
        also('"at" < ?', moment(wanted.until))
    return " and ".join(parts), params


def moment(text: str) -> datetime:
    """The UTC time that was written, without its zone, as the view has it; raises ValueError."""
    at = datetime.fromisoformat(text)
    try:
        return at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise ValueError(f"{text} lies beyond all years") from None


def _trial(control: str, last: dict[str, dict[str, Any]]) -> TrialRow:
    end, finding = last.get("event"), last.get("finding")
    if end is None:
        return TrialRow(control=control, standing="unknown", reason="not tried yet", at=None, record="")
    data = msgspec.json.decode(end["body"]).get("data", {})
    if end["name"] == "control.failed":
        return TrialRow(
            control=control, standing="unknown", reason=data.get("reason", ""), at=end["at"], record=end["id"]
        )
    if data.get("findings"):
        reason = msgspec.json.decode(finding["body"])["message"].removeprefix(f"{control} ") if finding else "broken"
        record = finding["id"] if finding else end["id"]
        return TrialRow(control=control, standing="broken", reason=reason, at=end["at"], record=record)
    reason = "caught its canary, left its quiet twin alone"
    return TrialRow(control=control, standing="sound", reason=reason, at=end["at"], record=end["id"])


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "at": _utc(row["at"])}


def _words(row: Known) -> str:
    return f"{row.finding.rule} {row.finding.message} {row.asset}"


def _utc(at: str) -> datetime:
    """A time as the view writes it: UTC, without its zone."""
    return datetime.fromisoformat(at).replace(tzinfo=UTC)
