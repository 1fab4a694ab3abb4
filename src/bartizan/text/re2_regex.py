"""RE2, bounded in memory and spoken to without its Python wrapper, which costs as much again as a match."""

from re2 import Options, _re2

MAX_MEM_BYTES = 8 << 20
"""For the program and the states that it builds while it runs."""
MAX_PROGRAM = 6_000
"""Instructions: with more, RE2 may find its memory too small for an automaton, and be a hundred times slower."""

_ANYWHERE = _re2.RE2.Anchor.UNANCHORED
NO_SPAN = (-1, -1)

Spans = list[tuple[int, int]]


class BadPattern(ValueError):
    """What RE2 says against a pattern."""


class Regex:
    """A compiled pattern over UTF-8."""

    __slots__ = ("_match", "groups", "pattern", "program")

    def __init__(self, pattern: str) -> None:
        options = Options()
        options.max_mem = MAX_MEM_BYTES
        options.log_errors = False
        compiled = _re2.RE2(pattern.encode(errors="replace"), options)
        if not compiled.ok():
            raise BadPattern(_text(compiled.error()))
        self.pattern = pattern
        self.groups: int = compiled.NumberOfCapturingGroups()
        self.program: int = compiled.ProgramSize()
        self._match = compiled.Match

    def spans(self, data: bytes, start: int, end: int) -> Spans | None:
        """The leftmost match in data[start:end] and its groups, in bytes; edges and words are those of all the data."""
        spans: Spans = self._match(_ANYWHERE, data, start, end)
        return None if spans[0] == NO_SPAN else spans

    def finds(self, text: str) -> bool:
        data = text.encode(errors="replace")
        return self.spans(data, 0, len(data)) is not None


def _text(error: object) -> str:
    return error.decode(errors="replace") if isinstance(error, bytes) else str(error)
