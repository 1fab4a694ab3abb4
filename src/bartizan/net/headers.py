"""Header fields: names in any case, values in order, and nothing that could split a message."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from bartizan.net.errors import Unsendable

# RFC 9110, 5.1 and 5.5.
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
VALUE = re.compile(r"(?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?\Z")

HeadersLike: TypeAlias = "Headers | Mapping[str, str] | Iterable[tuple[str, str]]"


class Headers:
    """Fields of one message, immutable. Names are in lower case; bytes beyond ASCII are Latin-1."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = tuple((name.lower(), value) for name, value in fields)

    @classmethod
    def to_send(cls, fields: "HeadersLike") -> "Headers":
        """The fields, if each may be sent as it is."""
        if isinstance(fields, Mapping):
            fields = fields.items()
        found = list(fields)
        for name, value in found:
            if not NAME.match(name):
                raise Unsendable("a header's name holds a character that no name may have")
            if not VALUE.match(value):
                raise Unsendable("a header's value holds a line break, control character or outer blank", where=name)
        return cls(found)

    def get(self, name: str, default: str | None = None) -> str | None:
        """The value of the first field of that name."""
        return next((value for other, value in self._fields if other == name.lower()), default)

    def all(self, name: str) -> list[str]:
        return [value for other, value in self._fields if other == name.lower()]

    def only(self, names: frozenset[str]) -> "Headers":
        """The fields with one of these names."""
        return Headers((name, value) for name, value in self._fields if name in names)

    def __contains__(self, name: str) -> bool:
        return any(other == name.lower() for other, _ in self._fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._fields == other._fields

    def __hash__(self) -> int:
        return hash(self._fields)

    def __repr__(self) -> str:
        """Names alone: values may be secrets."""
        return f"<Headers {', '.join(name for name, _ in self._fields)}>"
