"""Slices: of a rule set, the few rules whose scope an action, a principal and a resource can satisfy.

A rule is left out only when Cedar could never find its scope true, so a slice decides as the whole set does.
"""

from collections import defaultdict
from itertools import product
from typing import NamedTuple, TypeAlias

from bartizan.kernel import Policy
from bartizan.policy import cedar
from bartizan.policy.lru import Lru
from bartizan.policy.rules import Anchor, Rule, Uid

MAX_CACHED_RULES = 50_000


class Reach(NamedTuple):
    """What scopes can find in a request: of either entity its type, its uid, and the uids of all that it is in."""

    principal: frozenset[Uid | str]
    resource: frozenset[Uid | str]


class Slice(NamedTuple):
    """Some rules as Cedar holds them, and the attributes of the context that they read; None for all."""

    policies: cedar.PolicySet
    reads: frozenset[str] | None


class RuleSet:
    """The rules of one policy by what their scopes ask for, and the slices used last."""

    def __init__(self, policy: Policy, rules: tuple[Rule, ...]) -> None:
        self.policy = policy
        self.rules = rules
        self._index = _index(rules)
        self._principals = frozenset(rule.principal for rule in rules)
        self._resources = frozenset(rule.resource for rule in rules)
        self._slices: Lru[tuple[str, Reach], Slice] = Lru(MAX_CACHED_RULES)

    def asked(self, reach: Reach) -> Reach:
        """The part of the reach that some rule asks for: requests that share it share their slices."""
        return Reach(
            frozenset(anchor for anchor in reach.principal if anchor in self._principals),
            frozenset(anchor for anchor in reach.resource if anchor in self._resources),
        )

    def slice(self, action: str, reach: Reach) -> Slice:
        """The slice for an action and the asked part of a reach."""
        key = (action, reach)
        found = self._slices.get(key)
        if found is None:
            rules = self.sliced(action, reach)
            found = Slice(cedar.policy_set({rule.id: _bare(rule) for rule in rules}), _reads(rules))
            self._slices.put(key, found, len(rules) + 1)
        return found

    def sliced(self, action: str, reach: Reach) -> list[Rule]:
        """The rules of that slice, in the order of the text."""
        anchors = product((action, None), (None, *reach.principal), (None, *reach.resource))
        return [self.rules[position] for position in sorted(n for key in anchors for n in self._index.get(key, ()))]


_Index: TypeAlias = dict[tuple[str | None, Anchor, Anchor], list[int]]


def _index(rules: tuple[Rule, ...]) -> _Index:
    """The places of the rules; each is under every action that it names, and under one principal and resource."""
    index: _Index = defaultdict(list)
    for position, rule in enumerate(rules):
        for action in (None,) if rule.actions is None else rule.actions:
            index[action, rule.principal, rule.resource].append(position)
    return dict(index)


def _reads(rules: list[Rule]) -> frozenset[str] | None:
    reads = [rule.reads for rule in rules]
    return None if None in reads else frozenset().union(*(read for read in reads if read))


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
    """What makes the rule enter slices that its condition may have no business with; empty if nothing does.

    Empty too where the rule says by `@unscoped("why")` that this is meant.
    """
    if rule.node.annotations.get("unscoped"):
        return ""
    any_principal = not isinstance(rule.principal, tuple)
    if any_principal and rule.actions is None:
        return "its scope names neither a role nor an action, so it enters every slice"
    if any_principal:
        return f"its scope names no role, so it enters every slice of {', '.join(sorted(rule.actions or ()))}"
    if rule.actions is None:
        return "its scope names no action, so it enters every slice of its role"
    return ""
