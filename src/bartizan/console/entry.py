"""One line per record, for people."""

import re
from datetime import datetime
from typing import Any

import msgspec

from bartizan.kernel import Action, AnyBody, Event, Finding, Measure, Record, Verdict

MAX_HEADLINE_CHARS = 240
MAX_FACT_CHARS = 60
DIGEST = re.compile(r"((?:sha256:)?[0-9a-f]{12})[0-9a-f]{20,}")
"""Nobody reads more of a digest or a fingerprint in a list than its beginning."""
KINDS = ("event", "verdict", "finding", "measure", "action")
_body = msgspec.json.Decoder(AnyBody)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of records shows of one."""

    id: str
    at: datetime
    tenant: str
    kind: str
    tone: str
    """A severity, `good`, `bad` or nothing: how the line is coloured, and never the only sign of it."""
    mark: str
    """One word beside the headline: the severity, the decision, the outcome."""
    headline: str
    control: str
    asset: str
    actor: str


def entry_of(record: Record) -> Entry:
    """The line that says this record."""
    return _entry(record.id, record.at, record.tenant, record.control, record.asset, record.actor, record.body)


def entry_of_row(row: dict[str, Any]) -> Entry:
    """The line that says a row of the SQL view, which does not prove what it shows: it may hold anything."""
    try:
        body = _body.decode(row["body"])
    except (msgspec.MsgspecError, UnicodeError, ValueError, TypeError, RecursionError):
        body = Event("record.unreadable")
    return _entry(row["id"], row["at"], row["tenant"], row["control"], row["asset"], row["actor"], body)


def _entry(
    id: str, at: datetime, tenant: str, control: str | None, asset: str | None, actor: str | None, body: AnyBody
) -> Entry:
    tone, mark = _tone(body)
    return Entry(
        id=id,
        at=at,
        tenant=tenant,
        kind=str(body.__struct_config__.tag),
        tone=tone,
        mark=mark,
        headline=headline(body)[:MAX_HEADLINE_CHARS],
        control=control or "",
        asset=asset or "",
        actor=actor or "",
    )


def headline(body: AnyBody) -> str:
    """What the body says, in one line."""
    match body:
        case Finding():
            return body.message
        case Verdict():
            return body.reason or ", ".join(body.rules) or "no reason given"
        case Measure():
            return _measured(body)
        case Action():
            return f"{body.name} {body.target}" + (f", {body.reason}" if body.reason else "")
        case Event():
            facts = " ".join(f"{key}={_brief(value)}" for key, value in body.data.items() if value not in ([], {}, ""))
            return f"{body.name} {facts}".strip()


def _tone(body: AnyBody) -> tuple[str, str]:
    match body:
        case Finding():
            return str(body.severity), str(body.severity)
        case Verdict():
            tone = {"allow": "good", "block": "high", "unscanned": "bad"}.get(body.said, "medium")
            return tone, body.said if body.said == body.did else f"{body.said}, did {body.did}"
        case Action():
            return {"failed": "bad", "done": "good"}.get(body.outcome, ""), body.outcome
        case Event():
            return ("bad", "failed") if body.name.endswith(".failed") else ("", "")
        case Measure():
            return ("bad", "not assessed") if body.value is None else ("", "")


def _measured(body: Measure) -> str:
    if body.value is None:
        return f"{body.name}: {body.reason}"
    span = f" [{body.interval.low:g}, {body.interval.high:g}]" if body.interval else ""
    return f"{body.name} {body.value:g}{body.unit and ' ' + body.unit}{span}" + (f", n={body.n}" if body.n else "")


def _brief(value: Any) -> str:
    if isinstance(value, list):
        return f"({len(value)})"
    if isinstance(value, dict):
        return "{...}"
    text = " ".join(str(value).split())
    if digest := DIGEST.fullmatch(text):
        return f"{digest[1]}..."
    return text if len(text) <= MAX_FACT_CHARS else f"{text[: MAX_FACT_CHARS - 3].rstrip()}..."
