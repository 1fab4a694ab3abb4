"""Rules: one policy text parsed, validated against the schema, and known by id, line and scope."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TypeAlias

import msgspec

from bartizan.kernel import Policy
from bartizan.policy import cedar
from bartizan.policy.cedar import pst
from bartizan.policy.errors import Fault, PolicyBroken
from bartizan.policy.statements import Statement, split

MAX_FAULTS = 50
MAX_ID_CHARS = 128
CONTEXT = pst.Var("context")

Uid: TypeAlias = tuple[str, str]
"""Type and id of an entity."""
Anchor: TypeAlias = Uid | str | None
"""What an entity must be or be in, or else the type that it must have, for a scope to hold; None for any entity."""


class Rule(msgspec.Struct, frozen=True):
    """One permit or forbid."""

    id: str
    """Its `@id`, or `policy<N>` for the Nth rule of the text, counted from 0."""
    line: int
    node: pst.Template

    @property
    def actions(self) -> frozenset[str] | None:
        """The actions that the scope names; None for all."""
        scope = self.node.action
        if isinstance(scope, pst.ScopeAny):
            return None
        entities = (scope.entity,) if isinstance(scope, pst.ActionEq) else scope.entities
        return frozenset(entity.id for entity in entities)

    @property
    def principal(self) -> Anchor:
        """What the scope asks of a principal."""
        return _anchor(self.node.principal)

    @property
    def resource(self) -> Anchor:
        """What the scope asks of a resource."""
        return _anchor(self.node.resource)

    @property
    def reads(self) -> frozenset[str] | None:
        """The attributes of the context that the conditions look at; None if they look at the context as a whole."""
        found = frozenset(_context_reads(self.node.clauses))
        return None if None in found else frozenset(name for name in found if name)


def parsed(policy: Policy) -> tuple[Rule, ...]:
    """The rules of the policy; PolicyBroken, in bounded time, for whatever text is no valid policy."""
    statements = split(policy.text, source=policy.source)
    try:
        return cedar.on_big_stack(lambda: _parsed(policy, statements))
    except PolicyBroken:
        raise
    except Exception as error:
        raise PolicyBroken((Fault(f"{type(error).__name__}: {error}"),), source=policy.source) from None


def uid(entity: pst.EntityOrSlot) -> Uid:
    if isinstance(entity, pst.Slot):
        raise ValueError("a template, which nothing links")
    return str(entity.type), entity.id


def _parsed(policy: Policy, statements: tuple[Statement, ...]) -> tuple[Rule, ...]:
    try:
        nodes = cedar.parse(policy.text)
    except ValueError as error:
        raise PolicyBroken((_syntax_fault(statements, str(error)),), source=policy.source) from None
    if nodes.templates:
        line = statements[min(map(_position, nodes.templates))].line
        raise PolicyBroken(
            (Fault("a template (?principal, ?resource), which nothing links", line),), source=policy.source
        )
    if len(nodes.static_policies) != len(statements):  # a rule that we did not count would not be decided by
        raise PolicyBroken((Fault("the rules cannot be told apart"),), source=policy.source)
    rules = tuple(
        _rule(statement.line, nodes.static_policies[f"policy{position}"])
        for position, statement in enumerate(statements)
    )
    if faults := [*_id_faults(rules), *_schema_faults(policy, rules)]:
        faults.sort(key=lambda fault: fault.line)
        raise PolicyBroken(tuple(faults[:MAX_FAULTS]), source=policy.source)
    return rules


def _context_reads(node: object) -> Iterator[str | None]:
    """The attributes that are taken of `context` anywhere below; None for each other use of it."""
    if node == CONTEXT:
        yield None
    elif isinstance(node, pst.GetAttr | pst.HasAttr) and node.base == CONTEXT:
        yield node.attr if isinstance(node, pst.GetAttr) else node.attrs[0]
    elif isinstance(node, tuple):
        for part in node:
            yield from _context_reads(part)
    elif isinstance(node, Mapping):
        for part in node.values():
            yield from _context_reads(part)
    elif is_dataclass(node) and not isinstance(node, type):
        for field in fields(node):
            yield from _context_reads(getattr(node, field.name))


def _anchor(scope: pst.PrincipalOrResourceConstraint) -> Anchor:
    if isinstance(scope, pst.ScopeAny):
        return None
    return str(scope.entity_type) if isinstance(scope, pst.ScopeIs) else uid(scope.entity)


def _rule(line: int, node: pst.Template) -> Rule:
    return Rule(node.annotations.get("id", node.id), line, node)


def _syntax_fault(statements: tuple[Statement, ...], message: str) -> Fault:
    """The first statement that does not parse alone."""
    for statement in statements:
        try:
            cedar.parse(statement.text)
        except ValueError as error:
            return Fault(str(error), statement.line)
    return Fault(message)


def _id_faults(rules: tuple[Rule, ...]) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for rule in rules:
        if rule.id in seen:
            faults.append(Fault(f"two rules have the id {rule.id!r}", rule.line))
        if not rule.id or len(rule.id) > MAX_ID_CHARS or not rule.id.isprintable():
            faults.append(Fault(f"an id has 1 to {MAX_ID_CHARS} printable characters", rule.line))
        seen.add(rule.id)
    return faults


def _schema_faults(policy: Policy, rules: tuple[Rule, ...]) -> list[Fault]:
    faults = []
    for positional, why in cedar.validate(policy.text):
        line = rules[_position(positional)].line if positional else 0
        faults.append(Fault(why.removeprefix(f"for policy `{positional}`, "), line))
    return faults


def _position(positional: str) -> int:
    return int(positional.removeprefix("policy"))
