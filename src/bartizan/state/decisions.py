"""What people decide about findings: to carry a risk for a while, to know what was there before, to look again."""

from datetime import UTC, datetime

from bartizan.kernel import Asset, Record, Stamp, UsageError
from bartizan.kernel.ids import new_id
from bartizan.state.changes import FindingAccepted, FindingBaselined, FindingReopened
from bartizan.state.rows import Known
from bartizan.state.state import State

PER_EVENT = 500
"""How many fingerprints one event of a baseline lists, so that no line of the ledger grows without bound."""


def accept(state: State, stamp: Stamp, fingerprint: str, *, reason: str, until: datetime) -> Record:
    """Accepts the risk of one finding until a day, which opens a case; the finding is open again after it."""
    known = _standing(state, stamp, fingerprint)
    if known.status == "fixed":
        raise UsageError("the finding is fixed, so there is no risk to accept", where=fingerprint)
    if known.status == "accepted":
        raise UsageError("the risk is accepted already", where=fingerprint, todo="Reopen the finding to decide anew.")
    if not reason.strip():
        raise UsageError("accepting a risk needs a reason", where=fingerprint)
    if until.tzinfo is None or until <= datetime.now(UTC):
        raise UsageError("accepting a risk needs an end that lies ahead, with its time zone", where=fingerprint)
    change = FindingAccepted(
        fingerprint=fingerprint,
        reason=reason.strip(),
        until=until,
        case=f"case-{new_id()}",
        title=f"Accept {known.finding.rule} on {known.asset.partition('@sha256:')[0] or 'no asset'}"[:500],
    )
    return state.change(_about(stamp, known), change.event())[0]


def baseline(state: State, stamp: Stamp, asset: Asset, *, reason: str = "") -> list[str]:
    """Marks all open findings of an asset as known, so that only new ones stand out; their fingerprints."""
    open_now = state.findings(tenant=stamp.tenant, status="open", asset=asset, limit=2**31)
    fingerprints = sorted(known.fingerprint for known in open_now)
    parts = [tuple(fingerprints[at : at + PER_EVENT]) for at in range(0, len(fingerprints), PER_EVENT)]
    events = [FindingBaselined(fingerprints=part, reason=reason).event() for part in parts]
    stamped = Stamp(tenant=stamp.tenant, control=stamp.control, asset=asset, actor=stamp.actor, causes=stamp.causes)
    if events:
        state.change(stamped, *events)
    return fingerprints


def reopen(state: State, stamp: Stamp, fingerprint: str, *, reason: str = "") -> Record:
    """Takes back what was decided about a finding, and closes the case of its acceptance."""
    known = _standing(state, stamp, fingerprint)
    if known.decision is None or known.decision.decided == "reopened":
        raise UsageError("nothing was decided about this finding", where=fingerprint)
    change = FindingReopened(fingerprint=fingerprint, reason=reason, case=known.decision.case_id or None)
    return state.change(_about(stamp, known), change.event())[0]


def _standing(state: State, stamp: Stamp, fingerprint: str) -> Known:
    known = state.finding(fingerprint, tenant=stamp.tenant)
    if known is None:
        raise UsageError("there is no finding with this fingerprint", where=fingerprint, todo="bartizan findings list")
    return known


def _about(stamp: Stamp, known: Known) -> Stamp:
    """The stamp with the finding's asset."""
    asset = Asset.parse(known.asset) if known.asset else None
    return Stamp(tenant=stamp.tenant, control=stamp.control, asset=asset, actor=stamp.actor, causes=stamp.causes)
