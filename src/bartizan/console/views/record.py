"""One record: its envelope, its body, what led to it, what it led to, and the proof that the ledger holds it."""

from typing import Any

import msgspec

from bartizan.console.site import Ask, Shown
from bartizan.kernel import BartizanError

ENVELOPE = ("id", "at", "tenant", "rev", "control", "asset", "actor", "payload")


def show(ask: Ask) -> Shown:
    """One record with its causes, its effects and its inclusion proof."""
    name, scope = ask.path["id"], ask.scope
    row = ask.reads.record(name, scope)
    if row is None:
        raise LookupError("The ledger has no such record, or you may not see it.")
    body = msgspec.json.decode(row["body"])
    facts = {
        "id": name,
        "envelope": {name: row[name] for name in ENVELOPE if row.get(name) is not None},
        "kind": row["kind"],
        "body": {name: value for name, value in body.items() if name != "kind"},
        "causes": ask.reads.some(list(row["causes"] or ()), scope),
        "effects": ask.reads.effects(name, scope),
        "proof": _proof(ask, row),
    }
    pretty = msgspec.json.format(row["body"].encode(), indent=2).decode()
    return Shown("record.html", facts, {"pretty": pretty}, title=f"{row['kind']} {name[:13]}")


def _proof(ask: Ask, row: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(ask.desk.proof(row["slot"], row["index"]))
    except BartizanError as error:
        return {"missing": str(error)}
