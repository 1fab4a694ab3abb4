"""Each reason for which a model stays out, under the built-in policy and under others."""

from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifacts.admit import Admission, Evidence, admit
from bartizan.artifacts.scanned import Scanned
from bartizan.kernel import Policy
from bartizan.policy import Engine, Principal, default
from bartizan.policy.replay import decided, recalled, replay
from tests.artifacts.admit.scenes import NOW, days, gate, make

ROOT = "0a" * 32
ENGINE = Engine(default())
SCAN = Scanned(model="llama", root=ROOT, verdict="allow", formats=("pickle",), files=1, at=NOW)
GOOD = Evidence(model="llama", root=ROOT, signer="key:ab", scanned=SCAN, scanner="key:ab", bom=True, licences=("MIT",))
OPERATOR = Principal("Service", "ci", ("operator",))


def ask(
    evidence: Evidence = GOOD,
    *,
    action: Literal["load", "deploy"] = "deploy",
    approved: bool = False,
    policy: str = "",
    principal: Principal = OPERATOR,
) -> Admission:
    engine = Engine(Policy(policy)) if policy else ENGINE
    return admit(
        engine, evidence, principal=principal, action=action, environment="production", approved=approved, now=NOW
    )


def with_scan(**changed: Any) -> Evidence:
    return msgspec.structs.replace(GOOD, scanned=msgspec.structs.replace(SCAN, **changed))


def but(**changed: Any) -> Evidence:
    return msgspec.structs.replace(GOOD, **changed)


@pytest.mark.parametrize("action", ["load", "deploy"])
def test_a_signed_clean_and_fresh_model_comes_in(action: Any) -> None:
    admission = ask(action=action)
    assert (admission.allowed, admission.rules, admission.reasons) == (True, ("operator-runs-assets",), ())


DEPLOY = "only-scanned-signed-and-clean-is-deployed-unless-approved"
LOAD = "nothing-unscanned-or-critical-is-loaded"
STALE = "a-scan-counts-for-30-days-unless-approved"
BLOCKED = "what-a-scan-blocks-stays-out"
CONTRADICTED = "contradicted-evidence-stays-out"
UNCOVERED = "nothing-uncovered-is-deployed-unless-approved"


@pytest.mark.parametrize(
    ("evidence", "rules", "why"),
    [
        (but(signer=None), (DEPLOY,), "nobody whose signature counts"),
        (but(scanned=None, scanner=None), (DEPLOY,), "no scan of it counts"),
        (with_scan(verdict="unscanned"), (DEPLOY,), "could not look at everything"),
        (with_scan(verdict="block", reasons=("calls os.system",)), (DEPLOY, BLOCKED), "os.system"),
        (with_scan(at=NOW - days(31)), (STALE,), "31 days old"),
        (but(contradicted=True, problems=("the BOM is of another model",)), (CONTRADICTED,), "of another model"),
        (but(uncovered=("cache",)), (UNCOVERED,), "leaves out cache"),
    ],
)
def test_each_lack_keeps_a_model_from_being_deployed(evidence: Evidence, rules: tuple[str, ...], why: str) -> None:
    admission = ask(evidence)
    assert (admission.allowed, admission.rules) == (False, tuple(sorted(rules)))
    assert any(why in reason.what for reason in admission.reasons)


@pytest.mark.parametrize(
    ("evidence", "rules"),
    [
        (but(signer=None), ()),
        (but(scanned=None), (LOAD,)),
        (with_scan(verdict="unscanned"), (LOAD,)),
        (with_scan(verdict="warn"), ()),
        (with_scan(verdict="block"), (BLOCKED,)),
        (with_scan(at=NOW - days(31)), (STALE,)),
        (but(contradicted=True), (CONTRADICTED,)),
    ],
)
def test_loading_asks_for_less_than_deploying(evidence: Evidence, rules: tuple[str, ...]) -> None:
    admission = ask(evidence, action="load")
    assert (admission.allowed, admission.rules if not admission.allowed else ()) == (not rules, rules)


@pytest.mark.parametrize(
    ("evidence", "allowed"),
    [
        (but(signer=None), True),
        (with_scan(at=NOW - days(31)), True),
        (but(uncovered=("cache",)), True),
        (with_scan(verdict="block"), False),
        (but(contradicted=True), False),
    ],
)
def test_an_approval_covers_what_lacks_but_not_what_is_wrong(evidence: Evidence, allowed: bool) -> None:
    assert ask(evidence, approved=True).allowed == allowed


