"""The six nouns, the control shape and the registry. Knows no other room."""

from bartizan.kernel.asset import Asset
from bartizan.kernel.budget import Budget, Meter
from bartizan.kernel.case import Case
from bartizan.kernel.claim import Claim
from bartizan.kernel.control import Context, Control, Subject, alarmed, control
from bartizan.kernel.errors import BartizanError, HostileInput, MissingExtra, OutOfBudget, UsageError
from bartizan.kernel.grades import Confidence, Interval, Severity
from bartizan.kernel.policy import Policy
from bartizan.kernel.record import (
    Action,
    AnyBody,
    Event,
    Finding,
    Measure,
    Place,
    Record,
    RecordTooNew,
    Stamp,
    Verdict,
    decode,
    encode,
)
from bartizan.kernel.registry import Registry

__all__ = [
    "Action",
    "AnyBody",
    "Asset",
    "BartizanError",
    "Budget",
    "Case",
    "Claim",
    "Confidence",
    "Context",
    "Control",
    "Event",
    "Finding",
    "HostileInput",
    "Interval",
    "Measure",
    "Meter",
    "MissingExtra",
    "OutOfBudget",
    "Place",
    "Policy",
    "Record",
    "RecordTooNew",
    "Registry",
    "Severity",
    "Stamp",
    "Subject",
    "UsageError",
    "Verdict",
    "alarmed",
    "control",
    "decode",
    "encode",
]
