"""What the state needs of the ledger and of the vault."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from bartizan.kernel import Record

RETIRED = "retired"
"""The fault of a line that the ledger once held and no longer keeps."""


class Line(msgspec.Struct, frozen=True):
    """One acknowledged line of the ledger: a record, or why it cannot be read as one."""

    slot: int
    index: int
    record: Record | None
    fault: str = ""


class Log(Protocol):
    """The ledger as the state sees it."""

    def append(self, records: Sequence[Record], /) -> None:
        """Returns when the records are durable."""

    def tail(self, start: Mapping[int, int], /) -> Iterator[Line]:
        """Every acknowledged line, slot by slot and in order, from index `start[slot]` (or from the first) on."""


class Sealer(Protocol):
    """Who can seal a change of state: the vault."""

    def seal(self, data: bytes, /) -> str: ...

    def seals(self, data: bytes, seal: str, /) -> bool: ...
