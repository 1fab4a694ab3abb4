"""Kubernetes: AdmissionReview v1 in, AdmissionReview v1 out. What a workload runs, its annotation says.

`bartizan.dev/models: "llama@sha256:<root>, reranker@sha256:<root>"`, or `none`.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from bartizan.artifacts.admit.admission import Admission
from bartizan.artifacts.admit.gate import Gate
from bartizan.artifacts.admit.reference import Reference
from bartizan.artifacts.json_document import unambiguous
from bartizan.kernel import BartizanError, HostileInput
from bartizan.text import visible

VERSION = "admission.k8s.io/v1"
REVIEW = "AdmissionReview"
ANNOTATION = "bartizan.dev/models"
NO_MODELS = "none"
SERVICE_ACCOUNT = "system:"
MAX_BODY_BYTES = 8 << 20
MAX_MODELS = 32
MAX_MESSAGE_CHARS = 2_000
# The API server cuts warnings off beyond this (k8s.io/api/admission/v1, AdmissionResponse.warnings).
MAX_WARNING_CHARS = 120

# Where the pod template of each kind lies; its annotations count beside the object's own.
TEMPLATES: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("serving.kserve.io", "InferenceService"): ("spec", "predictor"),
}
SERVES_A_MODEL = {("serving.kserve.io", "InferenceService")}

Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Unnamed: TypeAlias = Literal["deny", "allow"]
"""What becomes of a workload that does not say which models it uses."""


class Asked(msgspec.Struct, frozen=True):
    """What a review asks."""

    uid: str
    actor: str
    """Who wants the workload, as the API server knows them."""
    namespace: str
    models: tuple[Reference, ...] | None
    """None if the workload does not say."""
    nothing_new: bool = False
    """True if whatever is asked for starts no workload."""
    dry_run: bool = False
    fault: str = ""
    """Why it cannot be answered but with a no."""


Decide: TypeAlias = Callable[[Reference, Asked], Admission]


def review(body: bytes, decide: Decide, *, unnamed: Unnamed = "deny") -> dict[str, Any]:
    """The answer to a review in JSON; HostileInput if it is none. Whatever fails while it is decided is a no."""
    return answer(parse(body), decide, unnamed=unnamed)


def parse(body: bytes) -> Asked:
    """What the review asks; HostileInput if it is no AdmissionReview v1."""
    if len(body) > MAX_BODY_BYTES:
        raise HostileInput(f"the review has more than {MAX_BODY_BYTES:,} bytes")
    value = unambiguous(body, "the review")
    try:
        request = msgspec.convert(value, _Review).request
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        raise HostileInput(f"this is no {REVIEW} of {VERSION}: {visible(error)[:200]}") from None
    models: tuple[Reference, ...] | None = None
    fault = ""
    try:
        models = _models(request)
    except BartizanError as error:
        fault = str(error)
    return Asked(
        uid=request.uid,
        actor=_actor(request.user_info.username),
        namespace=request.namespace,
        models=models,
        nothing_new=_starts_nothing(request),
        dry_run=request.dry_run or False,
        fault=fault,
    )


def answer(asked: Asked, decide: Decide, *, unnamed: Unnamed = "deny") -> dict[str, Any]:
    """The AdmissionReview with the response; never raises."""
    if asked.nothing_new:
        return _response(asked.uid, True)
    if asked.fault:
        return refusal(asked.uid, asked.fault)
    if asked.models is None:
        return _response(asked.uid, True) if unnamed == "allow" else refusal(asked.uid, _unnamed())
    try:
        admissions = [(model, decide(model, asked)) for model in asked.models]
    except BartizanError as error:
        return refusal(asked.uid, f"the gate cannot tell: {error}")
    except Exception as error:  # whatever it is, a workload that nobody could judge stays out
        return refusal(asked.uid, f"the gate failed with {type(error).__name__}")
    denials = [_denial(model, admission) for model, admission in admissions if not admission.allowed]
    warnings = [warning for model, admission in admissions for warning in _warnings(model, admission)]
    return refusal(asked.uid, " | ".join(denials), warnings) if denials else _response(asked.uid, True, "", warnings)


def refusal(uid: str, why: str, warnings: list[str] | None = None) -> dict[str, Any]:
    """The response that keeps the workload out, and says why."""
    return _response(uid, False, f"bartizan: {why}", warnings)


def decider(gate: Gate) -> Decide:
    """Decides by what the gate's store holds; a dry run leaves no record."""

    def decide(model: Reference, asked: Asked) -> Admission:
        return gate.decide(
            gate.digest(model),
            actor=asked.actor,
            action="deploy",
            environment=gate.terms.environment_of(asked.namespace),
            record=not asked.dry_run,
        )

    return decide


