"""What comes out of another tool's rules: ours, and what was left behind."""

import re
from typing import NamedTuple

from bartizan.text.rule import Rule
from bartizan.text.rules import refused


class Left(NamedTuple):
    """Something that a rule of another tool says and ours cannot."""

    id: str
    why: str

    def __str__(self) -> str:
        return f"{self.id}: {self.why}"


class Imported(NamedTuple):
    """Rules that can be used, and what was left behind."""

    rules: tuple[Rule, ...]
    left: tuple[Left, ...]


class Collector:
    """Gathers rules and what is left of them."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._left: list[Left] = []

    def add(self, rule: Rule) -> None:
        self._rules.append(rule)

    def leave(self, name: str, why: str) -> None:
        self._left.append(Left(name, why))

    def result(self) -> Imported:
        """All of it, without the rules that cannot be used."""
        bad = {refusal.id: refusal.why for refusal in refused(self._rules)}
        kept: dict[str, Rule] = {}
        for rule in self._rules:
            if rule.id not in bad:
                kept[rule.id] = rule
        left = [*self._left, *(Left(name, why) for name, why in bad.items())]
        return Imported(tuple(kept.values()), tuple(left))


def slug(*parts: str) -> str:
    """An id made of these names."""
    words = (re.sub(r"[^a-z0-9._]+", "-", part.lower()).strip("-._") for part in parts)
    return "-".join(word for word in words if word)[:128] or "unnamed"
