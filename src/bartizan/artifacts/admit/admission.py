"""Admission: one question about one model, answered by the policy from the evidence, with reasons."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec

from bartizan.artifacts.admit.evidence import Evidence
from bartizan.artifacts.findings import SEVERITIES
from bartizan.kernel import Asset
from bartizan.policy import Engine, PolicyDecision, Principal, Request, Resource
from bartizan.text import visible

AdmitAction: TypeAlias = Literal["load", "deploy"]

KIND = "model"
SHOWN_REASONS = 3
UNKNOWN_RANK = 5
"""The worst finding of a model that nobody scanned may be the worst there is."""


class Reason(msgspec.Struct, frozen=True):
    """One reason against a model, and what to do about it."""

    what: str
    todo: str = ""


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a model is let in, and what that rests on."""

    allowed: bool
    rules: tuple[str, ...]
    """The ids of the rules that determined it."""
    reasons: tuple[Reason, ...]
    """Why it is denied; none if it is allowed."""
    evidence: Evidence
    request: Request
    decision: PolicyDecision


def admit(
    engine: Engine,
    evidence: Evidence,
    *,
    principal: Principal,
    action: AdmitAction,
    environment: str,
    approved: bool,
    now: datetime,
) -> Admission:
    """The policy's answer to: may this principal load or deploy this model here? Whatever is odd is a no."""
    asset, fault = _asset(evidence)
    request = Request(
        principal, action, Resource(asset, principal.tenant), _context(evidence, environment, approved, now)
    )
    decision = PolicyDecision(False, (), (fault,)) if fault else engine.decide(request)
    reasons = () if decision.allowed else tuple(dict.fromkeys(_reasons(engine, request, decision, evidence)))
    return Admission(
        allowed=decision.allowed,
        rules=decision.rules,
        reasons=reasons,
        evidence=evidence,
        request=request,
        decision=decision,
    )


def _asset(evidence: Evidence) -> tuple[Asset, str]:
    """The model as an asset, and why it cannot bear its own name, if it cannot."""
    digest = f"sha256:{evidence.root}"
    try:
        return Asset(KIND, evidence.model, digest), ""
    except ValueError as error:
        return Asset(KIND, evidence.root[:12], digest), visible(error)


def _context(evidence: Evidence, environment: str, approved: bool, now: datetime) -> dict[str, Any]:
    """What the policy is told; what is not known is absent, and never a good value."""
    scanned = evidence.scanned
    context: dict[str, Any] = {
        # A scan that could not look at everything is none.
        "scanned": scanned is not None and scanned.verdict != "unscanned",
        "signed": evidence.signer is not None,
        "worst": UNKNOWN_RANK,
        "bom": evidence.bom,
        "licences": evidence.licences,
        "uncovered": evidence.uncovered,
        "contradicted": evidence.contradicted,
        "environment": environment,
        "approved": approved,
    }
    if evidence.signer is not None:
        context["signer"] = evidence.signer
    if scanned is not None:
        worst = SEVERITIES.get(scanned.verdict)
        context |= {
            "worst": 0 if worst is None else worst.rank + 1,
            "verdict": scanned.verdict,
            "scanner": evidence.scanner or "",
            "formats": scanned.formats,
            "age_hours": max(0, int((now - scanned.at).total_seconds() // 3600)),
        }
    return context


def _reasons(engine: Engine, request: Request, decision: PolicyDecision, evidence: Evidence) -> Iterator[Reason]:
    """Each rule that forbids it with what the evidence says of what that rule reads."""
    for error in decision.errors:
        yield Reason(f"the policy cannot answer: {error}", "Mend that first")
    deciding = [rule for rule in engine.rules if rule.id in decision.rules]
    yield from (Reason(f"the rule {rule.id} forbids it") for rule in deciding)
    if not decision.rules and not decision.errors:
        who = f"{request.principal} with the roles {', '.join(request.principal.roles) or '(none)'}"
        yield Reason(f"no rule permits {who} to {request.action} it", "Name another role, or permit it in the policy")
        permits = (rule for rule in engine.rules if rule.node.effect == "permit")
        deciding = [rule for rule in permits if rule.actions is None or request.action in rule.actions]
    reads = [rule.reads for rule in deciding]
    read = set(request.context) if None in reads else {name for names in reads if names for name in names}
    yield from _against(evidence, request.context, read)


def _against(evidence: Evidence, context: Any, read: set[str]) -> Iterator[Reason]:
    """What speaks against the model in the attributes that were read."""
    scanned = evidence.scanned
    if "signed" in read and not context["signed"]:
        yield Reason("nobody whose signature counts has signed it", "bartizan sign MODEL --key KEY")
    if "scanned" in read and not context["scanned"]:
        what = "no scan of it counts" if scanned is None else "the scan could not look at everything"
        yield Reason(what, "bartizan scan MODEL, then sign it anew")
    if read & {"verdict", "worst"} and scanned is not None and scanned.verdict != "allow":
        shown = (reason.replace(f"{scanned.verdict}: ", "", 1) for reason in scanned.reasons[:SHOWN_REASONS])
        found = "; ".join(shown) or "for no stated reason"
        yield Reason(f"the scan says {scanned.verdict}: {found}", "bartizan scan MODEL shows all of it")
    if "age_hours" in read and "age_hours" in context:
        yield Reason(f"the scan is {context['age_hours'] / 24:.0f} days old", "Scan and sign it anew")
    if "bom" in read and not evidence.bom:
        yield Reason("no bill of materials of it came along", "bartizan bom MODEL > MODEL.cdx.json")
    if "licences" in read:
        yield Reason(f"its licences are {', '.join(evidence.licences) or 'not known'}")
    if "formats" in read and scanned is not None:
        yield Reason(f"its formats are {', '.join(scanned.formats)}")
    if "signer" in read:
        yield Reason(f"it is signed by {evidence.signer or 'nobody'}")
    if "uncovered" in read and evidence.uncovered:
        yield Reason(f"the signature leaves out {', '.join(evidence.uncovered)}", "Delete that, or sign all of it")
    if read & {"contradicted", "signed", "scanned", "bom"}:
        yield from (Reason(problem) for problem in evidence.problems)
