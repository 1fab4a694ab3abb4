"""The names that marshalled code of any Python 3 uses, read without unmarshalling it."""

import base64
import binascii
import struct

MAX_BYTES = 1 << 20
MAX_DEPTH = 40
LEAST_ITEMS, BYTES_PER_ITEM = 20_000, 6
"""Code in use has a value in about ten bytes."""
REF_FLAG = 0x80

# What comes before and after the names in a code object: longs, then objects; by the versions that wrote it.
LAYOUTS = (
    (
        5,
        ("code", "consts", "names", "localsplusnames", "kinds", "filename", "name", "qualname"),
        1,
        ("lines", "exceptions"),
    ),
    (6, ("code", "consts", "names", "varnames", "freevars", "cellvars", "filename", "name"), 1, ("lines",)),
    (5, ("code", "consts", "names", "varnames", "freevars", "cellvars", "filename", "name"), 1, ("lines",)),
)
FIXED = {"N": 0, "F": 0, "T": 0, "S": 0, ".": 0, "i": 4, "I": 8, "g": 8, "y": 16, "r": 4}
SHORT_TEXT, LONG_TEXT, SHORT_TUPLE, LONG_TUPLE = "zZ", "sutaA", ")", "([<>"


class Unreadable(Exception):
    """This is no code object in this layout."""


def names_in_code(text: str) -> set[str] | None:
    """Global and attribute names in the code and in functions inside it; None if no version's layout fits."""
    try:
        return names_in(base64.b64decode(text, validate=False))
    except (binascii.Error, ValueError):
        return None


def names_in(data: bytes) -> set[str] | None:
    """The same for the bytes themselves."""
    if not data or len(data) > MAX_BYTES:
        return None
    for layout in LAYOUTS:
        reader = _Marshalled(data, layout)
        try:
            reader.value(0)
        except (Unreadable, struct.error, IndexError, RecursionError, ValueError):
            continue
        if reader.at == len(data) and reader.codes:
            return reader.names
    return None


class _Marshalled:
    """One reading of the bytes, in one layout."""

    def __init__(self, data: bytes, layout: tuple[int, tuple[str, ...], int, tuple[str, ...]]) -> None:
        self.at = 0
        self.names: set[str] = set()
        self.codes = 0
        self._data = data
        self._layout = layout
        self._refs: list[object] = []
        self._items = LEAST_ITEMS + len(data) // BYTES_PER_ITEM
        """How many values may still come."""

    def value(self, depth: int) -> object:
        """The next value: text, a tuple, or None for what does not matter here."""
        self._items -= 1
        if depth > MAX_DEPTH or self._items < 0:
            raise Unreadable
        mark = self._take(1)[0]
        kind = chr(mark & ~REF_FLAG)
        place = None
        if mark & REF_FLAG:
            place = len(self._refs)
            self._refs.append(None)
        found = self._of_kind(kind, depth)
        if place is not None:
            self._refs[place] = found
        return found

    def _of_kind(self, kind: str, depth: int) -> object:
        if kind == "r":
            index = self._long()
            if not 0 <= index < len(self._refs):
                raise Unreadable
            return self._refs[index]
        if kind in FIXED:
            self._take(FIXED[kind])
            return None
        if kind in SHORT_TEXT or kind in LONG_TEXT:
            return self._take(self._take(1)[0] if kind in SHORT_TEXT else self._long()).decode("utf-8", "replace")
        if kind in SHORT_TUPLE or kind in LONG_TUPLE:
            count = self._take(1)[0] if kind in SHORT_TUPLE else self._long()
            if count > len(self._data):
                raise Unreadable
            return tuple(self.value(depth + 1) for _ in range(count))
        if kind == "l":
            self._take(2 * abs(self._long()))
            return None
        if kind in ("f", "x"):
            for _ in range(1 if kind == "f" else 2):
                self._take(self._take(1)[0])
            return None
        if kind == "c":
            self._code(depth)
            return None
        raise Unreadable

    def _code(self, depth: int) -> None:
        longs, objects, lines, after = self._layout
        self._take(4 * longs)
        for part in objects:
            found = self.value(depth + 1)
            if part == "names":
                if not isinstance(found, tuple):
                    raise Unreadable
                self._items -= len(found)  # a reference to one long list costs its length each time
                if self._items < 0 or not all(isinstance(name, str) for name in found):
                    raise Unreadable
                self.names.update(found)
        self._take(4 * lines)
        for _ in after:
            self.value(depth + 1)
        self.codes += 1

    def _long(self) -> int:
        number: int = struct.unpack("<i", self._take(4))[0]
        return number

    def _take(self, length: int) -> bytes:
        if length < 0 or self.at + length > len(self._data):
            raise Unreadable
        piece = self._data[self.at : self.at + length]
        self.at += length
        return piece
