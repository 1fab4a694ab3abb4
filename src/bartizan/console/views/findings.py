"""What is exposed: the findings, one finding, and accepting its risk."""

from datetime import UTC, datetime, timedelta

from bartizan.console.reads import MAX_ROWS
from bartizan.console.site import Ask, Go, Shown
from bartizan.console.views.overview import SEVERITIES
from bartizan.kernel import UsageError
from bartizan.state.rows import Known, Status

STATUSES: tuple[Status, ...] = ("open", "accepted", "baseline", "fixed")
MAX_REASON_CHARS = 500
MAX_ACCEPTED_DAYS = 366


def show(ask: Ask) -> Shown:
    """The findings that are asked for, the worst first."""
    status = ask.choice("status", (*STATUSES, "all")) or "open"
    severity = ask.choice("severity", SEVERITIES)
    text = ask.query.get("text", "")
    one = next((known for known in STATUSES if known == status), None)
    rows = ask.reads.findings(ask.tenant, status=one, severity=severity, text=text)
    facts = {"findings": rows, "status": status, "severity": severity, "text": text, "limit": MAX_ROWS}
    return Shown("findings.html", facts, {"statuses": (*STATUSES, "all"), "severities": SEVERITIES})


def detail(ask: Ask) -> Shown:
    """One finding, and the record that last said it."""
    finding = _finding(ask)
    record = ask.reads.said_last(finding.fingerprint, ask.scope)
    tomorrow = (ask.now() + timedelta(days=1)).date()
    in_a_month = (ask.now() + timedelta(days=30)).date()
    return Shown(
        "finding.html",
        {"known": finding, "record": record},
        {"tomorrow": tomorrow, "in_a_month": in_a_month},
        title=finding.finding.rule,
    )


def accept(ask: Ask) -> Go:
    """Accept the risk of a finding, with a reason and an end."""
    finding = _finding(ask)
    reason = ask.form.get("reason", "").strip()
    if not 0 < len(reason) <= MAX_REASON_CHARS:
        raise UsageError(f"an acceptance needs a reason of at most {MAX_REASON_CHARS} characters")
    try:
        expires = datetime.fromisoformat(ask.form.get("expires", "")).replace(tzinfo=UTC)
    except ValueError:
        raise UsageError("an acceptance needs a date on which it ends, as 2027-01-31") from None
    if not ask.now() < expires <= ask.now() + timedelta(days=MAX_ACCEPTED_DAYS):
        raise UsageError("an acceptance ends between tomorrow and a year from now")
    ask.desk.accept(finding.fingerprint, ask.visitor, reason=reason, expires=expires)
    return Go(f"/findings/{finding.fingerprint}")


def _finding(ask: Ask) -> Known:
    finding = ask.reads.state.finding(ask.path["fingerprint"], tenant=ask.tenant)
    if finding is None:
        raise LookupError("There is no such finding.")
    return finding
