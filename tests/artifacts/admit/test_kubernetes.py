import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifacts.admit import Gate, Papers, Reference
from bartizan.artifacts.admit.kubernetes import MAX_MODELS, Asked, decider, parse, review
from bartizan.kernel import BartizanError, HostileInput, Record
from tests.artifacts.admit.reviews import ANNOTATION, GROUPS, UID, encoded, workload
from tests.artifacts.admit.reviews import review as sent
from tests.artifacts.admit.scenes import NOW, Made, days, gate, make

ROOT = "0a" * 32


@pytest.fixture
def model(tmp_path: Path) -> Made:
    return make(tmp_path)


@pytest.fixture
def records() -> list[Record]:
    return []


@pytest.fixture
def guard(tmp_path: Path, model: Made, records: list[Record]) -> Gate:
    made = gate(tmp_path, append=records.extend, environments={"dev-*": "development"})
    made.store.publish(model.root, model.papers)
    return made


def never(_model: Reference, _asked: Asked) -> Any:
    raise AssertionError("nothing should have been decided")


@pytest.mark.parametrize("kind", GROUPS)
def test_every_kind_of_workload_is_judged_by_its_annotation(guard: Gate, model: Made, kind: str) -> None:
    good = review(encoded(kind, f"llama@sha256:{model.root}"), decider(guard))
    assert good == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": UID, "allowed": True},
    }
    bad = review(encoded(kind, f"llama@sha256:{ROOT}"), decider(guard))["response"]
    assert (bad["uid"], bad["allowed"], bad["status"]["code"]) == (UID, False, 403)
    assert "[rules: only-scanned-signed-and-clean-is-deployed-unless-approved]" in bad["status"]["message"]


def test_one_bad_model_among_several_keeps_the_workload_out(guard: Gate, model: Made) -> None:
    both = review(encoded("Pod", f"llama@sha256:{model.root}, other@sha256:{ROOT}"), decider(guard))["response"]
    assert not both["allowed"]
    assert f"other@sha256:{ROOT} is denied" in both["status"]["message"]
    assert "llama@" not in both["status"]["message"]


def test_who_asks_and_where_is_what_the_policy_is_asked(guard: Gate, model: Made, records: list[Record]) -> None:
    said = f"sha256:{model.root}"
    account = {"username": "system:serviceaccount:kube-system:job-controller"}
    review(encoded("Pod", said), decider(guard))
    review(encoded("Pod", said, namespace="dev-ann", userInfo=account), decider(guard))
    review(encoded("Pod", said, dryRun=True), decider(guard))
    assert [(record.actor, record.body.data["context"]["environment"]) for record in records] == [
        ("person:ann", "production"),
        ("service:system:serviceaccount:kube-system:job-controller", "development"),
    ]


@pytest.mark.parametrize("models", [None, "none"])
def test_a_workload_that_says_nothing_is_kept_out_unless_only_named_ones_are_judged(models: str | None) -> None:
    strict = review(encoded("Deployment", models), never)["response"]
    named = review(encoded("Deployment", models), never, unnamed="allow")["response"]
    assert (strict["allowed"], named["allowed"]) == (models == "none", True)
    if models is None:
        assert ANNOTATION in strict["status"]["message"]


@pytest.mark.parametrize(
    ("kind", "models", "why"),
    [
        ("InferenceService", "none", "names no model"),
        ("Pod", "", "names no model"),
        ("Pod", " , ", "names no model"),
        ("Pod", "llama:latest", "names no model by its digest"),
        ("Pod", f"../../etc@sha256:{ROOT}", "no name of a model"),
        ("Pod", "llama@sha256:../../../etc/passwd", "no SHA-256 digest"),
        ("Pod", ",".join(f"sha256:{n:064x}" for n in range(MAX_MODELS + 1)), "33 models"),
        ("Rollout", f"sha256:{ROOT}", "does not read the kind Rollout"),
        ("Scale", None, "does not read the kind Scale"),
    ],
)
def test_an_odd_annotation_or_kind_is_a_no(kind: str, models: str | None, why: str) -> None:
    for unnamed in ("deny", "allow"):
        response = review(encoded(kind, models), never, unnamed=unnamed)["response"]  # type: ignore[arg-type]
        assert not response["allowed"]
        assert why in response["status"]["message"]


def test_the_annotation_counts_on_the_object_and_on_its_template(model: Made, guard: Gate) -> None:
    thing = workload("Deployment", f"llama@sha256:{model.root}")
    thing["metadata"]["annotations"] = {ANNOTATION: f"sha256:{ROOT}"}
    assert not review(encoded("Deployment", object=thing), decider(guard))["response"]["allowed"]


@pytest.mark.parametrize(
    "request_",
    [
        {"operation": "DELETE", "object": None},
        {"operation": "CONNECT", "object": {"kind": "PodExecOptions"}},
        {"operation": "UPDATE", "object": {"metadata": {"deletionTimestamp": "2026-11-26T12:00:00Z"}}},
    ],
)
def test_what_starts_no_workload_passes(request_: dict[str, Any]) -> None:
    assert review(encoded("Pod", **request_), never)["response"] == {"uid": UID, "allowed": True}


