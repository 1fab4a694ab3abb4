"""Random policies, principals and requests, and what Cedar itself says of them, unsliced."""

import random
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import cedarpy

from bartizan.kernel import Asset, Policy
from bartizan.policy import PolicyDecision, Principal, Request, Resource
from bartizan.policy.roles import Includes

ROLES = [f"role-{n}" for n in range(6)]
TYPES = ["Person", "Key", "Agent", "Service"]
IDS = ["a", "b", "c"]
TENANTS = ["main", "other"]
KINDS = ["model", "dataset", "endpoint"]
ACTIONS = ["load", "call", "tool", "read", "administer"]
LABELS = ["pii", "untrusted", "eu"]

# Conditions on what an action's context has; each is true, false or an overflow for some context.
ON_CONTEXT = {
    "load": ["context.signed", "context.worst * 4611686018427387904 > 0"],
    "call": [
        'context.route like "/v1/*"',
        "context has tokens && context.tokens > 100",
        "context has tokens && context.tokens + 9223372036854775000 > 0",
        'context has ip && context.ip.isInRange(ip("10.0.0.0/8"))',
    ],
    "tool": ['context.labels.contains("untrusted")', "context.approved || !context.destructive"],
    "read": ['context.what == "ledger"'],
    "administer": ['context.what == "keys"', "context has approved && context.approved"],
}


class World(NamedTuple):
    """One policy and the hierarchy of roles under it."""

    policy: Policy
    includes: Includes


class Oracle:
    """What cedarpy says of the whole set, its roles in a hierarchy and not expanded."""

    def __init__(self, world: World) -> None:
        self._set = cedarpy.PolicySet.from_str(world.policy.text)
        self._ids = re.findall(r'@id\("([^"]+)"\)', world.policy.text)
        self._includes = world.includes

    def decide(self, request: Request) -> PolicyDecision:
        principal, asset = request.principal, request.resource.asset
        result = cedarpy.is_authorized(
            {
                "principal": {"type": principal.type, "id": principal.id},
                "action": {"type": "Action", "id": request.action},
                "resource": {"type": "Asset", "id": f"{asset.kind}:{asset.name}"},
                "context": {name: _for_cedar(name, value) for name, value in request.context.items()},
            },
            self._set,
            [*self._roles(), _principal(principal), _resource(request.resource)],
        )
        errors = result.diagnostics.errors
        return PolicyDecision(
            result.allowed and not errors,
            tuple(sorted(self._id(reason) for reason in result.diagnostics.reasons)),
            tuple(sorted(re.sub(r"`(policy\d+)`", lambda found: f"`{self._id(found[1])}`", text) for text in errors)),
        )

    def _id(self, positional: str) -> str:
        return self._ids[int(positional.removeprefix("policy"))]

    def _roles(self) -> Iterator[dict[str, Any]]:
        for role in ROLES:
            parents = [{"type": "Role", "id": included} for included in self._includes.get(role, ())]
            yield {"uid": {"type": "Role", "id": role}, "attrs": {}, "parents": parents}


def world(draw: random.Random) -> World:
    """A set of 5 to 60 rules of every kind of scope, over a random hierarchy of roles."""
    includes = {role: tuple(draw.sample(ROLES[:n], draw.randint(0, min(n, 2)))) for n, role in enumerate(ROLES)}
    rules = [_rule(draw, n) for n in range(draw.randint(5, 60))]
    return World(Policy("\n".join(rules), "random"), includes)


def request(draw: random.Random) -> Request:
    action = draw.choice(ACTIONS)
    principal = Principal(
        draw.choice(TYPES), draw.choice(IDS), tuple(draw.sample(ROLES, draw.randint(0, 3))), draw.choice(TENANTS)
    )
    asset = Asset(draw.choice(KINDS), draw.choice(IDS), draw.choice([None, "sha256:" + "0" * 64]))
    resource = Resource(asset, draw.choice(TENANTS), tuple(draw.sample(LABELS, draw.randint(0, 2))))
    return Request(principal, action, resource, _context(draw, action))


