"""Finding one rule's matches on a page by the ends that an automaton told: those that RE2 would find alone."""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

from bartizan.text.judge import Judge
from bartizan.text.pages import Page
from bartizan.text.re2_regex import NO_SPAN, Regex
from bartizan.text.regex import Unknown, parse
from bartizan.text.regex_measure import widths
from bartizan.text.rule import Rule

BYTES_PER_LOOK = 512
"""RE2 reads so many bytes in the time that it takes to ask it."""


class Enough(Exception):
    """The text has had all the looks that it may have."""


class Looks:
    """How often RE2 may still be asked about a text."""

    def __init__(self, most: int) -> None:
        self.most = self._left = most

    def spend(self, read_bytes: int) -> None:
        self._left -= 1 + read_bytes // BYTES_PER_LOOK
        if self._left < 0:
            raise Enough


class Finder:
    """One rule, made ready when it is first needed: most never are."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.judge = Judge(rule)

    def spans(self, page: Page, ends: Sequence[int], *, loose: bool, looks: Looks) -> Iterator[tuple[int, int]]:
        """The matches on the page, in its bytes. `ends` are all places where one may end, or the first if `loose`."""
        least, reach = self._widths
        size = len(page.data)
        if size < least or not self.judge.opens(page.folded):
            return
        part, at, told = self.rule.part, 0, 0
        while True:
            while told < len(ends) and ends[told] <= at:
                told += 1
            if told == len(ends) and not loose:
                return
            # The leftmost match beyond `at` has the next end or a later one, so it starts within reach of that.
            start = at if reach is None or told == len(ends) else max(at, ends[told] - reach)
            spans = self._regex.spans(page.data, start, size)
            looks.spend((spans[0][1] if spans else size) - start)
            if spans is None:
                return
            at = spans[0][1]
            if spans[part] != NO_SPAN:
                yield spans[part]

    @cached_property
    def _regex(self) -> Regex:
        return Regex(self.rule.pattern)

    @cached_property
    def _widths(self) -> tuple[int, int | None]:
        """The least bytes of a match, and how far before its end it starts at most; None if there is no bound."""
        try:
            least, most = widths(parse(self.rule.pattern))
        except Unknown:
            return 0, None
        # The automaton may tell an end a byte late.
        return least, int(most) + 1 if most < math.inf else None