def test_a_new_workload_cannot_pass_as_one_that_ends() -> None:
    thing = workload("Pod", None)
    thing["metadata"]["deletionTimestamp"] = "2026-11-26T12:00:00Z"
    assert not review(encoded("Pod", object=thing), never)["response"]["allowed"]


def test_a_model_called_otherwise_than_it_is_signed_is_warned_about(model: Made, guard: Gate) -> None:
    response = review(encoded("Pod", f"mistral@sha256:{model.root}"), decider(guard))["response"]
    assert (response["allowed"], response["warnings"]) == (True, ["bartizan: mistral is signed as llama"])


@pytest.mark.parametrize("papers", ["swapped", "anothers", "stale", "withheld", "no scan"])
def test_papers_that_do_not_hold_keep_the_model_out(tmp_path: Path, guard: Gate, model: Made, papers: str) -> None:
    other = make(tmp_path, "other", value=3)
    stale = make(tmp_path, "stale", value=4, scanned={"at": NOW - days(31)})
    given = model.papers
    root = {"stale": stale.root, "withheld": ROOT}.get(papers, model.root)
    if papers == "swapped":
        guard.store.publish(root, Papers(given.scan, given.signature))
    elif papers == "anothers":
        guard.store.publish(root, other.papers)
    elif papers == "stale":
        guard.store.publish(root, stale.papers)
    elif papers == "no scan":
        (tmp_path / "evidence" / root / "scan.sig").unlink()
    assert not review(encoded("Pod", f"sha256:{root}"), decider(guard))["response"]["allowed"]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (BartizanError("the ledger is full"), "the ledger is full"),
        (RuntimeError("secret detail"), "failed with RuntimeError"),
        (MemoryError(), "failed with MemoryError"),
    ],
)
def test_a_gate_that_fails_says_no_in_form(error: Exception, why: str) -> None:
    def failing(_model: Reference, _asked: Asked) -> Any:
        raise error

    response = review(encoded("Pod", f"sha256:{ROOT}"), failing)["response"]
    assert (response["uid"], response["allowed"]) == (UID, False)
    assert why in response["status"]["message"]
    assert "secret" not in response["status"]["message"]


def test_a_decision_that_cannot_be_recorded_is_a_no(tmp_path: Path, model: Made) -> None:
    def full(_records: object) -> None:
        raise OSError(28, "No space left on device")

    broken = gate(tmp_path, append=full)
    broken.store.publish(model.root, model.papers)
    assert not review(encoded("Pod", f"sha256:{model.root}"), decider(broken))["response"]["allowed"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"null", b"[1]", b"\xff", b"[" * 100_000,
        json.dumps({**sent(), "apiVersion": "admission.k8s.io/v1beta1"}).encode(),
        json.dumps({**sent(), "kind": "Pod"}).encode(),
        json.dumps({**sent(), "request": None}).encode(),
        encoded(uid=""), encoded(uid=7), encoded(operation="PATCH"), encoded(userInfo={}), encoded(object=[]),
        encoded().replace(b'"uid"', b'"uid": "other", "uid"', 1),
        b" " * (9 << 20),
    ],
)  # fmt: skip
def test_what_is_no_review_is_refused(body: bytes) -> None:
    with pytest.raises(HostileInput):
        review(body, never)


def test_messages_show_nothing_that_steers_a_terminal(guard: Gate) -> None:
    response = review(encoded("Pod", "\x1b[31m\u202eevil"), decider(guard))["response"]
    assert response["status"]["message"].isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
PATHS = [
    (), ("request",), ("request", "uid"), ("request", "kind"), ("request", "kind", "group"), ("request", "operation"),
    ("request", "userInfo"), ("request", "userInfo", "username"), ("request", "namespace"), ("request", "dryRun"),
    ("request", "object"), ("request", "object", "metadata"), ("request", "object", "metadata", "annotations"),
    ("request", "object", "metadata", "annotations", ANNOTATION), ("request", "object", "spec"),
    ("request", "object", "spec", "template"), ("request", "object", "spec", "template", "metadata"),
]  # fmt: skip


@given(kind=st.sampled_from(["Pod", "Deployment"]), path=st.sampled_from(PATHS), value=JSON)
def test_whatever_stands_in_a_review_it_is_answered_or_refused_and_never_admitted(
    kind: str, path: tuple[str, ...], value: Any
) -> None:
    """Nothing is admissible here, so that an allowed one would have got past the decision."""
    whole: Any = sent(kind, f"sha256:{ROOT}")
    whole = _replaced(whole, path, value)
    denied = decider(NOTHING_PUBLISHED)
    try:
        response = review(json.dumps(whole).encode(), denied)["response"]
    except HostileInput:
        return
    assert response["allowed"] is False
    assert response["uid"] == whole["request"]["uid"]
    msgspec.json.encode(response)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_parser(body: bytes) -> None:
    with pytest.raises(HostileInput):
        parse(body)


NOTHING_PUBLISHED = gate(Path("/nonexistent"))


def _replaced(whole: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    if not isinstance(whole, dict):
        return whole
    return whole | {path[0]: _replaced(whole.get(path[0], {}), path[1:], value)}
