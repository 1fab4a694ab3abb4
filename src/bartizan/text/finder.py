"""Finding one rule's matches on a page, by the hints of an automaton: the same matches that RE2 would find alone."""

from collections.abc import Iterator, Sequence

from bartizan.text.pages import Page
from bartizan.text.re2_regex import NO_SPAN, Regex

BYTES_PER_LOOK = 512
"""RE2 reads so many bytes in the time that it takes to ask it."""
MANY_HINTS = 6
"""With more, a rule is looked for once from the first on, and not around each."""

Span = tuple[int, int]


class Enough(Exception):
    """The rule has had all the looks at the text that it may have."""


class Looks:
    """How often RE2 may still be asked about a text."""

    __slots__ = ("_each", "_left", "_share")

    def __init__(self, each: int, together: int) -> None:
        """So often by each rule, and so often by all."""
        self._left = together
        self._each = self._share = each

    def next_rule(self) -> None:
        self._share = min(self._each, self._left)

    def spend(self, read_bytes: int) -> None:
        looks = 1 + read_bytes // BYTES_PER_LOOK
        self._left -= looks
        self._share -= looks
        if self._share < 0:
            raise Enough


class Finder:
    """One pattern, made ready when it is first needed: most never are."""

    __slots__ = ("_part", "_pattern", "_regex")

    def __init__(self, pattern: str, part: int) -> None:
        self._pattern = pattern
        self._part = part
        self._regex: Regex | None = None

    def spans(
        self, page: Page, hints: Sequence[int], reach: int, looks: Looks, *, loose: bool
    ) -> Iterator[tuple[Span, Span]]:
        """The matches on the page and the parts of them that count, in its bytes.

        `hints` has a place for each match, inside it or at its end, and no match starts more than `reach` before its
        own, if that is not 0. If `loose`, only the first match may have its hint.
        """
        regex = self._regex
        if regex is None:
            regex = self._regex = Regex(self._pattern)
        data, part = page.data, self._part
        size, count = len(data), len(hints)
        near = reach > 0 and not loose and count <= MANY_HINTS
        at = told = 0
        while True:
            while told < count and hints[told] <= at:
                told += 1
            if told == count and not loose:
                return
            # The leftmost match beyond `at` has the next hint or a later one, so it starts within reach of that.
            start = max(at, hints[told] - reach) if reach and told < count else at
            end = min(size, hints[told] + reach) if near else size
            spans = regex.spans(data, start, end)
            if spans is None or (near and spans[0][0] > hints[told]):
                looks.spend(end - start)
                if not near:
                    return
                told += 1
                continue
            looks.spend(spans[0][1] - start)
            if spans[part] == NO_SPAN:
                at = spans[0][1]
                continue
            # Two parts may share what stands between them: the space in `111 222`.
            at = max(spans[part][1], spans[0][0] + 1)
            yield spans[0], spans[part]