@pytest.mark.parametrize(
    ("condition", "bad", "why"),
    [
        ("context has bom && context.bom", but(bom=False), "no bill of materials"),
        ('context has signer && context.signer == "key:ab"', but(signer="key:cd"), "signed by key:cd"),
        (
            'context has licences && ["MIT", "Apache-2.0"].containsAll(context.licences)',
            but(licences=("CC-BY-NC-4.0",)),
            "CC-BY-NC-4.0",
        ),
        ('context has formats && !context.formats.contains("pickle")', GOOD, "its formats are pickle"),
        ('context has scanner && context.scanner == "key:ab"', but(scanner="here"), ""),
        ("context has age_hours && context.age_hours < 24", with_scan(at=NOW - days(1)), "1 days old"),
        ('context has environment && context.environment == "staging"', GOOD, ""),
        ('context has verdict && context.verdict == "allow"', with_scan(verdict="warn"), "the scan says warn"),
    ],
)
def test_a_policy_can_go_by_each_kind_of_evidence(condition: str, bad: Evidence, why: str) -> None:
    permit = 'permit(principal, action == Action::"deploy", resource);\n'
    forbid = f'@id("ours") forbid(principal, action == Action::"deploy", resource) unless {{ {condition} }};'
    admission = ask(bad, policy=permit + forbid)
    assert (admission.allowed, admission.rules) == (False, ("ours",))
    assert why in " ".join(reason.what for reason in admission.reasons)
    permitting = f'permit(principal, action == Action::"deploy", resource) when {{ {condition} }};'
    assert not ask(bad, policy=permitting).allowed


def test_reasons_are_about_what_the_deciding_rules_read() -> None:
    admission = ask(but(signer=None, bom=False, licences=()))
    assert [reason.what for reason in admission.reasons] == [
        f"the rule {DEPLOY} forbids it",
        "nobody whose signature counts has signed it",
    ]


def test_who_has_no_role_is_told_so() -> None:
    admission = ask(principal=Principal("Person", "eve"))
    assert (admission.allowed, admission.rules) == (False, ())
    assert "no rule permits person:eve with the roles (none)" in admission.reasons[0].what


def test_a_name_that_could_pass_for_another_stays_out_under_any_policy() -> None:
    admission = ask(but(model="llama\u202e"), policy="permit(principal, action, resource);")
    assert not admission.allowed
    assert "invisible" in admission.reasons[0].what


def test_evidence_too_large_for_the_policy_is_a_no() -> None:
    assert not ask(with_scan(formats=tuple(f"format-{n}" for n in range(20_000)))).allowed


@given(
    signer=st.none() | st.just("key:ab"),
    verdict=st.sampled_from([None, "allow", "warn", "unscanned", "block"]),
    age=st.integers(0, 100),
    contradicted=st.booleans(),
    uncovered=st.sampled_from([(), ("cache",)]),
    approved=st.booleans(),
)
def test_nothing_is_deployed_but_what_the_documentation_says(
    signer: Any, verdict: Any, age: int, contradicted: bool, uncovered: tuple[str, ...], approved: bool
) -> None:
    scanned = None if verdict is None else msgspec.structs.replace(SCAN, verdict=verdict, at=NOW - days(age))
    evidence = but(signer=signer, scanned=scanned, contradicted=contradicted, uncovered=uncovered)
    sound = signer is not None and verdict in {"allow", "warn"} and age <= 30 and not uncovered
    expected = not contradicted and verdict != "block" and (sound or approved)
    assert ask(evidence, approved=approved).allowed == expected


def test_a_recorded_decision_replays_to_the_same_answer(tmp_path: Path) -> None:
    records: list[Any] = []
    before = gate(tmp_path, append=records.extend)
    model = make(tmp_path)
    evidences = [before.files(model.path, model.papers), before.files(model.path, model.papers.__class__())]
    for evidence in evidences:
        before.decide(evidence, actor="service:ci", action="deploy", environment="production")
    assert [recalled(record.body).decision.allowed for record in records] == [True, False]
    assert list(replay(default(), records)) == [None, None]
    assert records[0].asset == f"model:llama@sha256:{model.root}"
    assert records[0].actor == "service:ci"


def test_the_event_holds_the_whole_context() -> None:
    admission = ask()
    event = decided(admission.request, admission.decision, default())
    assert event.data["context"] == {
        "scanned": True, "signed": True, "worst": 0, "bom": True, "licences": ["MIT"], "uncovered": [],
        "contradicted": False, "environment": "production", "approved": False, "signer": "key:ab", "verdict": "allow",
        "scanner": "key:ab", "formats": ["pickle"], "age_hours": 0,
    }  # fmt: skip
