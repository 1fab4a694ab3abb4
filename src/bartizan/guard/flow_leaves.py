"""Leaves: every string and number in a value, keys too, with the way there."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from bartizan.kernel import OutOfBudget

MAX_DEPTH = 32
MAX_LEAVES = 20_000
MAX_CHARS = 4 << 20

Scalar: TypeAlias = str | int | float


class Leaf(NamedTuple):
    """One string or number."""

    path: tuple[str, ...]
    value: Scalar

    @property
    def text(self) -> str:
        return self.value if isinstance(self.value, str) else repr(self.value)


def leaves(value: Any, *, most: int = MAX_LEAVES) -> list[Leaf]:
    """All of them in order; OutOfBudget if they are too many, too long, too deep, or of a type that cannot be read."""
    found: list[Leaf] = []
    chars = 0
    for leaf in _walk(value, (), 0):
        chars += len(leaf.text)
        if len(found) >= most or chars > MAX_CHARS:
            raise OutOfBudget(f"a value has more than {most:,} parts or {MAX_CHARS:,} characters")
        found.append(leaf)
    return found


def _walk(value: Any, path: tuple[str, ...], depth: int) -> Iterator[Leaf]:
    if depth > MAX_DEPTH:
        raise OutOfBudget(f"a value is nested deeper than {MAX_DEPTH} levels")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str | Decimal):
        yield Leaf(path, str(value))
    elif isinstance(value, int | float):
        yield Leaf(path, _number(value))
    elif isinstance(value, datetime | date):
        yield Leaf(path, value.isoformat())
    elif isinstance(value, bytes | bytearray):
        yield Leaf(path, value.decode("utf-8", "replace"))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            name = key if isinstance(key, str) else repr(key)
            yield Leaf((*path, KEY), name)
            yield from _walk(item, (*path, name), depth + 1)
    elif isinstance(value, Sequence | Set):
        for at, item in enumerate(value):
            yield from _walk(item, (*path, str(at)), depth + 1)
    else:
        raise OutOfBudget(f"a value holds a {type(value).__name__}, which is not looked into")


KEY = "(key)"
"""Stands in a path for the names of a mapping's entries."""


def _number(value: int | float) -> Scalar:
    """The number, or its hexadecimal digits where it has too many to be written out in bounded time."""
    return hex(value) if isinstance(value, int) and value.bit_length() > 1024 else value
