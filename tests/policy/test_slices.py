"""A slice decides as the whole set does, and a forbid is never sliced away."""

import random
import re
from collections import Counter

import pytest

from bartizan.kernel import Asset, Policy
from bartizan.policy import Engine, Principal, Resource
from bartizan.policy.entities import reach
from bartizan.policy.rules import parsed
from bartizan.policy.slices import RuleSet, unscoped
from tests.policy.worlds import Oracle, World, request, world

WORLDS, REQUESTS_EACH = 100, 100


def test_slices_decide_as_unsliced_cedar_on_ten_thousand_requests_a_third_of_them_permitted() -> None:
    draw = random.Random(20261126)
    seen: Counter[str] = Counter()
    for _ in range(WORLDS):
        drawn = world(draw)
        engine, oracle = Engine(drawn.policy, includes=drawn.includes), Oracle(drawn)
        forbids = {rule.id for rule in engine.rules if rule.node.effect == "forbid"}
        for _ in range(REQUESTS_EACH):
            asked = request(draw)
            decision = engine.decide(asked)
            assert decision == oracle.decide(asked), (drawn, asked)
            seen["permitted"] += decision.allowed
            seen["forbidden"] += bool(forbids & set(decision.rules))
            seen["errors"] += bool(decision.errors)
            seen["nothing said"] += not decision.rules and not decision.errors
    total = WORLDS * REQUESTS_EACH
    assert total == 10_000
    assert 0.30 <= seen["permitted"] / total <= 0.37, seen
    assert seen["forbidden"] / total >= 0.15, seen
    assert seen["errors"] / total >= 0.005, seen
    assert seen["nothing said"] / total >= 0.1, seen


@pytest.mark.parametrize("seed", range(5))
def test_the_rules_left_out_of_a_slice_are_those_whose_scope_cedar_finds_false(seed: int) -> None:
    """Each rule is asked about alone, its conditions taken away, so that only its scope speaks."""
    draw = random.Random(seed)
    drawn = world(draw)
    rules = RuleSet(drawn.policy, parsed(drawn.policy))
    bare = [re.sub(r"\) (when|unless) .*", ");", line) for line in drawn.policy.text.replace(")\n", ") ").splitlines()]
    alone = [Oracle(World(Policy(text.replace("forbid(", "permit(")), drawn.includes)) for text in bare]
    left_out = 0
    for _ in range(20):
        asked = request(draw)
        found = reach(asked.principal, asked.resource, drawn.includes)
        sliced = set(rules.sliced(asked.action, rules.asked(found)))
        for rule, oracle in zip(rules.rules, alone, strict=True):
            if oracle.decide(asked).allowed:
                assert rule in sliced
            left_out += rule not in sliced
    assert left_out > 10 * len(rules.rules)


def test_a_slice_has_the_rules_that_an_action_a_principal_and_a_resource_can_satisfy() -> None:
    text = """
    @id("mine") permit(principal in Role::"a", action == Action::"read", resource);
    @id("other-role") permit(principal in Role::"b", action == Action::"read", resource);
    @id("other-action") permit(principal in Role::"a", action == Action::"call", resource);
    @id("list") forbid(principal in Role::"a", action in [Action::"call", Action::"read"], resource);
    @id("any-action") permit(principal in Role::"a", action, resource in Kind::"model");
    @id("any-principal") forbid(principal, action == Action::"read", resource) when { resource.name == "x" };
    @id("typed") permit(principal is Key, action == Action::"read", resource);
    @id("other-kind") permit(principal in Role::"a", action == Action::"read", resource in Kind::"dataset");
    @id("other-asset") forbid(principal in Role::"a", action == Action::"read", resource == Asset::"model:other");
    @id("any") forbid(principal, action, resource) when { resource.name == "y" };
    """
    policy = Policy(text)
    rules = RuleSet(policy, parsed(policy))
    found = rules.asked(reach(Principal("Person", "ada", ("a",)), Resource(Asset("model", "llama")), {}))
    assert found == ({("Role", "a")}, {("Kind", "model")})
    assert [rule.id for rule in rules.sliced("read", found)] == ["mine", "list", "any-action", "any-principal", "any"]
    assert len(rules.slice("read", found).policies) == 5
    assert rules.slice("read", found).reads == frozenset()
    assert [rule.id for rule in rules.sliced("load", found)] == ["any-action", "any"]
    again = rules.asked(reach(Principal("Person", "bob", ("a", "c")), Resource(Asset("model", "bert")), {}))
    assert rules.slice("read", again) is rules.slice("read", found)
    assert {rule.id: unscoped(rule) for rule in rules.rules if unscoped(rule)} == {
        "any-action": "its scope names no action, so it enters every slice of its role",
        "any-principal": "its scope names no role, so it enters every slice of read",
        "typed": "its scope names no role, so it enters every slice of read",
        "any": "its scope names neither a role nor an action, so it enters every slice",
    }
