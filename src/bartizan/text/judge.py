"""Judging a match: whether it counts, and how sure the words around it make it."""

import importlib
import math
import re
from collections import Counter
from collections.abc import Callable
from functools import cached_property

from bartizan.kernel.errors import UsageError
from bartizan.text.re2_regex import Regex
from bartizan.text.rule import Rule

WINDOW_BEFORE_CHARS = 96
WINDOW_AFTER_CHARS = 48
CONTEXT_ODDS = 8.0
"""How much likelier a word of the context makes a match, and how much less likely a word against it."""
WHOLE_WORD_CHARS = 3
"""Words up to this long stand alone (`id`, `ssn`); longer ones may go on, as in `cards` or `Kontonummer`."""

Check = Callable[[str], bool]
_CHECK_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


class Judge:
    """What a rule asks of a match beyond its shape."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._keywords = tuple(word.casefold() for word in rule.keywords)
        self.asks = bool(rule.keywords)
        """Whether the rule is for texts with one of its keywords only."""

    def opens(self, folded: str) -> bool:
        """True if the text has one of the keywords, or none is needed."""
        return not self._keywords or any(word in folded for word in self._keywords)

    def accepts(self, read: str, whole: str) -> bool:
        """True if what was read has the structure and entropy that it must have, and is no known harmless value."""
        rule = self._rule
        if rule.check and not self._check(whole if rule.whole else read):
            return False
        if rule.entropy and entropy(read) < rule.entropy:
            return False
        return not (rule.allow and any(pattern.finds(read) for pattern in self._allow))

    def score(self, text: str, start: int, end: int) -> float:
        """How sure the match at this place is, with the words around it."""
        rule = self._rule
        if not (rule.context or rule.against):
            return rule.score
        before = text[max(0, start - WINDOW_BEFORE_CHARS) : start]
        around = f"{before}\n{text[end : end + WINDOW_AFTER_CHARS]}".casefold()
        odds = 1.0
        if rule.context and self._context.finds(around):
            odds *= CONTEXT_ODDS
        if rule.against and self._against.finds(around):
            odds /= CONTEXT_ODDS
        return moved(rule.score, odds)

    @cached_property
    def _check(self) -> Check:
        return check_named(self._rule.check)

    @cached_property
    def _allow(self) -> tuple[Regex, ...]:
        return tuple(Regex(pattern) for pattern in self._rule.allow)

    @cached_property
    def _context(self) -> Regex:
        return any_word(self._rule.context)

    @cached_property
    def _against(self) -> Regex:
        return any_word(self._rule.against)


def check_named(name: str) -> Check:
    """The check `module.function` out of `bartizan.text.checks`."""
    if _CHECK_NAME.fullmatch(name):
        module, _, function = name.partition(".")
        try:
            found = getattr(importlib.import_module(f"bartizan.text.checks.{module}"), function, None)
        except ModuleNotFoundError:
            found = None
        if callable(found) and getattr(found, "__module__", "").startswith("bartizan."):
            check: Check = found
            return check
    raise UsageError(f"there is no check {name!r}", todo="A check is `module.function` below bartizan.text.checks.")


def entropy(text: str) -> float:
    """Shannon's entropy of the text, in bits per character."""
    total = len(text)
    return -sum(count / total * math.log2(count / total) for count in Counter(text).values()) if total else 0.0


def moved(score: float, odds: float) -> float:
    """The probability when its odds are multiplied; what is certain stays so."""
    return score * odds / (score * odds + 1 - score) if score < 1 else score


def any_word(words: tuple[str, ...]) -> Regex:
    """Finds one of the words where a word begins, in casefolded text."""
    return Regex("|".join(_word(word.casefold()) for word in words))


def _word(word: str) -> str:
    before = "(?:^|[^a-z0-9])" if word[:1].isascii() and word[:1].isalnum() else ""
    after = "(?:[^a-z0-9]|$)" if len(word) <= WHOLE_WORD_CHARS and word[-1:].isascii() and word[-1:].isalnum() else ""
    return before + re.escape(word) + after
