"""Admission of models: evidence in, one decision by the policy out; for CI, Kubernetes and MLflow."""

from bartizan.artifacts.admit.admission import Admission, Reason, admit
from bartizan.artifacts.admit.evidence import Evidence, of_digest, of_files
from bartizan.artifacts.admit.gate import Gate, approvals
from bartizan.artifacts.admit.papers import Papers, Store
from bartizan.artifacts.admit.reference import Reference
from bartizan.artifacts.admit.terms import Terms

__all__ = [
    "Admission", "Evidence", "Gate", "Papers", "Reason", "Reference", "Store", "Terms", "admit", "approvals",
    "of_digest", "of_files",
]  # fmt: skip
