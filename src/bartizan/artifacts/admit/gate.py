"""The gate: gathers the evidence, puts the question, records the answer. What the CLI, Kubernetes and MLflow share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bartizan.artifacts.admit.admission import Admission, AdmitAction, admit
from bartizan.artifacts.admit.evidence import Evidence, of_digest, of_files
from bartizan.artifacts.admit.papers import Papers, Store
from bartizan.artifacts.admit.reference import Reference
from bartizan.artifacts.admit.terms import Terms
from bartizan.kernel import Record, Stamp
from bartizan.policy import Engine, Principal
from bartizan.policy.replay import decided
from bartizan.state import State

APPROVAL = "change-approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One installation's answer to who comes in."""

    terms: Terms
    engine: Callable[[], Engine]
    """The engine with the policy that is active now."""
    store: Store
    append: Callable[[Sequence[Record]], object] | None = None
    """Makes records durable; a decision that it fails to record is none."""
    approved: Callable[[str, datetime], bool] = lambda _root, _now: False
    """Whether somebody approved the model of this digest; without cases, nobody did."""
    tenant: str = "main"
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def digest(self, reference: Reference) -> Evidence:
        """What is known of a model by its digest alone."""
        return of_digest(reference, self.store.papers(reference.root), self.terms.trust, now=self.clock())

    def files(self, model: Path, papers: Papers, *, beside: Sequence[Path] = (), rescan: bool = False) -> Evidence:
        """What is known of a model whose files and papers are here."""
        return of_files(model, papers, self.terms.trust, now=self.clock(), beside=beside, rescan=rescan)

    def decide(
        self,
        evidence: Evidence,
        *,
        actor: str,
        action: AdmitAction,
        environment: str,
        record: bool = True,
    ) -> Admission:
        """The admission of this model, recorded if anything records here."""
        now = self.clock()
        engine = self.engine()
        principal = Principal.parse(actor, self.terms.roles, self.tenant)
        admission = admit(
            engine,
            evidence,
            principal=principal,
            action=action,
            environment=environment,
            approved=self.approved(evidence.root, now),
            now=now,
        )
        if record and self.append is not None:
            stamp = Stamp(tenant=self.tenant, asset=admission.request.resource.asset, actor=actor)
            self.append([stamp(decided(admission.request, admission.decision, engine.policy))])
        return admission


def approvals(state: State, tenant: str) -> Callable[[str, datetime], bool]:
    """Whether an open change approval, which has not expired, names the digest of the model among its records."""

    def approved(root: str, now: datetime) -> bool:
        return any(
            case.kind == APPROVAL and f"sha256:{root}" in case.records and (case.expires is None or case.expires > now)
            for case in state.cases(tenant=tenant, status="open")
        )

    return approved
