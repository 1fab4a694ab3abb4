"""Recorded decisions, and what another policy would have decided.

A decision is the event `policy.decided`. Its data is the whole question in JSON's own types (the principal with every
role that its roles include, so that it does not matter how roles are defined later), the answer, and the digest of the
policy that gave it:

    {"principal": {"type", "id", "roles", "tenant"}, "action", "resource": {"asset", "tenant", "labels"}, "context",
     "allowed", "rules", "errors", "policy"}
"""

from collections.abc import Iterable, Iterator

import msgspec

from bartizan.kernel import Event, Policy, Record
from bartizan.policy.context import plain
from bartizan.policy.engine import Engine
from bartizan.policy.request import PolicyDecision, Request
from bartizan.policy.roles import Includes, built_in, expand

DECIDED = "policy.decided"


class Decided(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision as it is recorded."""

    request: Request
    decision: PolicyDecision
    policy: str
    """The digest of the policy."""


class Change(msgspec.Struct, frozen=True):
    """A recorded decision that the other policy makes differently."""

    record: str
    request: Request
    before: PolicyDecision
    after: PolicyDecision


class Unreadable(msgspec.Struct, frozen=True):
    """A recorded decision that cannot be made again, and why."""

    record: str
    reason: str


def decided(request: Request, decision: PolicyDecision, policy: Policy, *, includes: Includes | None = None) -> Event:
    """The event that records a decision; a context that JSON cannot hold is left out, which is as odd to replay."""
    roles = expand(request.principal.roles, built_in() if includes is None else includes)
    question = {
        "principal": msgspec.to_builtins(msgspec.structs.replace(request.principal, roles=roles)),
        "action": request.action,
        "resource": msgspec.to_builtins(request.resource),
    }
    answer = msgspec.to_builtins(decision) | {"policy": policy.digest}
    try:
        event = Event(DECIDED, question | {"context": plain(request.context)} | answer)
        msgspec.json.encode(event)
    except (ValueError, TypeError, OverflowError):
        event = Event(DECIDED, question | {"context": {}} | answer)
    return event


def recalled(event: Event) -> Decided:
    """The decision that `decided` recorded; msgspec.ValidationError if it did not write this."""
    answer = PolicyDecision.__struct_fields__
    question = {name: value for name, value in event.data.items() if name not in {*answer, "policy"}}
    return Decided(
        msgspec.convert(question, Request),
        msgspec.convert({name: event.data.get(name) for name in answer}, PolicyDecision),
        msgspec.convert(event.data.get("policy"), str),
    )


def replay(policy: Policy, records: Iterable[Record]) -> Iterator[Change | Unreadable | None]:
    """For each recorded decision, in order: how this policy changes it, why it cannot tell, or None for no change."""
    engine = Engine(policy, includes={})
    for record in records:
        if not isinstance(record.body, Event) or record.body.name != DECIDED:
            continue
        try:
            past = recalled(record.body)
        except (msgspec.ValidationError, ValueError) as error:
            yield Unreadable(record.id, str(error))
            continue
        now = engine.decide(past.request)
        yield None if now.allowed == past.decision.allowed else Change(record.id, past.request, past.decision, now)
