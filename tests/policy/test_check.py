"""What a check says of a policy, by rule."""

import time

import pytest

from bartizan.kernel import Policy, Severity
from bartizan.policy import default
from bartizan.policy.check import inspect

R, M = 'principal in Role::"operator"', 'resource in Kind::"model"'


def said(text: str) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for finding in inspect(Policy(text))]


def test_a_sound_policy_has_nothing_said_of_it() -> None:
    assert said(f'permit({R}, action == Action::"call", resource); forbid({R}, action == Action::"call", {M});') == []


def test_each_fault_of_a_broken_policy_is_a_finding_with_its_line() -> None:
    policy = Policy('permit(principal, action, resource);\npermit(principal in Rol::"a", action, resource);', "p.cedar")
    findings = inspect(policy)
    assert {(finding.rule, finding.severity, str(finding.place)) for finding in findings} == {
        ("policy.broken", Severity.HIGH, "p.cedar:2")
    }


def test_nothing_is_said_of_the_built_in_policy() -> None:
    assert inspect(default()) == []


def test_a_rule_that_says_why_it_has_no_scope_is_not_warned_about() -> None:
    rule = "forbid(principal, action, resource) when { principal.tenant == resource.tenant };"
    for annotation, warned in (("", True), ('@unscoped("it holds for everyone")', False), ('@unscoped("")', True)):
        findings = inspect(Policy(annotation + rule))
        assert [finding.rule for finding in findings] == ["policy.unscoped"] * warned


CALL, BOTH = 'action == Action::"call"', 'action in [Action::"call", Action::"read"]'
SHADOWS = {
    "by a wider principal": (f"permit({R}, {CALL}, {M});permit(principal, {CALL}, {M});", 0, "adds nothing to"),
    "by an included role": (f'permit({R}, {CALL}, {M});permit(principal in Role::"analyst", {CALL}, {M});', 0, "adds"),
    "by no type": (
        f'permit(principal is Key in Role::"a", {CALL}, {M});permit(principal in Role::"a", {CALL}, {M});',
        0,
        "adds",
    ),
    "by a type": (
        f'permit(principal is Key in Role::"a", {CALL}, {M});permit(principal is Key, {CALL}, {M});',
        0,
        "adds",
    ),
    "one principal by its type": (
        f'permit(principal == Key::"k", {CALL}, {M});permit(principal is Key, {CALL}, {M});',
        0,
        "adds",
    ),
    "by a wider resource": (f"permit({R}, {CALL}, {M});permit({R}, {CALL}, resource is Asset);", 0, "adds nothing to"),
    "one asset by its kind": (
        f'permit({R}, {CALL}, resource == Asset::"model:x");permit({R}, {CALL}, {M});',
        0,
        "adds",
    ),
    "by more actions": (f"permit({R}, {CALL}, {M});permit({R}, action, {M});", 0, "adds nothing to"),
    "by two rules together": (
        f'permit({R}, {BOTH}, {M});permit(principal, {CALL}, {M});permit(principal, action == Action::"read", {M});',
        0,
        "adds nothing to policy1, policy2",
    ),
    "though it has a condition": (
        f'permit({R}, {CALL}, {M}) when {{ resource.name == "x" }};permit({R}, {CALL}, {M});',
        0,
        "adds nothing to",
    ),
    "a permit by a forbid": (f"permit({R}, {CALL}, {M});forbid({R}, {CALL}, resource);", 0, "is always beaten by"),
    "a forbid by a forbid": (f"forbid({R}, {CALL}, resource);forbid({R}, {CALL}, {M});", 1, "adds nothing to"),
    "the second of two equal ones": (f"permit({R}, {CALL}, {M});permit({R}, {CALL}, {M});", 1, "says the same as"),
    "an equal condition": (f'permit({R}, {CALL}, {M}) when {{ resource.name == "x" }};' * 2, 1, "says the same as"),
    "of two equal scopes the later": (
        f'permit({R}, {CALL}, {M});permit({R}, {CALL}, resource is Asset in Kind::"model");',
        1,
        "adds nothing to policy0",
    ),
}


@pytest.mark.parametrize("name", SHADOWS)
def test_a_rule_that_changes_no_decision_is_shadowed(name: str) -> None:
    text, position, why = SHADOWS[name]
    shadowed = [message for rule, message in said(text) if rule == "policy.shadowed"]
    assert len(shadowed) == 1
    assert shadowed[0].startswith(f"policy{position}: it {why}")


@pytest.mark.parametrize(
    "text",
    [
        f'permit({R}, {CALL}, {M});permit(principal, {CALL}, {M}) when {{ resource.name == "x" }};',
        f'permit({R}, {CALL}, {M});permit(principal in Role::"admin", action == Action::"read", {M});',
        f'permit({R}, {CALL}, {M});permit({R}, {CALL}, resource in Kind::"dataset");',
        f'permit(principal in Role::"a", {CALL}, {M});permit(principal is Key, action == Action::"read", {M});',
        f"forbid({R}, {CALL}, {M});permit({R}, {CALL}, resource);",
        f"forbid({R}, {CALL}, {M});permit(principal, {CALL}, {M});",
        f"permit({R}, action, {M});permit(principal, {CALL}, {M});",
    ],
)
def test_a_rule_that_may_change_a_decision_is_not_shadowed(text: str) -> None:
    assert [message for rule, message in said(text) if rule == "policy.shadowed"] == []


def test_a_condition_written_as_false_never_fires() -> None:
    assert said(f"permit({R}, {CALL}, {M}) when {{ false }};forbid({R}, {CALL}, {M}) unless {{ true }};") == [
        ("policy.never-fires", "policy0: its condition never holds"),
        ("policy.never-fires", "policy1: its condition never holds"),
    ]


def test_two_thousand_rules_are_checked_in_bounded_time() -> None:
    text = "\n".join(f'permit(principal in Role::"r{n}", action, resource in Kind::"k{n % 7}");' for n in range(2_000))
    started = time.perf_counter()
    assert len(said(text)) == 2_000
    assert time.perf_counter() - started < 20
