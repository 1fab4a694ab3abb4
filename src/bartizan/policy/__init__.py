"""Who may do what: Cedar decisions, API keys, roles, replay."""

from bartizan.policy.default import default
from bartizan.policy.engine import Engine
from bartizan.policy.errors import PolicyBroken
from bartizan.policy.request import PolicyDecision, Principal, Request, Resource

__all__ = ["Engine", "PolicyBroken", "PolicyDecision", "Principal", "Request", "Resource", "default"]
