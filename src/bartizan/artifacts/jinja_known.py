"""What is known of a template's values, and what two of them make together."""

import enum
import re
from typing import Final, TypeAlias

MAX_VALUE_CHARS = 1 << 16
NUMBER = re.compile(r"\d{1,9}")


class Unknown(enum.Enum):
    """Why an expression has no known value."""

    DATA = "data"
    """It comes from the conversation, or from an index; whoever wrote the template did not choose it."""
    BUILT = "built"
    """Text put together from data."""
    FORGED = "forged"
    """Text put together from characters that the template took out of other things."""
    HUGE = "huge"
    """Larger than anything that a template needs."""


UNKNOWN: Final = Unknown.DATA
Value: TypeAlias = "str | int | float | bool | list[Value] | Unknown | None"


def either(one: Value, other: Value) -> Value:
    """What is known about a value that is one or the other."""
    if one == other:
        return one
    for doubt in (Unknown.HUGE, Unknown.FORGED, Unknown.BUILT):
        if doubt in (one, other):
            return doubt
    texts = [text for text in (one, other) if isinstance(text, str)]
    return next((text for text in texts if text.startswith("_")), UNKNOWN)


def joined(between: str, parts: "list[Value]") -> Value:
    if all(isinstance(part, str | int) for part in parts):
        texts = [str(part) for part in parts]
        return between.join(texts) if sum(map(len, texts)) <= MAX_VALUE_CHARS else Unknown.HUGE
    if Unknown.HUGE in parts:
        return Unknown.HUGE
    known = next((part for part in parts if part != ""), "")
    if isinstance(known, str) and not known.startswith("_"):
        return UNKNOWN  # begins with a letter that is known, so it is no name that leads out
    return Unknown.FORGED if Unknown.FORGED in parts or "_" in str(parts) else Unknown.BUILT


def added(one: Value, other: Value) -> Value:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one + other
    if isinstance(one, list) and isinstance(other, list):
        return one + other
    if isinstance(one, str) or isinstance(other, str):
        return joined("", [one, other])
    return either(one, other) if isinstance(one, Unknown) and isinstance(other, Unknown) else UNKNOWN


def multiplied(one: Value, other: Value, power: bool) -> Value:
    if isinstance(one, str | list) and type(other) is int:
        return one * max(0, other) if len(one) * max(0, other) <= MAX_VALUE_CHARS else Unknown.HUGE
    if isinstance(other, str | list) and type(one) is int:
        return multiplied(other, one, power)
    if type(one) is int and type(other) is int:
        if power:
            return one**other if 0 <= other <= 64 and abs(one) <= 1 << 16 else Unknown.HUGE
        return one * other
    return Unknown.HUGE if Unknown.HUGE in (one, other) else UNKNOWN


def formatted(pattern: str, values: Value) -> Value:
    """`pattern % values`, or what may be said of it."""
    given = values if isinstance(values, list) else [values]
    if any(isinstance(value, Unknown | list) for value in given) or len(pattern) > 200 or "*" in pattern:
        return UNKNOWN if pattern[:1].isalpha() else Unknown.BUILT
    try:
        return pattern % tuple(given) if max(map(int, NUMBER.findall(pattern)), default=0) < 1000 else Unknown.HUGE
    except (TypeError, ValueError, KeyError, OverflowError):
        return UNKNOWN


def replaced(value: str, args: "list[Value]") -> Value:
    old, new = str(args[0]), str(args[1])
    if old == "" or len(value) + value.count(old) * len(new) > MAX_VALUE_CHARS:
        return Unknown.HUGE
    return value.replace(old, new)


def formatted_by_braces(pattern: str, args: "list[Value]") -> Value:
    """`'{}...'.format(...)` with nothing but plain fields."""
    if pattern.replace("{}", "").count("{") or not all(isinstance(arg, str | int) for arg in args):
        return UNKNOWN if pattern[:1].isalpha() else Unknown.BUILT
    parts = pattern.split("{}")
    if len(parts) - 1 > len(args):
        return UNKNOWN
    return "".join(part + (str(args[index]) if index < len(parts) - 1 else "") for index, part in enumerate(parts))
