"""What a person should know of a policy before it decides: that it is broken, or that a rule of it is odd."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from bartizan.kernel import Finding, Place, Policy, Severity
from bartizan.policy.cedar import pst
from bartizan.policy.context import shapes
from bartizan.policy.errors import Fault, PolicyBroken, one_line
from bartizan.policy.roles import Includes, built_in, expand
from bartizan.policy.rules import Rule, Uid, parsed, uid
from bartizan.policy.slices import unscoped

Scope: TypeAlias = tuple[str, Uid | None]
"""A type or nothing, then what the entity is in; and `eq` before the entity that it is."""

ANYONE: Scope = ("", None)
ADVICE = {
    "policy.broken": "Correct the rule",
    "policy.unscoped": 'Name the role and the action in the scope, not in a condition, or say why: @unscoped("...")',
    "policy.never-fires": "Delete the rule, or narrow what beats it",
    "policy.shadowed": "Delete the rule",
}


def inspect(policy: Policy, *, includes: Includes | None = None) -> list[Finding]:
    """Every fault of a broken policy; the warnings about one that is not; in the order of the text."""
    try:
        rules = parsed(policy)
    except PolicyBroken as error:
        return [_finding(policy, "policy.broken", Severity.HIGH, fault, "") for fault in error.faults]
    warnings = [
        *_warn(policy, "policy.unscoped", Severity.LOW, ((rule, unscoped(rule)) for rule in rules)),
        *_warn(policy, "policy.never-fires", Severity.MEDIUM, _dead(rules)),
        *_warn(
            policy, "policy.shadowed", Severity.MEDIUM, _shadowed(rules, built_in() if includes is None else includes)
        ),
    ]
    return sorted(warnings, key=lambda finding: finding.place.line or 0)


def _warn(policy: Policy, name: str, severity: Severity, found: Iterable[tuple[Rule, str]]) -> Iterator[Finding]:
    for rule, why in found:
        if why:
            yield _finding(policy, name, severity, Fault(f"{rule.id}: {why}", rule.line), rule.id)


def _finding(policy: Policy, name: str, severity: Severity, fault: Fault, evidence: str) -> Finding:
    return Finding(
        rule=name,
        severity=severity,
        message=one_line(fault.what),
        place=Place(path=policy.source, line=fault.line or None),
        fix=ADVICE[name],
        evidence=evidence,
    )


def _dead(rules: tuple[Rule, ...]) -> Iterator[tuple[Rule, str]]:
    """Rules with a condition that is written as a constant and never holds."""
    for rule in rules:
        if pst.When(pst.BoolLit(False)) in rule.node.clauses or pst.Unless(pst.BoolLit(True)) in rule.node.clauses:
            yield rule, "its condition never holds"


def _shadowed(rules: tuple[Rule, ...], includes: Includes) -> Iterator[tuple[Rule, str]]:
    """Rules that change no decision, because unconditional rules with wider scopes have already made it."""
    always: dict[tuple[str, str, Scope, Scope], list[int]] = {}
    for position, rule in enumerate(rules):
        if not rule.node.clauses:
            for action in _actions(rule):
                always.setdefault((rule.node.effect, action, *_scopes(rule)), []).append(position)
    first: dict[object, Rule] = {}
    for position, rule in enumerate(rules):
        node = rule.node
        same = first.setdefault((node.effect, rule.actions, node.principal, node.resource, node.clauses), rule)
        if same is not rule:
            yield rule, f"it says the same as {same.id}"
            continue
        for effect in ("forbid", "permit") if node.effect == "permit" else ("forbid",):
            covers = [_cover(rules, always, position, effect, action, includes) for action in sorted(_actions(rule))]
            if all(covers):
                names = ", ".join(dict.fromkeys(cover for cover in covers if cover))
                verb = "adds nothing to" if effect == node.effect else "is always beaten by"
                yield rule, f"it {verb} {names}"
                break


def _cover(
    rules: tuple[Rule, ...],
    always: dict[tuple[str, str, Scope, Scope], list[int]],
    position: int,
    effect: str,
    action: str,
    includes: Includes,
) -> str:
    """The id of an unconditional rule that holds wherever this one does, for one action; empty if there is none."""
    rule = rules[position]
    principal, resource = _scopes(rule)
    for wide_principal in _wider(principal, includes):
        for wide_resource in _wider(resource, includes):
            for other in always.get((effect, action, wide_principal, wide_resource), ()):
                wider = (wide_principal, wide_resource) != (principal, resource) or _actions(rules[other]) > _actions(
                    rule
                )
                if other != position and (
                    wider or effect != rule.node.effect or bool(rule.node.clauses) or other < position
                ):
                    return rules[other].id
    return ""


def _actions(rule: Rule) -> frozenset[str]:
    return frozenset(shapes()) if rule.actions is None else rule.actions


def _scopes(rule: Rule) -> tuple[Scope, Scope]:
    return _scope(rule.node.principal), _scope(rule.node.resource)


def _scope(scope: pst.PrincipalOrResourceConstraint) -> Scope:
    if isinstance(scope, pst.ScopeAny):
        return ANYONE
    if isinstance(scope, pst.ScopeEq):
        return "eq", uid(scope.entity)
    kind = "" if isinstance(scope, pst.ScopeIn) else str(scope.entity_type)
    # Every resource is an asset, so that its type says nothing.
    return "" if kind == "Asset" else kind, None if isinstance(scope, pst.ScopeIs) else uid(scope.entity)


def _wider(scope: Scope, includes: Includes) -> Iterator[Scope]:
    """The scopes that hold wherever this one does, itself among them."""
    kind, entity = scope
    if kind == "eq" and entity:
        yield scope
        yield "", entity
        kind, entity = ("", ("Kind", entity[1].partition(":")[0])) if entity[0] == "Asset" else (entity[0], None)
    groups: list[Uid | None] = [None]
    if entity:
        groups += [("Role", role) for role in expand([entity[1]], includes)] if entity[0] == "Role" else [entity]
    for group in groups:
        for name in dict.fromkeys((kind, "")):
            yield name, group