class _Kind(msgspec.Struct):
    kind: str
    group: str = ""


class _User(msgspec.Struct):
    username: Text


class _Request(msgspec.Struct, rename="camel"):
    uid: Text
    kind: _Kind
    operation: Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]
    user_info: _User
    namespace: str = ""
    dry_run: bool | None = None
    object: dict[str, Any] | None = None


class _Review(msgspec.Struct, rename="camel"):
    api_version: Literal["admission.k8s.io/v1"]
    kind: Literal["AdmissionReview"]
    request: _Request


def _starts_nothing(request: _Request) -> bool:
    """True for what ends a workload: the API server sets the time of deletion, and no controller starts pods then."""
    if request.operation in {"DELETE", "CONNECT"}:
        return True
    leaving = request.operation == "UPDATE" and request.object is not None
    return leaving and bool(_mapping(request.object, "metadata").get("deletionTimestamp"))


def _models(request: _Request) -> tuple[Reference, ...] | None:
    """The models that the object and its pod template name; None if neither says."""
    if request.operation in {"DELETE", "CONNECT"}:
        return None
    which = (request.kind.group, request.kind.kind)
    if which not in TEMPLATES:
        raise HostileInput(
            f"this gate does not read the kind {visible(request.kind.kind)[:80]}",
            todo="Take it out of the webhook's rules",
        )
    if request.object is None:
        raise HostileInput("the review holds no object")
    said = list(_annotations(request.object, TEMPLATES[which]))
    if not said:
        return None
    named = [part.strip() for text in said for part in text.split(",") if part.strip()]
    models = tuple(dict.fromkeys(Reference.parse(part) for part in named if part != NO_MODELS))
    if len(models) > MAX_MODELS:
        raise HostileInput(f"a workload names {len(models)} models, more than {MAX_MODELS}")
    if not models and (which in SERVES_A_MODEL or NO_MODELS not in named):
        raise HostileInput(f"the annotation {ANNOTATION} names no model", todo=_form())
    return models


def _annotations(thing: dict[str, Any], template: tuple[str, ...]) -> Iterator[str]:
    """The annotation wherever it stands on the way from the object to its pod template."""
    step: Any = thing
    for name in (*template, None):
        # KServe's predictor has its annotations beside its other fields, pod templates have metadata.
        for place in (_mapping(step, "metadata"), step):
            said = _mapping(place, "annotations").get(ANNOTATION)
            if said is not None:
                if not isinstance(said, str):
                    raise HostileInput(f"the annotation {ANNOTATION} is no text")
                yield said
        if name is not None:
            step = _mapping(step, name)


def _mapping(thing: Any, name: str) -> dict[str, Any]:
    """What lies under a name, if it is a mapping; nothing if it is absent; a fault if it is something else."""
    value = thing.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise HostileInput(f"the object's {name} is no mapping")
    return value


def _actor(username: str) -> str:
    return f"{'service' if username.startswith(SERVICE_ACCOUNT) else 'person'}:{username}"


def _unnamed() -> str:
    return f"the workload does not say which models it uses. {_form()}"


def _form() -> str:
    return f'Annotate it with {ANNOTATION}: "name@sha256:<digest>", or "{NO_MODELS}"'


def _denial(model: Reference, admission: Admission) -> str:
    reasons = "; ".join(reason.what for reason in admission.reasons)
    return f"{model} is denied: {reasons} [rules: {', '.join(admission.rules) or 'none'}]"


def _warnings(model: Reference, admission: Admission) -> Iterator[str]:
    evidence = admission.evidence
    if model.name and model.name != evidence.model:
        yield f"bartizan: {model.name} is signed as {evidence.model}"
    if admission.allowed and evidence.scanned is not None and evidence.scanned.verdict == "warn":
        yield f"bartizan: the scan of {model.name or evidence.model} warns: {'; '.join(evidence.scanned.reasons)}"


def _response(uid: str, allowed: bool, message: str = "", warnings: list[str] | None = None) -> dict[str, Any]:
    response: dict[str, Any] = {"uid": uid, "allowed": allowed}
    if not allowed:
        shown = visible(message)
        status = {"code": 403, "reason": "Forbidden", "message": shown[:MAX_MESSAGE_CHARS]}
        response["status"] = status
    if warnings:
        response["warnings"] = [visible(warning)[:MAX_WARNING_CHARS] for warning in warnings]
    return {"apiVersion": VERSION, "kind": REVIEW, "response": response}
