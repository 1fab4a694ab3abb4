"""Requests as tests ask them: one of each action, every context complete, any part replaced."""

from typing import Any

from bartizan.kernel import Asset
from bartizan.policy import Principal, Request, Resource

MODEL = Resource(Asset("model", "llama"))
CONTEXTS: dict[str, dict[str, Any]] = {
    "load": {"scanned": True, "signed": True, "worst": 0},
    "deploy": {"scanned": True, "signed": True, "worst": 0, "environment": "production", "approved": False},
    "call": {"route": "/v1/chat"},
    "tool": {"tool": "search", "labels": [], "approved": False, "destructive": False, "external": False},
    "respond": {"action": "revoke-key", "severity": 4, "approved": False, "undoable": True},
    "read": {"what": "findings"},
    "administer": {"what": "keys"},
}


def ask(
    action: Any,
    *,
    actor: str = "person:ada",
    roles: tuple[str, ...] = ("analyst",),
    tenant: str = "main",
    resource: Resource = MODEL,
    **context: Any,
) -> Request:
    """The request, its context overlaid; a value of None takes the attribute away."""
    whole = CONTEXTS.get(action, {}) | context
    return Request(
        Principal.parse(actor, roles, tenant), action, resource, {k: v for k, v in whole.items() if v is not None}
    )
