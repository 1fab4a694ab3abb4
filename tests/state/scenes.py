"""Small scenes that several tests play: a control looks at an asset and appends what it saw."""

from bartizan.kernel import Asset, Event, Finding, Record, Severity, Stamp
from bartizan.state import State
from tests.state.paper import Paper

MODEL = Asset("model", "churn")
SCAN = "artifacts.scan@0123456789abcdef"
ALICE = Stamp(actor="person:alice")


def finding(evidence: str = "a", severity: Severity = Severity.HIGH, rule: str = "pickle.reduce") -> Finding:
    return Finding(rule=rule, severity=severity, message=f"It runs {evidence}", evidence=evidence)


def fingerprint(evidence: str = "a", asset: Asset = MODEL, rule: str = "pickle.reduce") -> str:
    return finding(evidence, rule=rule).identified(asset).fingerprint


def look(*evidence: str, asset: Asset = MODEL, control: str = SCAN, tenant: str = "main") -> list[Record]:
    """The records of one finished run of a control."""
    stamp = Stamp(tenant=tenant, control=control, asset=asset)
    sightings = [stamp(finding(text)) for text in evidence]
    fingerprints = [fingerprint(text, asset) for text in evidence]
    return [*sightings, stamp(Event("control.finished", {"findings": len(sightings), "fingerprints": fingerprints}))]


def run(state: State, paper: Paper, *evidence: str, **where: object) -> list[Record]:
    """Appends a run and lets the state observe it."""
    records = look(*evidence, **where)  # type: ignore[arg-type]
    paper.append(records)
    state.observe(records)
    return records


def standing(state: State, **filters: object) -> dict[str, str]:
    """The status of each finding, by its evidence."""
    return {known.finding.evidence: known.status for known in state.findings(**filters)}  # type: ignore[arg-type]
