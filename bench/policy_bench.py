"""What a policy decision costs: by the size of the set, by the size of the slice, and beside casbin."""

import json
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import casbin
import cedarpy

from bartizan.kernel import Asset, Policy
from bartizan.policy import Engine, Principal, Request, Resource
from bartizan.policy.entities import reach
from bartizan.policy.rules import parsed
from bartizan.policy.slices import Reach, RuleSet

RULES_PER_ROLE = 7
CALLS = 20_000
RUNS = 20
SLOW_CALLS = 400
KINDS = ["model", "dataset", "endpoint"]
TEAMS = 4
FOLLOWED = 0.36
CALL = 'action == Action::"call"'

CASBIN_MODEL = """
[request_definition]
r = sub, act, kind, route
[policy_definition]
p = sub, act, kind, route, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub, p.sub) && r.act == p.act && r.kind == p.kind && keyMatch(r.route, p.route)
"""


class Grant(NamedTuple):
    """One rule, before it is written in either language."""

    effect: str
    role: str
    kind: str
    route: str


class Timing(NamedTuple):
    p50: float
    p99: float

    def __str__(self) -> str:
        return f"{self.p50:,.1f} | {self.p99:,.1f}"


def run() -> str:
    """A Markdown section with the tables."""
    return "\n".join(
        [
            "## Policy decisions",
            "",
            "Microseconds of one decision on one core. Every role has 7 rules, each about one kind of asset, and one",
            "rule is unscoped. Principals and resources are met before (their entities are cached). Circumstances that",
            "rules read are new in each call, or were met before: then the decision is remembered.",
            "casbin decides an equivalent model (role, action, kind, route prefix, deny beats allow). Figures are of",
            f"the quietest of {RUNS} runs. The floor, an engine with no rules at all, takes {_floor()}.",
            "",
            "| rules | slice | permitted | new: p50 | p99 | met before: p50 | p99 | casbin: p50 | p99 | same | ratio |",
            "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
            *[_beside_casbin(rules) for rules in (10, 100, 1_000)],
            "",
            "| rules in the slice | permitted | new: p50 | p99 | met before: p50 | p99 |",
            "|---:|---:|---:|---:|---:|---:|",
            *[_slice_row(rules) for rules in (1, 8, 36)],
            "",
            "| once per | p50 | p99 |",
            "|---|---:|---:|",
            *[f"| {what} | {timing} |" for what, timing in _parts()],
        ]
    )


def _floor() -> str:
    requests = _requests(_grants(7, 1))
    return f"{_time(Engine(Policy('')).decide, requests, CALLS).p50:.1f} p50"


def _beside_casbin(rules: int) -> str:
    grants = _grants(rules - 1, len(KINDS))
    requests = _requests(grants)
    engine = Engine(_cedar(grants), includes={})
    ours = [engine.decide(request).allowed for request in requests]
    enforcer = _casbin(grants, requests)
    asked = [_for_casbin(request) for request in requests]
    theirs = [enforcer.enforce(*question) for question in asked]
    same = sum(a == b for a, b in zip(ours, theirs, strict=True)) / len(ours)
    mine, again = _new(engine, grants), _time(engine.decide, requests, CALLS)
    other = _time(lambda question: enforcer.enforce(*question), asked, SLOW_CALLS)
    size, permitted = _slice_size(engine, requests), sum(ours) / len(ours)
    return (
        f"| {rules:,} | {size:.1f} | {permitted:.0%} | {mine} | {again} | {other} | {same:.0%} | "
        f"{other.p50 / mine.p50:,.0f}x |"
    )


def _slice_row(size: int) -> str:
    """All rules but the unscoped one are of one role, one action and one kind."""
    grants = _grants(size - 1, 1)
    grants = [grant._replace(role="role-0") for grant in grants]
    engine = Engine(_cedar(grants), includes={})
    asking = grants or [Grant("permit", "role-0", KINDS[0], "/r0/")]
    requests = _requests(asking)
    assert _slice_size(engine, requests) == size
    allowed = [engine.decide(request).allowed for request in requests]
    mine, again = _new(engine, asking), _time(engine.decide, requests, CALLS)
    return f"| {size} | {sum(allowed) / len(allowed):.0%} | {mine} | {again} |"


def _new(engine: Engine, grants: Sequence[Grant]) -> Timing:
    """Of decisions in circumstances of which each is met once, after all pairs and slices were."""
    each = CALLS // RUNS
    requests = _requests(grants, CALLS, apart=True)
    return min(_once(engine.decide, requests[start : start + each]) for start in range(0, CALLS, each))


def _slice_size(engine: Engine, requests: Sequence[Request]) -> float:
    """Rules in a slice, on average over the requests."""
    rules = RuleSet(engine.policy, engine.rules)
    sizes = [len(rules.sliced(one.action, reach(one.principal, one.resource, {}))) for one in requests]
    return sum(sizes) / len(sizes)


