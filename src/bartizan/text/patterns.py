"""Patterns: rules compiled together, and found together in all views of a text."""

from collections.abc import Iterable

import re2

from bartizan.text.rule import Match, Rule
from bartizan.text.view import Views


class Patterns:
    """Rules that are looked for together."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._compiled = [re2.compile(rule.pattern) for rule in self.rules]

    def find(self, views: Views) -> list[Match]:
        """Each match of a rule in any view, by its place in the text as it came."""
        found = []
        for view in views.all:
            for rule, pattern in zip(self.rules, self._compiled, strict=True):
                for hit in pattern.finditer(view.text):
                    start, end = hit.span(rule.part)
                    read = view.text[start:end]
                    found.append(Match(rule, *view.origin(start, end), rule.score, read, view.how))
        return found
