"""Searching the ledger: by fields for everyone, by SQL for administrators."""

import time

import msgspec

from bartizan.console.entry import KINDS
from bartizan.console.reads import MAX_ROWS, Wanted, moment
from bartizan.console.site import Ask, Shown
from bartizan.console.views.overview import SEVERITIES
from bartizan.kernel import UsageError

FIELDS = ("kind", "severity", "asset", "control", "actor", "text", "since", "until")
EXAMPLE = 'select kind, count(*) as records, max("at") as latest from records group by kind order by records desc'
MAX_SQL_CHARS = 10_000


def show(ask: Ask) -> Shown:
    """The records that match every filled field, the newest first."""
    wanted = _wanted(ask)
    entries = ask.reads.latest(wanted, MAX_ROWS) if any(ask.query.get(name) for name in FIELDS) else None
    facts = {"wanted": wanted, "entries": entries, "limit": MAX_ROWS}
    return Shown("search.html", facts, {"kinds": KINDS, "severities": SEVERITIES})


def sql(ask: Ask) -> Shown:  # noqa: ARG001 (all pages have one shape)
    """The form for a statement."""
    return Shown("sql.html", {"sql": EXAMPLE, "columns": [], "rows": None, "cut": False, "ms": 0})


def answer(ask: Ask) -> Shown:
    """What the statement gives. It runs contained: it reads the view `records` and nothing else."""
    if ask.scope is not None:
        raise UsageError("SQL sees the records of all tenants, and you may see those of one")
    statement = ask.form.get("sql", "").strip()
    if not 0 < len(statement) <= MAX_SQL_CHARS:
        raise UsageError(f"a statement has 1 to {MAX_SQL_CHARS:,} characters")
    started = time.perf_counter()
    table = ask.reads.ask(statement)
    ms = round((time.perf_counter() - started) * 1000)
    return Shown(
        "sql.html", {"sql": statement, "columns": table.columns, "rows": table.rows, "cut": table.truncated, "ms": ms}
    )


def _wanted(ask: Ask) -> Wanted:
    values = {name: ask.query.get(name, "").strip() for name in FIELDS}
    ask.choice("kind", KINDS)
    ask.choice("severity", SEVERITIES)
    for name in ("since", "until"):
        try:
            values[name] and moment(values[name])
        except ValueError:
            raise UsageError(f"{name} is a time such as 2026-11-26T08:00, not {values[name][:40]!r}") from None
    return msgspec.convert({**values, "tenant": ask.scope}, Wanted)
