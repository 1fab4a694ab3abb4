"""Automata: one pass over a text that says which patterns may match, and where such a match would end.

Hyperscan does it for all patterns at once. Where it is not installed, or for a pattern that it refuses, RE2 is asked
pattern by pattern, with the same answers in the end: what an automaton says is a hint, and RE2 finds the match itself.
"""

import hashlib
import importlib.util
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from bartizan.text import regex, regex_bytes, regex_measure
from bartizan.text.pattern_cache import PatternCache

if TYPE_CHECKING:
    import hyperscan

MAX_SCAN_BYTES = 1 << 30
"""Hyperscan counts in 32 bits."""
ENDS_BASE = 512
BYTES_PER_END = 4
"""A text may have so many ends, and one more for so many bytes: each costs a call back into Python."""
MAX_POSITIONS = 6_000
"""A bigger pattern is left to RE2, because Hyperscan could take minutes over it."""

CODE = ("automaton", "regex", "regex_bytes", "regex_measure")
"""What decides how a pattern is compiled."""

Ends = dict[int, list[int]]
"""For each pattern that may match, by its number: where matches may end, in bytes, ascending."""


class Automaton(Protocol):
    """Says where patterns may match."""

    @property
    def loose(self) -> Collection[int]:
        """The patterns of which only the first end is told: they may match anywhere from there on."""
        ...

    def ends(self, data: bytes) -> tuple[Ends, str]:
        """The ends of possible matches, and why there may be more, or nothing."""
        ...


class OneByOne:
    """The portable automaton: every pattern may match anywhere."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.loose = range(len(patterns))

    def ends(self, data: bytes) -> tuple[Ends, str]:
        return ({number: [0] for number in self.loose} if data else {}), ""


class Hyperscan:
    """All patterns in one database; those that it cannot hold may match anywhere."""

    def __init__(self, patterns: Sequence[str], cache: PatternCache | None, note: Callable[[str], None]) -> None:
        """`note` is told when the database has to be compiled, which takes seconds."""
        key = _key(patterns)
        kept = cache.get(key) if cache else None
        if kept is None:
            note(f"compiling {len(patterns)} patterns; the next start finds them in the cache")
            kept = msgspec.msgpack.encode(_compiled(patterns))
            if cache:
                cache.put(key, kept)
        compiled = msgspec.msgpack.decode(kept, type=_Compiled)
        self.loose = frozenset((*compiled.loose, *compiled.refused))
        self._refused = compiled.refused
        self._database = _loaded(compiled.database) if compiled.database else None
        self._own = threading.local()

    def ends(self, data: bytes) -> tuple[Ends, str]:
        import hyperscan

        if len(data) > MAX_SCAN_BYTES:
            return {}, f"more than {MAX_SCAN_BYTES:,} bytes"
        ends: Ends = {number: [0] for number in self._refused} if data else {}
        if self._database is None:
            return ends, ""
        found: list[tuple[int, int]] = []
        most = ENDS_BASE + len(data) // BYTES_PER_END
        unread = ""

        def note(number: int, _start: int, end: int, _flags: int, _context: object) -> bool:
            found.append((number, end))
            return len(found) > most

        try:
            self._database.scan(data, note, scratch=self._scratch())
        except hyperscan.ScanTerminated:
            unread = f"more than {most:,} places where a rule may match"
        for number, end in found:
            ends.setdefault(number, []).append(end)
        return ends, unread

    def _scratch(self) -> "hyperscan.Scratch":
        """The memory that a scan works in: one for each thread."""
        import hyperscan

        scratch: hyperscan.Scratch | None = getattr(self._own, "scratch", None)
        if scratch is None:
            scratch = self._own.scratch = hyperscan.Scratch(self._database)
        return scratch


def has_hyperscan() -> bool:
    """True if Hyperscan is installed."""
    return importlib.util.find_spec("hyperscan") is not None


class _Compiled(msgspec.Struct, frozen=True, array_like=True):
    database: bytes
    loose: list[int]
    refused: list[int]


def _compiled(patterns: Sequence[str]) -> _Compiled:
    """The database of all patterns that Hyperscan can hold."""
    import hyperscan

    forms, loose, refused = {}, [], []
    for number, pattern in enumerate(patterns):
        try:
            node = regex.parse(pattern)
        except regex.Unknown:
            refused.append(number)
            continue
        if regex_measure.positions(node) > MAX_POSITIONS:
            refused.append(number)
            continue
        if regex_measure.is_loose(node):
            loose.append(number)
        forms[number] = regex_bytes.bytes_form(node)
    single = frozenset(loose)
    unfit = _unfit(list(forms), forms)
    fit = [number for number in forms if number not in unfit]
    database = b""
    if fit:
        database = hyperscan.dumpb(_built(fit, forms, single))
    return _Compiled(database, loose, sorted((*refused, *unfit)))


def _unfit(numbers: list[int], forms: dict[int, bytes]) -> frozenset[int]:
    """The patterns that Hyperscan refuses, found by halving: it does not say which."""
    import hyperscan

    if not numbers:
        return frozenset()
    try:
        _built(numbers, forms, frozenset())
    except hyperscan.error:
        if len(numbers) == 1:
            return frozenset(numbers)
        middle = len(numbers) // 2
        return _unfit(numbers[:middle], forms) | _unfit(numbers[middle:], forms)
    return frozenset()


def _built(numbers: list[int], forms: dict[int, bytes], single: frozenset[int]) -> "hyperscan.Database":
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = [hyperscan.HS_FLAG_SINGLEMATCH if number in single else 0 for number in numbers]
    database.compile(expressions=[forms[number] for number in numbers], ids=numbers, flags=flags)
    return database


def _loaded(content: bytes) -> "hyperscan.Database":
    import hyperscan

    return hyperscan.loadb(content, hyperscan.HS_MODE_BLOCK)


def _key(patterns: Sequence[str]) -> str:
    """Names what a database depends on: the patterns, the code that says them again, Hyperscan and the processor."""
    import hyperscan

    probe = hyperscan.Database()
    probe.compile(expressions=[b"x"], ids=[0], flags=[0])
    code = (Path(__file__).with_name(f"{name}.py").read_bytes() for name in CODE)
    parts = (str(probe.info()).encode(), *code, *(pattern.encode(errors="replace") for pattern in patterns))
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:32]
