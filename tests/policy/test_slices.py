"""A slice decides as the whole set does, and a forbid is never sliced away."""

import random
from collections import Counter

import pytest

from bartizan.kernel import Policy
from bartizan.policy import Engine
from bartizan.policy.rules import parsed
from bartizan.policy.slices import RuleSet, unscoped
from tests.policy.worlds import Oracle, request, world

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
def test_a_slice_holds_far_fewer_rules_than_the_set_and_every_one_that_determines(seed: int) -> None:
    draw = random.Random(seed)
    drawn = world(draw)
    rules = RuleSet(drawn.policy, parsed(drawn.policy))
    engine, oracle = Engine(drawn.policy, includes=drawn.includes), Oracle(drawn)
    for _ in range(50):
        asked = request(draw)
        reach = frozenset(rule.anchor for rule in engine.rules if rule.anchor is not None)
        widest = {rule.id for rule in rules.sliced(asked.action, reach)}
        assert set(oracle.decide(asked).rules) <= widest
        named = {rule.id for rule in rules.rules if rule.actions is None or asked.action in rule.actions}
        assert widest == named


def test_a_slice_has_the_rules_of_its_action_and_its_roles_and_the_unscoped_ones() -> None:
    text = """
    @id("mine") permit(principal in Role::"a", action == Action::"read", resource);
    @id("other-role") permit(principal in Role::"b", action == Action::"read", resource);
    @id("other-action") permit(principal in Role::"a", action == Action::"call", resource);
    @id("list") forbid(principal in Role::"a", action in [Action::"call", Action::"read"], resource);
    @id("any-action") permit(principal in Role::"a", action, resource);
    @id("any-principal") forbid(principal, action == Action::"read", resource) when { resource.name == "x" };
    @id("typed") permit(principal is Key, action == Action::"read", resource);
    @id("any") forbid(principal, action, resource) when { resource.name == "y" };
    """
    policy = Policy(text)
    rules = RuleSet(policy, parsed(policy))
    reach = rules.anchored(frozenset(["Person", ("Person", "ada"), ("Role", "a"), ("Tenant", "main")]))
    assert reach == {("Role", "a")}
    assert [rule.id for rule in rules.sliced("read", reach)] == ["mine", "list", "any-action", "any-principal", "any"]
    assert len(rules.slice("read", reach)) == 5
    assert [rule.id for rule in rules.sliced("load", reach)] == ["any-action", "any"]
    assert rules.slice("read", reach) is rules.slice("read", frozenset([("Role", "a")]))
    warned = {rule.id: unscoped(rule) for rule in rules.rules if unscoped(rule)}
    assert warned == {
        "any-action": "its scope names no action, so it enters every slice of its role",
        "any-principal": "its scope names no role, so it enters every slice of read",
        "typed": "its scope names no role, so it enters every slice of read",
        "any": "its scope names neither a role nor an action, so it enters every slice",
    }
