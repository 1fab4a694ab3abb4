"""Contexts: what an action may be told about its circumstances, checked and written for Cedar.

Cedar's `==` on two types is false and no error, so a forbid could miss a value of the wrong type: types are checked
here, by the same schema that the rules were validated against.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from bartizan.policy.cedar import schema_text
from bartizan.policy.errors import OddRequest

MAX_CONTEXT_BYTES = 64 << 10
MAX_INT = 2**63 - 1

Kind = type | str
"""str, int, bool, or one of the kinds that Python has no single type for: set, ipaddr, datetime."""
KINDS: dict[str, Kind] = {"String": str, "Long": int, "Boolean": bool, "Set": "set"}

_encode = msgspec.json.Encoder().encode


class Shape(msgspec.Struct, frozen=True):
    """The context of one action."""

    kinds: dict[str, Kind]
    required: frozenset[str]


@lru_cache(maxsize=1)
def shapes() -> dict[str, Shape]:
    """The shape of each action's context, from the schema."""
    actions = msgspec.json.decode(schema_text())[""]["actions"]
    return {name: _shape(spec["appliesTo"]["context"]["attributes"]) for name, spec in actions.items()}


def written(action: str, context: Mapping[str, Any], shape: Shape, reads: frozenset[str] | None = None) -> str | None:
    """The attributes that are read (all, if None) as Cedar JSON, None if there are none of them.

    OddRequest if the context, read or not, is not of the shape of the action's contexts. Cedar takes about as long to
    read five attributes as to decide, so what no rule reads is not handed to it.
    """
    if missing := shape.required - context.keys():
        raise OddRequest(f"the context of {action} lacks {', '.join(sorted(missing))}")
    kinds = shape.kinds
    whole = dict(context)
    for name, value in context.items():
        kind = kinds.get(name)
        if type(value) is not kind:
            whole[name] = _wrapped(action, name, kind, value)
        elif kind is int and not _fits(whole[name]):
            raise OddRequest(f"{name!r} in the context of {action} does not fit 64 bits")
    text = _encode(whole)
    if len(text) > MAX_CONTEXT_BYTES:
        raise OddRequest(f"the context of {action} has {len(text):,} bytes, more than {MAX_CONTEXT_BYTES:,}")
    if reads is None:
        return text.decode()
    read = {name: value for name, value in whole.items() if name in reads}
    return (text if len(read) == len(whole) else _encode(read)).decode() if read else None


def plain(context: Mapping[str, Any]) -> dict[str, Any]:
    """The context in JSON's own types; `written` makes the same of it as of the original."""
    return {name: _plain(value) for name, value in context.items()}


def _shape(attributes: dict[str, Any]) -> Shape:
    kinds = {
        name: spec["name"] if spec["type"] == "Extension" else KINDS[spec["type"]] for name, spec in attributes.items()
    }
    return Shape(kinds, frozenset(name for name, spec in attributes.items() if spec["required"]))


def _fits(number: int) -> bool:
    return -MAX_INT - 1 <= number <= MAX_INT


def _wrapped(action: str, name: str, kind: Kind | None, value: object) -> object:
    if kind is None:
        raise OddRequest(f"the context of {action} has no {name!r}")
    if kind == "set" and isinstance(value, list | tuple | set | frozenset) and all(type(item) is str for item in value):
        return sorted(value)
    if kind == "ipaddr" and type(value) is str:
        return {"__extn": {"fn": "ip", "arg": value}}
    if isinstance(value, datetime) and value.tzinfo is None:
        raise OddRequest(f"{name!r} in the context of {action} has no time zone")
    if kind == "datetime" and type(value) in {str, datetime}:
        return {"__extn": {"fn": "datetime", "arg": _plain(value)}}
    expected = kind if isinstance(kind, str) else kind.__name__
    raise OddRequest(f"{name!r} in the context of {action} is a {type(value).__name__}, not a {expected}")


def _plain(value: object) -> object:
    if isinstance(value, tuple | set | frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    return value
