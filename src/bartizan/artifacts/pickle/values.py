"""What the machine's stack holds in place of objects.

Text, bytes, whole numbers, truth values, None and tuples stand for themselves, so that names can be computed. Lists,
dicts, sets and floats are only kinds, because nothing that can be called comes out of them without a call. What can be
called is a `Global` (an object found by its name) or `Made` (what some call returned, which nobody knows).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from bartizan.artifacts.globals import Entry

Value: TypeAlias = Any
"""str, bytes, int, bool, None, a tuple of values, a dict of values, Kind, Blob, Global or Made."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A value of which only the kind matters."""

    name: str


FEW = 8

LIST, DICT, SET, FROZENSET, FLOAT, BUFFER = map(Kind, ("list", "dict", "set", "frozenset", "float", "buffer"))


@dataclass(frozen=True, slots=True)
class Blob:
    """Text or bytes too long to hold: where they lie in the artifact."""

    at: int
    length: int
    text: bool


class Global:
    """An object found by its name; one per name and stream."""

    __slots__ = ("at", "called", "consuming", "entry", "filled", "name", "newed", "takes", "used")

    def __init__(self, entry: "Entry", at: int) -> None:
        self.entry = entry
        self.name = entry.name
        self.at = at
        self.used: dict[str, int] = {}
        """The ways in which the stream has called it so far, with the offset of the first time."""
        self.called: Made | None = None
        """What every REDUCE of it comes to, once one was listed, if nothing depends on the arguments."""
        self.consuming = False
        """True if it calls methods of its arguments, so that it depends on whether they were made by a call."""
        self.newed: Made | None = None
        """The same for NEWOBJ."""
        self.filled = False
        """True once a BUILD of an instance was listed, if nothing depends on the state."""
        self.takes: set[int] = set()
        """The opcodes for which it was listed that an instance takes items by them."""

    def calls_same_with(self, args: Value) -> bool:
        """True if these arguments change nothing about what a call of it does."""
        if not self.consuming:
            return True
        if type(args) is not tuple or len(args) > FEW:
            return False
        return type(args[0]) is not Made if len(args) == 1 else Made not in map(type, args)


class Made:
    """What a call made: an instance of `by`, or anything at all."""

    __slots__ = ("args", "by", "state")

    def __init__(self, by: Global | None, args: Value = ()) -> None:
        self.by = by
        self.args = args
        self.state: Value = None
        """What BUILD gave it last."""


UNKNOWN = Made(None)

KNOWN_USE = "REDUCE of known values"
"""A call with arguments for which the machine knows that it does nothing."""


def callable_maybe(value: Value) -> bool:
    """True if calling the value might work."""
    return type(value) is Global or type(value) is Made