def _rule(draw: random.Random, n: int) -> str:
    effect = "forbid" if draw.random() < 0.46 else "permit"
    actions = draw.sample(ACTIONS, draw.randint(1, 3)) if draw.random() < 0.85 else []
    named = [f'Action::"{action}"' for action in actions]
    scope = f"action == {named[0]}" if len(named) == 1 else f"action in [{', '.join(named)}]" if named else "action"
    conditions = [_condition(draw, actions) for _ in range(draw.choice([1, 1, 2] if effect == "forbid" else [0, 0, 1]))]
    broad = effect == "permit" or draw.random() < 0.3
    return (
        f'@id("rule-{n}")\n{effect}({_principal_scope(draw, broad)}, {scope}, {_resource_scope(draw)})'
        + "".join(f" {draw.choice(['when', 'unless'])} {{ {condition} }}" for condition in conditions)
        + ";"
    )


def _principal_scope(draw: random.Random, broad: bool) -> str:
    kind, role = draw.choice(TYPES), f'Role::"{draw.choice(ROLES)}"'
    scopes = [
        f"principal in {role}",
        f"principal is {kind} in {role}",
        f'principal == {kind}::"{draw.choice(IDS)}"',
        f'principal in {kind}::"{draw.choice(IDS)}"',
        f'principal in Tenant::"{draw.choice(TENANTS)}"',
        f"principal is {kind}",
        "principal",
    ]
    return draw.choices(scopes, [8, 4, 2, 2, 0.4, 0.4, 0.3] if broad else [4, 4, 2, 2, 0, 0, 0])[0]


def _resource_scope(draw: random.Random) -> str:
    kind, asset = draw.choice(KINDS), f'Asset::"{draw.choice(KINDS)}:{draw.choice(IDS)}"'
    return draw.choice(
        [
            "resource",
            "resource is Asset",
            f'resource in Kind::"{kind}"',
            f'resource is Asset in Kind::"{kind}"',
            f"resource == {asset}",
            f'resource in Tenant::"{draw.choice(TENANTS)}"',
        ]
    )


def _condition(draw: random.Random, actions: list[str]) -> str:
    everywhere = [
        "principal.tenant == resource.tenant",
        f'resource.labels.contains("{draw.choice(LABELS)}")',
        "resource has digest",
        f'resource.kind == "{draw.choice(KINDS)}"',
        f'principal in Role::"{draw.choice(ROLES)}"',
        f'principal == {draw.choice(TYPES)}::"{draw.choice(IDS)}"',
        f'action == Action::"{draw.choice(ACTIONS)}" && resource.name == "a"',
    ]
    on_context = ON_CONTEXT[actions[0]] if len(actions) == 1 else []
    return draw.choice(everywhere + on_context * 5)


def _context(draw: random.Random, action: str) -> dict[str, Any]:
    flag = lambda: draw.random() < 0.5  # noqa: E731
    if action == "load":
        return {"scanned": flag(), "signed": flag(), "worst": draw.randint(0, 5)}
    if action == "call":
        optional = {"tokens": draw.choice([5, 500, 5000]), "ip": draw.choice(["10.1.2.3", "192.0.2.7"])}
        return {"route": draw.choice(["/v1/chat", "/admin"])} | {k: v for k, v in optional.items() if flag()}
    if action == "tool":
        labels = draw.sample(LABELS, draw.randint(0, 2))
        return {"tool": "t", "labels": labels, "approved": flag(), "destructive": flag(), "external": flag()}
    if action == "read":
        return {"what": draw.choice(["ledger", "payloads"])}
    return {"what": draw.choice(["keys", "policy"])} | ({"approved": flag()} if flag() else {})


def _for_cedar(name: str, value: Any) -> Any:
    return {"__extn": {"fn": "ip", "arg": value}} if name == "ip" else value


def _principal(principal: Principal) -> dict[str, Any]:
    parents = [{"type": "Role", "id": role} for role in principal.roles] + [{"type": "Tenant", "id": principal.tenant}]
    uid = {"type": principal.type, "id": principal.id}
    return {"uid": uid, "attrs": {"tenant": principal.tenant}, "parents": parents}


def _resource(resource: Resource) -> dict[str, Any]:
    asset = resource.asset
    attributes = {"kind": asset.kind, "name": asset.name, "tenant": resource.tenant, "labels": list(resource.labels)}
    return {
        "uid": {"type": "Asset", "id": f"{asset.kind}:{asset.name}"},
        "attrs": attributes | ({"digest": asset.digest} if asset.digest else {}),
        "parents": [{"type": "Kind", "id": asset.kind}, {"type": "Tenant", "id": resource.tenant}],
    }
