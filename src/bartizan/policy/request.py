"""The question (may this principal do this to that resource?) and its answer."""

from collections.abc import Mapping
from typing import Any, Literal, Self, TypeAlias

import msgspec

from bartizan.kernel import Asset, UsageError

PrincipalType: TypeAlias = Literal["Person", "Key", "Agent", "Service"]
ActionName: TypeAlias = Literal["load", "deploy", "call", "tool", "respond", "read", "administer"]
TYPES: dict[str, PrincipalType] = {"person": "Person", "key": "Key", "agent": "Agent", "service": "Service"}


class Principal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, cache_hash=True):
    """Who asks."""

    type: PrincipalType
    id: str
    roles: tuple[str, ...] = ()
    tenant: str = "main"

    def __str__(self) -> str:
        """The principal as the actor of a record: `person:ada`."""
        return f"{self.type.lower()}:{self.id}"

    @classmethod
    def parse(cls, actor: str, roles: tuple[str, ...] = (), tenant: str = "main") -> Self:
        """The principal behind an actor such as `person:ada`."""
        kind, _, name = actor.partition(":")
        if kind not in TYPES or not name:
            raise UsageError(f"{actor!r} is no actor", todo="Write person:, key:, agent: or service: and an id")
        return cls(TYPES[kind], name, roles, tenant)


class Resource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, cache_hash=True):
    """What it is asked about."""

    asset: Asset
    tenant: str = "main"
    labels: tuple[str, ...] = ()


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """May this principal do this to that resource, in this context? The schema says what a context has."""

    principal: Principal
    action: ActionName
    resource: Resource
    context: Mapping[str, Any] = {}


class PolicyDecision(msgspec.Struct, frozen=True):
    """The answer, and what it rests on."""

    allowed: bool
    rules: tuple[str, ...] = ()
    """The ids of the rules that determined it, sorted; none if nothing permitted."""
    errors: tuple[str, ...] = ()
    """What went wrong, sorted; with any error the answer is no."""
