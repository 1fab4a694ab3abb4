"""Patterns: rules compiled together, and found together in all views of a text.

An automaton says in one pass which rules may match and where such a match would end; RE2 then finds the match, the one
that it would find alone; the rule's judge has the last word. Rules with the same pattern share the looks. No match
reaches over a NUL, which stands between views.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bartizan.kernel.errors import OutOfBudget, UsageError
from bartizan.text.automaton import Automaton, Hyperscan, OneByOne, has_hyperscan
from bartizan.text.finder import Enough, Finder, Looks, Span
from bartizan.text.judge import Judge
from bartizan.text.pages import Page, Pages, run
from bartizan.text.pattern_cache import PatternCache, default_folder
from bartizan.text.rule import Match, Rule
from bartizan.text.view import Views

LOOKS_BASE = 128
BYTES_PER_LOOK = 12
"""RE2 may be asked so often about a text, and once more for so many bytes."""


class Found(NamedTuple):
    """What was found, and whether that is all."""

    matches: list[Match]
    """All matches in the order of the rules, also those that overlap."""
    unread: str
    """Why there may be more, or nothing."""


class Place(NamedTuple):
    """Where a pattern matches, in the bytes of a page."""

    page: Page
    whole: Span
    part: Span


class Patterns:
    """Rules that are looked for together. Threads may share it."""

    def __init__(
        self,
        rules: Iterable[Rule],
        *,
        cache: Path | None = None,
        portable: bool = False,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`cache` is the folder for what was compiled, if not the user's own; `portable` does without Hyperscan."""
        self.rules = tuple(rules)
        _refuse_twins(self.rules)
        self._judges = [Judge(rule) for rule in self.rules]
        shapes: dict[tuple[str, int], list[int]] = {}
        for number, rule in enumerate(self.rules):
            shapes.setdefault((rule.pattern, rule.part), []).append(number)
        self._sharing = list(shapes.values())
        self._finders = [Finder(pattern, part) for pattern, part in shapes]
        sources = [pattern for pattern, _ in shapes]
        self._automaton: Automaton
        if portable or not has_hyperscan():
            self._automaton = OneByOne(sources)
        else:
            self._automaton = Hyperscan(sources, PatternCache(cache or default_folder()), note)

    def find(self, views: Views) -> list[Match]:
        """The strongest matches by their place in the text as it came; raises OutOfBudget if there may be more."""
        found = self.scan(views)
        if found.unread:
            raise OutOfBudget(found.unread)
        return strongest(found.matches)

    def scan(self, views: Views) -> Found:
        """Each match of a rule in any view."""
        data = run(views)
        hints, unread = self._automaton.hints(data)
        if not hints:
            return Found([], unread)
        pages = Pages(views, data)
        most = LOOKS_BASE + len(data) // BYTES_PER_LOOK
        looks = Looks(most // 2, most * (1 + len(self._automaton.refused)))
        matches: dict[int, list[Match]] = {}
        loose = self._automaton.loose
        # Few hints first: a rule that may match everywhere takes no look away from the others.
        for shape in sorted(hints, key=lambda shape: (shape in loose, len(hints[shape]))):
            places: list[Place] = []
            looks.next_rule()
            try:
                self._look(shape, hints[shape], pages, looks, places)
            except Enough:
                unread = unread or f"rules may match in more places than the {most:,} that are looked at"
            if places:
                matches |= {number: self._judged(number, places, pages) for number in self._sharing[shape]}
        return Found([match for number in sorted(matches) for match in matches[number]], unread)

    def _look(self, shape: int, hints: list[int], pages: Pages, looks: Looks, places: list[Place]) -> None:
        """Adds the places where the pattern matches on pages that any of its rules is for."""
        finder, reach, loose = self._finders[shape], self._automaton.reach[shape], shape in self._automaton.loose
        judges = [self._judges[number] for number in self._sharing[shape]]
        asks = all(judge.asks for judge in judges)
        for page, told in _by_page(pages, hints, onwards=loose):
            if asks and not any(judge.opens(page.folded) for judge in judges):
                continue
            for whole, part in finder.spans(page, told, reach, looks, loose=loose):
                places.append(Place(page, whole, part))

    def _judged(self, number: int, places: list[Place], pages: Pages) -> list[Match]:
        """The matches that the rule takes."""
        rule, judge = self.rules[number], self._judges[number]
        checked, moved = bool(rule.check or rule.entropy or rule.allow), bool(rule.context or rule.against)
        seen = set[tuple[int, int]]()
        judged: dict[tuple[str, str], bool] = {}
        opened: tuple[Page | None, bool] = (None, True)
        found = []
        for page, whole, (start, end) in places:
            if judge.asks and opened[0] is not page:
                opened = (page, judge.opens(page.folded))
            if not opened[1]:
                continue
            view, first, last = pages.place(page.start + start, page.start + end)
            read = view.text[first:last]
            if checked:
                known = (read, page.text(*whole) if rule.whole else "")
                accepted = judged.get(known)
                if accepted is None:
                    accepted = judged[known] = judge.accepts(*known)
                if not accepted:
                    continue
            span = view.origin(first, last)
            if span not in seen:
                seen.add(span)
                score = judge.score(view.text, first, last) if moved else rule.score
                found.append(Match(rule, span[0], span[1], score, read, view.how))
        return found

    def __reduce__(self) -> tuple[object, ...]:
        return Patterns, (self.rules,)


def strongest(matches: Iterable[Match]) -> list[Match]:
    """The matches that overlap no better one, by place: the surer is better, then the longer, then the first given."""
    starts: list[int] = []
    kept: list[Match] = []
    for match in sorted(matches, key=lambda match: (-match.score, match.start - match.end)):
        at = bisect_left(starts, match.start)
        if (at and kept[at - 1].end > match.start) or (at < len(kept) and kept[at].start < match.end):
            continue
        starts.insert(at, match.start)
        kept.insert(at, match)
    return kept


def _by_page(pages: Pages, hints: list[int], *, onwards: bool) -> Iterator[tuple[Page, Sequence[int]]]:
    """The pages that have hints, each with its own, in its own bytes; `onwards` adds all pages that follow."""
    if len(pages.all) == 1:
        yield pages.all[0], hints
        return
    at = 0
    while at < len(hints):
        number = pages.holding(hints[at])
        page = pages.all[number]
        after = page.start + len(page.data) + 1
        first = at
        while at < len(hints) and hints[at] <= after:
            at += 1
        yield page, [hint - page.start for hint in hints[first:at]]
    if onwards:
        for page in pages.all[number + 1 :]:
            yield page, ()


def _refuse_twins(rules: tuple[Rule, ...]) -> None:
    seen = set[str]()
    for rule in rules:
        if rule.id in seen:
            raise UsageError("two rules have the same id", where=rule.id, todo="Rename one.")
        seen.add(rule.id)
