"""Automata: one pass over a text that says which patterns may match, and where to look for the match.

Hyperscan does it for all patterns at once. Where it is not installed, or for a pattern that it refuses, RE2 is asked
pattern by pattern, with the same answers in the end: what an automaton says is a hint, and RE2 finds the match itself.
"""

import importlib.util
import threading
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from bartizan.text.compiled import Compiled, compiled, key_of
from bartizan.text.pattern_cache import PatternCache
from bartizan.text.stretches import EVERYWHERE, NEAR_DIGITS, NEAR_TOKENS, near_digits, near_tokens

if TYPE_CHECKING:
    import hyperscan

MAX_SCAN_BYTES = 1 << 30
"""Hyperscan counts in 32 bits."""
HINTS_BASE = 512
BYTES_PER_HINT = 4
"""A text may have so many hints, and one more for so many bytes: each costs a call back into Python."""

PADDING = bytes(32)
"""Hyperscan 5.4.12 misses `x[0-9]` in the last two bytes of a longer buffer, so no buffer ends with what matters."""

Hints = dict[int, list[int]]
"""For each pattern that may match, by its number: places inside or at the end of its matches, in bytes, ascending."""

NEAR = ((NEAR_DIGITS, near_digits), (NEAR_TOKENS, near_tokens))
Scanner = tuple[Callable[..., None], "hyperscan.Scratch"]


class Automaton(Protocol):
    """Says where patterns may match."""

    @property
    def loose(self) -> Collection[int]:
        """The patterns of which only the first hint is told: they may match anywhere from there on."""
        ...

    @property
    def refused(self) -> Collection[int]:
        """The patterns that no hint is had for."""
        ...

    @property
    def reach(self) -> Sequence[int]:
        """For each pattern how many bytes before its hint a match may start; 0 if there is no bound."""
        ...

    def hints(self, data: bytes) -> tuple[Hints, str]:
        """The hints, and why there may be more, or nothing."""
        ...


class OneByOne:
    """The portable automaton: every pattern may match anywhere."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.loose = self.refused = range(len(patterns))
        self.reach = (0,) * len(patterns)

    def hints(self, data: bytes) -> tuple[Hints, str]:
        return ({number: [0] for number in self.loose} if data else {}), ""


class Hyperscan:
    """Patterns in a few databases; those that fit in none may match anywhere."""

    def __init__(self, patterns: Sequence[str], cache: PatternCache | None, note: Callable[[str], None]) -> None:
        """`note` is told when the databases have to be compiled, which takes seconds."""
        key = key_of(patterns)
        kept = cache.get(key) if cache else None
        if kept is None:
            note(f"compiling {len(patterns)} patterns; the next start finds them in the cache")
            kept = msgspec.msgpack.encode(compiled(patterns))
            if cache:
                cache.put(key, kept)
        made = msgspec.msgpack.decode(kept, type=Compiled)
        self.loose = frozenset((*made.loose, *made.refused))
        self.reach = made.reach
        self.refused = made.refused
        self._databases = {place: list(map(_loaded, contents)) for place, contents in made.databases.items()}
        self._own = threading.local()

    def hints(self, data: bytes) -> tuple[Hints, str]:
        import hyperscan

        if len(data) > MAX_SCAN_BYTES:
            return {}, f"more than {MAX_SCAN_BYTES:,} bytes"
        hints: Hints = {number: [0] for number in self.refused} if data else {}
        found: list[tuple[int, int]] = []
        most = HINTS_BASE + len(data) // BYTES_PER_HINT
        offset = 0

        def note(number: int, _start: int, end: int, _flags: int, _context: object) -> bool:
            found.append((number, offset + end))
            return len(found) > most

        scanners = self._scanners()
        padded = data + PADDING
        unread = ""
        try:
            for scan, scratch in scanners[EVERYWHERE]:
                scan(padded, note, scratch=scratch)
            for place, stretches in NEAR:
                if near := scanners[place]:
                    for offset, end in stretches(data):
                        part = data[offset:end] + PADDING
                        for scan, scratch in near:
                            scan(part, note, scratch=scratch)
        except hyperscan.ScanTerminated:
            unread = f"more than {most:,} places where a rule may match"
        for number, end in found:
            if end > len(data) + 1:
                continue
            if number in hints:
                hints[number].append(end)
            else:
                hints[number] = [end]
        return hints, unread

    def _scanners(self) -> dict[str, list[Scanner]]:
        """The databases, each with memory to work in that no other thread uses."""
        import hyperscan

        try:
            scanners: dict[str, list[Scanner]] = self._own.scanners
        except AttributeError:
            scanners = self._own.scanners = {
                place: [(database.scan, hyperscan.Scratch(database)) for database in databases]
                for place, databases in self._databases.items()
            }
        return scanners


def has_hyperscan() -> bool:
    """True if Hyperscan is installed."""
    return importlib.util.find_spec("hyperscan") is not None


def _loaded(content: bytes) -> "hyperscan.Database":
    import hyperscan

    return hyperscan.loadb(content, hyperscan.HS_MODE_BLOCK)
