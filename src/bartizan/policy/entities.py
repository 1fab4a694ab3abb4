"""Principals and resources as Cedar entities."""

from typing import Any

import msgspec

from bartizan.policy import cedar
from bartizan.policy.errors import OddRequest
from bartizan.policy.request import Principal, Resource
from bartizan.policy.roles import Includes, expand
from bartizan.policy.slices import Reach

MAX_ROLES = 64
MAX_LABELS = 256
MAX_ID_CHARS = 4096

_encode = msgspec.json.Encoder().encode


def reach(principal: Principal, includes: Includes) -> Reach:
    """The principal's type, its uid, and the uids of its roles, of the roles that they include, and of its tenant."""
    roles = expand(principal.roles, includes)
    if len(roles) > MAX_ROLES:
        raise OddRequest(f"{len(roles)} roles, more than {MAX_ROLES}")
    groups = (("Role", role) for role in roles)
    return frozenset([principal.type, (principal.type, principal.id), ("Tenant", principal.tenant), *groups])


def entities(principal: Principal, resource: Resource, reached: Reach) -> cedar.Entities:
    """Both as entities that abide by the schema; ValueError if they cannot."""
    _check(principal, resource)
    text = _encode([_principal(principal, reached), _resource(resource)]).decode()
    return cedar.Entities.from_json_str(text, cedar.schema())


def principal_uid(principal: Principal) -> dict[str, str]:
    return {"type": principal.type, "id": principal.id}


def resource_uid(resource: Resource) -> dict[str, str]:
    """An asset is the same thing to a policy whatever its content; its digest is an attribute."""
    return {"type": "Asset", "id": f"{resource.asset.kind}:{resource.asset.name}"}


def _principal(principal: Principal, reached: Reach) -> dict[str, Any]:
    itself = (principal.type, principal.id)
    groups = sorted(name for name in reached if isinstance(name, tuple) and name != itself)
    return {
        "uid": principal_uid(principal),
        "attrs": {"tenant": principal.tenant},
        "parents": [{"type": group[0], "id": group[1]} for group in groups],
    }


def _resource(resource: Resource) -> dict[str, Any]:
    asset = resource.asset
    attributes: dict[str, Any] = {
        "kind": asset.kind,
        "name": asset.name,
        "tenant": resource.tenant,
        "labels": sorted(resource.labels),
    }
    if asset.digest is not None:
        attributes["digest"] = asset.digest
    return {
        "uid": resource_uid(resource),
        "attrs": attributes,
        "parents": [{"type": "Kind", "id": asset.kind}, {"type": "Tenant", "id": resource.tenant}],
    }


def _check(principal: Principal, resource: Resource) -> None:
    if not 0 < len(principal.id) <= MAX_ID_CHARS:
        raise OddRequest(f"a principal's id has 1 to {MAX_ID_CHARS} characters, not {len(principal.id)}")
    if len(resource.labels) > MAX_LABELS:
        raise OddRequest(f"{len(resource.labels)} labels, more than {MAX_LABELS}")
