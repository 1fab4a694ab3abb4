"""The engine: decides by the active policy, and keeps the last good one when its successor is broken."""

from typing import NamedTuple, TypeAlias

from bartizan.kernel import Finding, Place, Policy, Severity
from bartizan.policy import cedar, context, entities
from bartizan.policy.errors import Fault, OddRequest, PolicyBroken, one_line
from bartizan.policy.lru import Lru
from bartizan.policy.request import PolicyDecision, Principal, Request, Resource
from bartizan.policy.roles import Includes, built_in
from bartizan.policy.rules import Rule, parsed
from bartizan.policy.slices import Reach, RuleSet

MAX_SCENES = 4_096
MAX_KNOWN_BYTES = 4 << 20
KNOWN_BYTES = 256
"""About what an answer that is kept takes besides its text."""


Question: TypeAlias = tuple[str, tuple[Principal, Resource], str | None]
"""The action, who asks about what, and the circumstances that some rule reads."""


class Engine:
    """Decides requests. Safe between threads: a reload swaps the whole rule set at once."""

    def __init__(self, policy: Policy, *, includes: Includes | None = None) -> None:
        self._includes = built_in() if includes is None else includes
        self._shapes = context.shapes()
        self._active = _active(policy)

    @property
    def policy(self) -> Policy:
        """The policy that decides now."""
        return self._active.rules.policy

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self._active.rules.rules

    @property
    def roles(self) -> frozenset[str]:
        """The roles that mean something here: those that are built in, and those that a rule's scope names."""
        anchors = (rule.principal for rule in self.rules)
        return frozenset(self._includes) | {
            each[1] for each in anchors if isinstance(each, tuple) and each[0] == "Role"
        }

    def decide(self, request: Request) -> PolicyDecision:
        """The decision: no, unless a rule permits it, none forbids it, and nothing at all is odd."""
        try:
            return self._decide(request)
        except Exception as error:
            return PolicyDecision(False, (), (one_line(str(error) or type(error).__name__),))
        except BaseException as error:
            # A panic of the engine derives from BaseException, as do the interpreter's own ways to stop.
            if not type(error).__module__.startswith("pyo3"):
                raise
            return PolicyDecision(False, (), (one_line(f"the policy engine failed: {error}"),))

    def reload(self, policy: Policy) -> Finding | None:
        """Decide by this policy from now on; if it is broken, go on with the last good one and say what is wrong."""
        try:
            self._active = _active(policy)
        except PolicyBroken as error:
            return broken(error, policy)
        return None

    def _decide(self, request: Request) -> PolicyDecision:
        active, shape = self._active, self._shapes.get(request.action)
        if shape is None:
            raise OddRequest(f"there is no action {request.action!r}")
        pair = (request.principal, request.resource)
        scene = active.scenes.get(pair)
        if scene is None:
            scene = _scene(active.rules, *pair, self._includes)
            active.scenes.put(pair, scene)
        rules = active.rules.slice(request.action, scene.reach)
        circumstances = context.written(request.action, request.context, shape, rules.reads)
        question = (request.action, pair, circumstances)
        known = active.known.get(question)
        if known is not None:
            return known
        asked: dict[str, object] = {
            "principal": scene.principal,
            "action": {"type": "Action", "id": request.action},
            "resource": scene.resource,
        }
        if circumstances is not None:
            asked["context"] = circumstances
        answer = cedar.authorize(asked, rules.policies, scene.entities)
        found = answer.diagnostics
        if not found.errors and answer.decision in {"Allow", "Deny"}:
            decision = PolicyDecision(answer.decision == "Allow", tuple(sorted(found.reason)))
            active.known.put(question, decision, KNOWN_BYTES + len(circumstances or ""))
            return decision
        errors = found.errors or [f"the policy engine answered {answer.decision}"]
        return PolicyDecision(False, tuple(sorted(found.reason)), tuple(sorted(map(one_line, errors))))


def broken(error: PolicyBroken, policy: Policy) -> Finding:
    """The finding that a policy text cannot be decided by."""
    first: Fault = error.faults[0]
    return Finding(
        rule="policy.broken",
        severity=Severity.HIGH,
        message=one_line("; ".join(fault.what for fault in error.faults)),
        place=Place(path=policy.source, line=first.line or None),
        fix="Correct the rule; until then the last good policy decides. `bartizan policy check` shows every fault.",
        evidence=policy.digest,
    )


class _Scene(NamedTuple):
    """A principal and a resource, made ready for Cedar."""

    entities: cedar.Entities
    principal: dict[str, str]
    resource: dict[str, str]
    reach: Reach


class _Active(NamedTuple):
    """A rule set, the principals and resources last decided about by it, and what was decided."""

    rules: RuleSet
    scenes: Lru[tuple[Principal, Resource], _Scene]
    known: Lru[Question, PolicyDecision]
    """A decision follows from the rules, the pair and what the rules read of the circumstances, and nothing else."""


def _active(policy: Policy) -> _Active:
    return _Active(RuleSet(policy, parsed(policy)), Lru(MAX_SCENES), Lru(MAX_KNOWN_BYTES))


def _scene(rules: RuleSet, principal: Principal, resource: Resource, includes: Includes) -> _Scene:
    if not isinstance(principal, Principal) or not isinstance(resource, Resource):
        raise OddRequest(f"a {type(principal).__name__} asks about a {type(resource).__name__}")
    reached = entities.reach(principal, resource, includes)
    return _Scene(
        entities.entities(principal, resource, reached),
        entities.principal_uid(principal),
        entities.resource_uid(resource),
        rules.asked(reached),
    )
