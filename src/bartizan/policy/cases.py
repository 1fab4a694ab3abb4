"""Cases for a policy: requests with the decision that each must get, written in TOML.

[[case]]
name = "an analyst reads findings"
principal = "person:ada"
roles = ["analyst"]
action = "read"
resource = "model:llama"
context = { what = "findings" }
expect = "allow"                        # or "deny"
rules = ["analyst-reads-and-calls"]     # optional: exactly these determine it
"""

from typing import Any, Literal

import msgspec

from bartizan.kernel import Asset, BartizanError, UsageError
from bartizan.policy.engine import Engine
from bartizan.policy.request import ActionName, PolicyDecision, Principal, Request, Resource

MAX_BYTES = 4 << 20


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One request, and what it must be answered."""

    name: str
    principal: str
    roles: tuple[str, ...] = ()
    tenant: str = "main"
    action: ActionName
    resource: str
    resource_tenant: str = "main"
    labels: tuple[str, ...] = ()
    context: dict[str, Any] = {}
    expect: Literal["allow", "deny"]
    rules: tuple[str, ...] | None = None

    @property
    def request(self) -> Request:
        principal = Principal.parse(self.principal, self.roles, self.tenant)
        resource = Resource(Asset.parse(self.resource), self.resource_tenant, self.labels)
        return Request(principal, self.action, resource, self.context)


class Outcome(msgspec.Struct, frozen=True):
    """What a case got."""

    case: str
    passed: bool
    expected: str
    decision: PolicyDecision


class _File(msgspec.Struct, forbid_unknown_fields=True):
    case: list[Case]


def read(text: bytes, *, source: str = "") -> list[Case]:
    """The cases of a file; UsageError in one line if it is no such file."""
    if len(text) > MAX_BYTES:
        raise UsageError(f"{len(text):,} bytes of cases, more than {MAX_BYTES:,}", where=source)
    try:
        cases = msgspec.toml.decode(text, type=_File).case
        for case in cases:
            _ = case.request
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, BartizanError) as error:
        raise UsageError(f"no file of cases: {error}", where=source, todo="See docs/policy.md for the form") from None
    if not cases:
        raise UsageError("there is no case", where=source)
    return cases


def judge(engine: Engine, case: Case) -> Outcome:
    """Whether the engine answers the case as it must. An answer with an error is no deny: the case is at fault."""
    decision = engine.decide(case.request)
    allowed = case.expect == "allow"
    passed = decision.allowed == allowed and not decision.errors
    if case.rules is not None:
        passed = passed and tuple(sorted(case.rules)) == decision.rules
    return Outcome(case.name, passed, case.expect, decision)