def _parts() -> list[tuple[str, Timing]]:
    grants = _grants(999, len(KINDS))
    policy = _cedar(grants)
    first = _requests(grants)[0]
    engine = Engine(policy, includes={})
    engine.decide(first)
    strangers = [
        Request(Principal("Key", f"k{n}", first.principal.roles), "call", first.resource, first.context)
        for n in range(2_000)
    ]
    rules = RuleSet(policy, parsed(policy))
    roles = range(999 // RULES_PER_ROLE)
    reaches = [Reach(frozenset([("Role", f"role-{n}")]), frozenset(("Kind", kind) for kind in KINDS)) for n in roles]
    whole, entities, question = cedarpy.PolicySet.from_str(policy.text), _unsliced_entities(first), _for_cedar(first)
    return [
        ("new pair of principal and resource: entities built, and decided", _once(engine.decide, strangers)),
        ("new slice: 8 rules made a handle", _once(lambda one: rules.slice("call", one), reaches)),
        (
            "decision by all 1,000 rules unsliced, handles kept",
            _time(lambda one: cedarpy.is_authorized(one, whole, entities), [question], SLOW_CALLS),
        ),
        (
            "decision with 1,000 rules as text",
            _time(lambda one: cedarpy.is_authorized(one, policy.text, entities), [question], 20),
        ),
        ("load of 1,000 rules: parsed and validated", _once(parsed, [policy] * 3)),
    ]


def _grants(rules: int, kinds: int) -> list[Grant]:
    draw = random.Random(rules)
    return [
        Grant(
            "forbid" if n % RULES_PER_ROLE == 3 else "permit",
            f"role-{n // RULES_PER_ROLE}",
            KINDS[n % kinds],
            f"/r{draw.randrange(TEAMS)}/",
        )
        for n in range(rules)
    ]


def _cedar(grants: Sequence[Grant]) -> Policy:
    texts = ['@id("apart") forbid(principal, action, resource) unless { principal.tenant == resource.tenant };']
    if not grants:
        texts = [
            f'@id("few") permit(principal, {CALL}, resource) when {{ context has tokens && context.tokens < 300 }};'
        ]
    for n, grant in enumerate(grants):
        texts.append(
            f'@id("rule-{n}") {grant.effect}(principal in Role::"{grant.role}", {CALL}, '
            f'resource in Kind::"{grant.kind}") when {{ context.route like "{grant.route}*" }};'
        )
    return Policy("\n".join(texts), "bench")


def _requests(grants: Sequence[Grant], count: int = 900, *, apart: bool = False) -> list[Request]:
    """Requests of which about a third are permitted: some follow a permit, the rest go where no rule says anything."""
    draw = random.Random(count)
    resources = {kind: Resource(Asset(kind, "one")) for kind in KINDS}
    permits = [grant for grant in grants if grant.effect == "permit"]
    principals = {grant.role: Principal("Key", f"key-of-{grant.role}", (grant.role,)) for grant in grants}
    made = []
    for n in range(count):
        grant = draw.choice(permits)
        route = grant.route if draw.random() < FOLLOWED else "/elsewhere/"
        context = {"route": f"{route}chat" + (f"/{n}" if apart else ""), "tokens": 10_000 + n if apart else n}
        made.append(Request(principals[grant.role], "call", resources[grant.kind], context))
    return made


def _casbin(grants: Sequence[Grant], requests: Sequence[Request]) -> Any:
    model = casbin.Enforcer.new_model(text=CASBIN_MODEL)
    enforcer = casbin.Enforcer(model)
    for grant in grants:
        effect = "deny" if grant.effect == "forbid" else "allow"
        enforcer.add_policy(grant.role, "call", grant.kind, f"{grant.route}*", effect)
    for principal in {request.principal for request in requests}:
        enforcer.add_grouping_policy(principal.id, principal.roles[0])
    return enforcer


def _for_casbin(request: Request) -> tuple[str, str, str, str]:
    return request.principal.id, request.action, request.resource.asset.kind, request.context["route"]


def _for_cedar(request: Request) -> dict[str, Any]:
    asset = request.resource.asset
    return {
        "principal": {"type": "Key", "id": request.principal.id},
        "action": {"type": "Action", "id": request.action},
        "resource": {"type": "Asset", "id": f"{asset.kind}:{asset.name}"},
        "context": dict(request.context),
    }


def _unsliced_entities(request: Request) -> cedarpy.Entities:
    question, asset = _for_cedar(request), request.resource.asset
    attributes = {"kind": asset.kind, "name": asset.name, "tenant": "main", "labels": []}
    roles = [{"type": "Role", "id": role} for role in request.principal.roles]
    return cedarpy.Entities.from_json_str(
        json.dumps(
            [
                {"uid": question["principal"], "attrs": {"tenant": "main"}, "parents": roles},
                {"uid": question["resource"], "attrs": attributes, "parents": [{"type": "Kind", "id": asset.kind}]},
            ]
        )
    )


def _time(call: Callable[[Any], object], inputs: Sequence[Any], calls: int) -> Timing:
    """The quietest of several runs over the inputs: what neighbours on the machine cost is not ours."""
    for one in inputs[:calls]:
        call(one)
    each = max(1, calls // RUNS)
    return min(
        _once(call, [inputs[n % len(inputs)] for n in range(run * each, (run + 1) * each)]) for run in range(RUNS)
    )


def _once(call: Callable[[Any], object], inputs: Sequence[Any]) -> Timing:
    """Over one call for each input."""
    clock = time.perf_counter_ns
    took = []
    for one in inputs:
        started = clock()
        call(one)
        took.append((clock() - started) / 1e3)
    took.sort()
    return Timing(took[len(took) // 2], took[len(took) * 99 // 100])
