"""Principals and resources as Cedar entities."""

from typing import Any

import msgspec

from bartizan.policy import cedar
from bartizan.policy.errors import OddRequest
from bartizan.policy.request import TYPES, Principal, Resource
from bartizan.policy.roles import Includes, expand
from bartizan.policy.rules import Uid
from bartizan.policy.slices import Reach

MAX_ROLES = 64
MAX_LABELS = 256
MAX_ID_CHARS = 4096

_encode = msgspec.json.Encoder().encode


def reach(principal: Principal, resource: Resource, includes: Includes) -> Reach:
    """What scopes can find: a principal is in its roles, the roles that they include and its tenant."""
    roles = expand(principal.roles, includes)
    if len(roles) > MAX_ROLES:
        raise OddRequest(f"{len(roles)} roles, more than {MAX_ROLES}")
    groups = (("Role", role) for role in roles)
    asset = ("Asset", resource_uid(resource)["id"])
    return Reach(
        frozenset([principal.type, (principal.type, principal.id), ("Tenant", principal.tenant), *groups]),
        frozenset(["Asset", asset, ("Kind", resource.asset.kind), ("Tenant", resource.tenant)]),
    )


def entities(principal: Principal, resource: Resource, reached: Reach) -> cedar.Entities:
    """Both as entities that abide by the schema; ValueError if they cannot."""
    _check(principal, resource)
    text = _encode([_principal(principal, reached.principal), _resource(resource, reached.resource)]).decode()
    return cedar.Entities.from_json_str(text, cedar.schema())


def principal_uid(principal: Principal) -> dict[str, str]:
    return {"type": principal.type, "id": principal.id}


def resource_uid(resource: Resource) -> dict[str, str]:
    """An asset is the same thing to a policy whatever its content; its digest is an attribute."""
    return {"type": "Asset", "id": f"{resource.asset.kind}:{resource.asset.name}"}


def _principal(principal: Principal, reached: frozenset[Uid | str]) -> dict[str, Any]:
    return _entity(principal_uid(principal), {"tenant": principal.tenant}, reached)


def _resource(resource: Resource, reached: frozenset[Uid | str]) -> dict[str, Any]:
    asset = resource.asset
    attributes: dict[str, Any] = {
        "kind": asset.kind,
        "name": asset.name,
        "tenant": resource.tenant,
        "labels": sorted(resource.labels),
    }
    if asset.digest is not None:
        attributes["digest"] = asset.digest
    return _entity(resource_uid(resource), attributes, reached)


def _entity(uid: dict[str, str], attributes: dict[str, Any], reached: frozenset[Uid | str]) -> dict[str, Any]:
    """An entity that is in every entity of its reach but itself: what slices go by is what Cedar goes by."""
    groups = [{"type": name[0], "id": name[1]} for name in reached if isinstance(name, tuple)]
    return {"uid": uid, "attrs": attributes, "parents": [group for group in groups if group != uid]}


def _check(principal: Principal, resource: Resource) -> None:
    if principal.type not in TYPES.values():
        raise OddRequest(f"{principal.type!r} is no type of principal")
    if not 0 < len(principal.id) <= MAX_ID_CHARS:
        raise OddRequest(f"a principal's id has 1 to {MAX_ID_CHARS} characters, not {len(principal.id)}")
    if len(resource.labels) > MAX_LABELS:
        raise OddRequest(f"{len(resource.labels)} labels, more than {MAX_LABELS}")
