"""The engine says no unless a rule says yes and nothing is odd, and outlives a broken policy."""

import threading
from typing import Any

import pytest

from bartizan.kernel import Asset, Finding, Place, Policy, Severity
from bartizan.policy import Engine, PolicyBroken, PolicyDecision, Principal, Request, Resource, cedar
from bartizan.policy import engine as engine_module
from bartizan.policy.engine import MAX_KNOWN_BYTES, MAX_SCENES
from tests.policy.questions import MODEL, ask

READ = '@id("read") permit(principal in Role::"analyst", action == Action::"read", resource);'
NO = PolicyDecision(False)
ANYTHING = """permit(principal, action, resource);
forbid(principal, action == Action::"read", resource) when { context has ip && context.ip.isLoopback() };"""


def test_nothing_is_allowed_by_no_rules() -> None:
    assert Engine(Policy("")).decide(ask("read")) == NO


def test_a_permit_allows_and_is_named_and_a_forbid_beats_it_and_is_named() -> None:
    forbid = '@id("not-bob") forbid(principal == Person::"bob", action, resource);'
    engine = Engine(Policy(READ + forbid))
    assert engine.decide(ask("read")) == PolicyDecision(True, ("read",))
    assert engine.decide(ask("read", actor="person:bob")) == PolicyDecision(False, ("not-bob",))
    assert engine.decide(ask("read", actor="key:bob")) == PolicyDecision(True, ("read",))
    assert engine.decide(ask("call")) == NO


def test_a_role_includes_what_its_roles_include() -> None:
    engine = Engine(Policy(READ))
    assert engine.decide(ask("read", roles=("admin",))).allowed
    assert not engine.decide(ask("read", roles=("service",))).allowed
    assert not Engine(Policy(READ), includes={}).decide(ask("read", roles=("admin",))).allowed


def test_a_forbid_for_an_included_role_holds_for_the_role_that_includes_it() -> None:
    forbid = '@id("no") forbid(principal in Role::"auditor", action == Action::"read", resource);'
    assert Engine(Policy(READ + forbid)).decide(ask("read", roles=("admin",))) == PolicyDecision(False, ("no",))


def test_an_error_in_any_rule_of_the_slice_denies_what_cedar_alone_would_allow() -> None:
    overflow = '@id("sum") forbid(principal, action == Action::"load", resource) when { context.worst + 1 > 5 };'
    permit = 'permit(principal, action == Action::"load", resource);'
    decision = Engine(Policy(permit + overflow)).decide(ask("load", worst=2**63 - 1))
    assert not decision.allowed
    assert len(decision.errors) == 1
    assert "`sum`" in decision.errors[0]
    assert "overflow" in decision.errors[0]


def read_by(principal: Any, resource: Resource = MODEL) -> Request:
    return Request(principal, "read", resource, {"what": "findings"})


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (ask("read", what=5), "is a int"),
        (ask("read", what="\ud800"), "surrogate"),
        (ask("load", worst=2**63), "does not fit 64 bits"),
        (ask("read", what=None), "lacks what"),
        (ask("fly"), "no action 'fly'"),
        (ask("read", ip="10.0.0.999"), "10.0.0.999"),
        (read_by(Principal("Role", "admin")), "'Role' is no type"),  # type: ignore[arg-type]
        (read_by(Principal("Person", "")), "1 to 4096"),
        (read_by(Principal("Person", "ada", ["analyst"])), "unhashable"),  # type: ignore[arg-type]
        (read_by(Principal("Person", "ada", tuple(f"role-{n}" for n in range(65)))), "65 roles"),
        (read_by(Principal("Person", "ada"), Resource(Asset("model", "llama"), labels=("x",) * 257)), "257 labels"),
        (read_by("person:ada"), "a str asks about a Resource"),
        (None, "NoneType"),
    ],
)
def test_whatever_is_odd_is_denied_with_its_reason(odd: Any, said: str) -> None:
    decision = Engine(Policy(ANYTHING)).decide(odd)
    assert (decision.allowed, decision.rules) == (False, ())
    assert len(decision.errors) == 1
    assert said in decision.errors[0]


def test_names_that_cedar_text_could_not_hold_are_just_names() -> None:
    name = 'a"; permit(principal, action, resource); //\n\\'
    engine = Engine(Policy(READ + '@id("all") permit(principal in Tenant::"x", action, resource);'))
    assert engine.decide(ask("read", actor=f"person:{name}", tenant=name)) == PolicyDecision(True, ("read",))
    assert engine.decide(ask("read", actor=f"person:{name}", roles=(name,))) == NO


def test_the_digest_of_an_asset_does_not_change_which_asset_it_is() -> None:
    text = 'permit(principal, action == Action::"read", resource == Asset::"model:llama") when { resource has digest };'
    engine = Engine(Policy(text))
    assert engine.decide(ask("read", resource=Resource(Asset("model", "llama", "sha256:" + "0" * 64)))).allowed
    assert not engine.decide(ask("read")).allowed


def test_a_panic_of_the_cedar_engine_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})

    def fail(*_: object) -> None:
        raise panic("it broke")

    engine = Engine(Policy(READ))
    monkeypatch.setattr(engine_module.cedar, "authorize", fail)
    assert engine.decide(ask("read")) == PolicyDecision(False, (), ("the policy engine failed: it broke",))


