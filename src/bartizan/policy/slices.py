"""Slices: of a rule set, the few rules whose scope an action and a principal can satisfy.

A rule is left out only when Cedar could never find its scope true, so a slice decides as the whole set does.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeAlias

from bartizan.kernel import Policy
from bartizan.policy import cedar
from bartizan.policy.lru import Lru
from bartizan.policy.rules import Rule, Uid

MAX_CACHED_RULES = 50_000

Reach: TypeAlias = frozenset[Uid | str]
"""A principal's type, its uid, and the uids of all that it is in."""


class RuleSet:
    """The rules of one policy by action and by what they ask of a principal, and the slices used last."""

    def __init__(self, policy: Policy, rules: tuple[Rule, ...]) -> None:
        self.policy = policy
        self.rules = rules
        self._index = _index(rules)
        self._anchors = frozenset(rule.anchor for rule in rules)
        self._slices: Lru[tuple[str, Reach], cedar.PolicySet] = Lru(MAX_CACHED_RULES)

    def anchored(self, reach: Reach) -> Reach:
        """The part of the reach that some rule asks for: principals who share it share their slices."""
        return frozenset(anchor for anchor in reach if anchor in self._anchors)

    def slice(self, action: str, reach: Reach) -> cedar.PolicySet:
        """The handle of the slice for an action and an anchored reach."""
        key = (action, reach)
        found = self._slices.get(key)
        if found is None:
            rules = self.sliced(action, reach)
            found = cedar.policy_set({rule.id: _bare(rule) for rule in rules})
            self._slices.put(key, found, len(rules) + 1)
        return found

    def sliced(self, action: str, reach: Iterable[Uid | str]) -> list[Rule]:
        """The rules of that slice, in the order of the text."""
        positions: set[int] = set()
        anchors = (None, *reach)
        for by_anchor in (self._index.get(action), self._index.get(None)):
            if by_anchor:
                positions.update(*(by_anchor.get(anchor, ()) for anchor in anchors))
        return [self.rules[position] for position in sorted(positions)]


_Index: TypeAlias = dict[str | None, dict[Uid | str | None, list[int]]]


def _index(rules: tuple[Rule, ...]) -> _Index:
    index: _Index = defaultdict(lambda: defaultdict(list))
    for position, rule in enumerate(rules):
        for action in (None,) if rule.actions is None else rule.actions:
            index[action][rule.anchor].append(position)
    return {action: dict(by_anchor) for action, by_anchor in index.items()}


def _bare(rule: Rule) -> cedar.pst.Template:
    """The rule under its own id, so that answers name it, and without annotations, which Cedar would repeat."""
    node = rule.node
    return cedar.pst.Template(
        id=rule.id,
        effect=node.effect,
        principal=node.principal,
        action=node.action,
        resource=node.resource,
        clauses=node.clauses,
        annotations=cedar.pst.FrozenMap(),
    )


def unscoped(rule: Rule) -> str:
    """What makes the rule enter slices that its condition may have no business with; empty if nothing does."""
    any_principal = rule.anchor is None or isinstance(rule.anchor, str)
    if any_principal and rule.actions is None:
        return "its scope names neither a role nor an action, so it enters every slice"
    if any_principal:
        return f"its scope names no role, so it enters every slice of {', '.join(sorted(rule.actions or ()))}"
    if rule.actions is None:
        return "its scope names no action, so it enters every slice of its role"
    return ""
