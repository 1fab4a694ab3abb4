"""What the built-in policy lets whom do."""

from typing import Any

import pytest

from bartizan.kernel import Asset
from bartizan.policy import Engine, PolicyDecision, Resource, default
from bartizan.policy.context import shapes
from tests.policy.questions import ask

ROLES_BY_ACTION = {
    "administer": {"admin"},
    "deploy": {"admin", "operator"},
    "load": {"admin", "operator", "service"},
    "call": {"admin", "operator", "analyst", "service"},
    "tool": {"admin", "operator", "service"},
    "respond": {"admin", "operator", "analyst", "service"},
    "read": {"admin", "operator", "analyst", "auditor"},
}
ENGINE = Engine(default())


def test_each_role_may_do_its_work_and_no_more() -> None:
    allowed = {
        action: {
            role
            for role in ["admin", "operator", "analyst", "auditor", "service", "stranger"]
            if ENGINE.decide(ask(action, roles=(role,))).allowed
        }
        for action in shapes()
    }
    assert allowed == ROLES_BY_ACTION


def test_nobody_without_a_role_may_do_anything() -> None:
    for action in shapes():
        assert ENGINE.decide(ask(action, roles=())) == PolicyDecision(False)


@pytest.mark.parametrize("action", ROLES_BY_ACTION)
def test_no_role_reaches_into_another_tenant(action: Any) -> None:
    elsewhere = Resource(Asset("model", "llama"), "other")
    decision = ENGINE.decide(ask(action, roles=("admin", "service"), resource=elsewhere))
    assert decision == PolicyDecision(False, ("tenants-stay-apart",))


@pytest.mark.parametrize(
    ("action", "context", "allowed"),
    [
        ("load", {"scanned": False}, False),
        ("load", {"worst": 5}, False),
        ("load", {"worst": 4}, True),
        ("load", {"signed": False}, True),
        ("deploy", {"signed": False}, False),
        ("deploy", {"worst": 4}, False),
        ("deploy", {"worst": 3}, True),
        ("deploy", {"scanned": False}, False),
        ("deploy", {"signed": False, "worst": 5, "approved": True}, True),
        ("tool", {"labels": ["untrusted"]}, True),
        ("tool", {"labels": ["untrusted"], "destructive": True}, False),
        ("tool", {"labels": ["untrusted"], "external": True}, False),
        ("tool", {"labels": ["untrusted"], "external": True, "approved": True}, True),
        ("tool", {"labels": ["pii"], "destructive": True}, True),
        ("respond", {"undoable": False}, True),
    ],
)
def test_gates_hold_for_operators(action: Any, context: dict[str, Any], allowed: bool) -> None:
    assert ENGINE.decide(ask(action, roles=("operator",), **context)).allowed == allowed


@pytest.mark.parametrize("role", ["analyst", "service"])
def test_what_cannot_be_undone_is_not_done_by_analysts_and_services(role: str) -> None:
    assert not ENGINE.decide(ask("respond", roles=(role,), undoable=False)).allowed


def test_an_auditor_reads_everything_but_payloads() -> None:
    assert ENGINE.decide(ask("read", roles=("auditor",), what="ledger")).allowed
    assert not ENGINE.decide(ask("read", roles=("auditor",), what="payloads")).allowed