def test_an_interrupt_is_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    engine = Engine(Policy(READ))
    monkeypatch.setattr(engine_module.cedar, "authorize", interrupt)
    with pytest.raises(KeyboardInterrupt):
        engine.decide(ask("read"))


def test_a_reload_decides_by_the_new_policy_at_once() -> None:
    engine = Engine(Policy(READ))
    assert engine.decide(ask("read")).allowed
    assert engine.reload(Policy("", "new.cedar")) is None
    assert engine.policy.source == "new.cedar"
    assert engine.decide(ask("read")) == NO


def test_a_broken_policy_keeps_the_last_good_one_and_is_a_finding() -> None:
    engine = Engine(Policy(READ, "good.cedar"))
    bad = Policy("\n" + READ.replace(";", " when { context.foo };"), "bad.cedar")
    assert engine.reload(bad) == Finding(
        rule="policy.broken",
        severity=Severity.HIGH,
        message='attribute `foo` in context for Action::"read" not found',
        place=Place(path="bad.cedar", line=2),
        fix="Correct the rule; until then the last good policy decides. `bartizan policy check` shows every fault.",
        evidence=bad.digest,
    )
    assert engine.policy.source == "good.cedar"
    assert engine.decide(ask("read")) == PolicyDecision(True, ("read",))


def test_an_engine_does_not_start_on_a_broken_policy() -> None:
    with pytest.raises(PolicyBroken):
        Engine(Policy("permit"))


def test_the_principals_and_resources_held_are_bounded() -> None:
    engine = Engine(Policy(READ))
    for n in range(MAX_SCENES + 50):
        assert engine.decide(ask("read", actor=f"key:{n}")).allowed
    assert len(engine._active.scenes) == MAX_SCENES


@pytest.fixture
def asked_of_cedar(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every question that reaches Cedar."""
    asked: list[object] = []
    authorize = cedar.authorize

    def counted(question: dict[str, object], *rest: Any) -> cedar.Answer:
        asked.append(question)
        return authorize(question, *rest)

    monkeypatch.setattr(cedar, "authorize", counted)
    return asked


FEW = """@id("few") permit(principal, action == Action::"call", resource)
when { context has tokens && context.tokens < 9 };"""


def test_cedar_is_asked_again_when_anything_that_counts_is_new(asked_of_cedar: list[object]) -> None:
    engine = Engine(Policy(FEW))
    other = Resource(Asset("model", "other"))
    questions = [
        ask("call", tokens=3),
        ask("call", tokens=10),
        ask("call"),
        ask("call", actor="key:other", tokens=3),
        ask("call", roles=("guest",), tokens=3),
        ask("call", resource=other, tokens=3),
        ask("call", resource=Resource(other.asset, labels=("x",)), tokens=3),
        ask("deploy"),
    ]
    first = [engine.decide(question) for question in questions]
    assert len(asked_of_cedar) == len(questions)
    assert [engine.decide(question) for question in questions] == first
    assert engine.decide(ask("call", tokens=3, route="/no/rule/reads/this")) == first[0]
    assert len(asked_of_cedar) == len(questions)
    assert [decision.allowed for decision in first] == [True, False, False, True, True, True, True, False]
    assert engine.reload(Policy(FEW.replace("9", "2"))) is None
    assert not engine.decide(questions[0]).allowed


def test_what_is_odd_stays_odd_though_the_rest_was_decided_before() -> None:
    engine = Engine(Policy(FEW))
    assert engine.decide(ask("call", tokens=3)).allowed
    assert not engine.decide(ask("call", tokens=3, route=7)).allowed
    assert not engine.decide(ask("call", tokens=True)).allowed


def test_a_failure_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(Policy(READ))
    with monkeypatch.context() as broken:
        broken.setattr(cedar, "authorize", lambda *_: cedar.Answer("Deny", cedar.Diagnostics(errors=["passing"])))
        assert engine.decide(ask("read")).errors == ("passing",)
    assert engine.decide(ask("read")).allowed


def test_what_is_remembered_is_bounded_in_bytes() -> None:
    engine = Engine(Policy(FEW.replace("context.tokens < 9", 'context has route && context.route like "x*"')))
    for n in range(200):
        engine.decide(ask("call", tokens=n, route="x" * 60_000))
    assert 0 < len(engine._active.known) <= MAX_KNOWN_BYTES // 60_000


def test_threads_that_decide_while_others_reload_get_one_policy_or_the_other() -> None:
    other = READ.replace('"read")', '"other")', 1)
    engine = Engine(Policy(READ))
    seen: set[PolicyDecision] = set()
    done = threading.Event()

    def decide() -> None:
        while not done.is_set():
            seen.add(engine.decide(ask("read")))

    threads = [threading.Thread(target=decide) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(30):
        assert engine.reload(Policy((other, READ)[n % 2])) is None
    done.set()
    for thread in threads:
        thread.join()
    assert seen <= {PolicyDecision(True, ("read",)), PolicyDecision(True, ("other",))}
    assert seen
