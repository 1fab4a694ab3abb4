"""`bartizan findings`: where assets are exposed, and what was decided about it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import click

from bartizan.cli.default import ListGroup
from bartizan.cli.lazy import COULD_NOT_LOOK, FOUND
from bartizan.cli.options import data_option, format_option
from bartizan.cli.show import as_json, counted, safe, table

if TYPE_CHECKING:
    from bartizan.kernel import Stamp
    from bartizan.runner.settings import Settings
    from bartizan.state import Known, State, Status

SEVERITIES = ["info", "low", "medium", "high", "critical"]
STATUSES = ["open", "fixed", "accepted", "baseline", "all"]
SHORT = 12
"""Digits of a fingerprint that a table shows; any beginning that fits one finding names it."""

EXAMPLES = """\b
Examples:
  bartizan findings
  bartizan findings list --severity high --asset model:churn --format sarif
  bartizan findings accept 3f2a91c0 --reason "loaded in a sandbox" --until 2027-06-30
  bartizan findings baseline model:churn
"""


@click.group(cls=ListGroup, epilog=EXAMPLES)
def command() -> None:
    """List findings, accept one for a while, or mark those of an asset as known.

    Without a verb it lists the open ones, and takes the options of `list`.
    """


@command.command("list", epilog="\b\nExample:\n  bartizan findings list --severity high --status all")
@data_option
@click.option("--severity", type=click.Choice(SEVERITIES), default="info", show_default=True, help="At least this.")
@click.option("--status", type=click.Choice(STATUSES), default="open", show_default=True)
@click.option("--asset", metavar="KIND:NAME", help="Only of this asset.")
@click.option("--rule", help="Only by this rule.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=1_000, show_default=True, help="At most so many.")
@format_option("table", "json", "sarif")
def list_findings(
    settings: "Settings",
    severity: str,
    status: "Status | Literal['all']",
    asset: str | None,
    rule: str | None,
    limit: int,
    form: str,
) -> int:
    """List findings, the worst first. Exit code 1 if one of them is open, 3 if none is but there are more."""
    from bartizan.kernel import Asset, Severity
    from bartizan.runner.keep import Keep

    with Keep.open(settings, create=False) as keep:
        found = keep.state.findings(
            tenant=settings.tenant,
            status=None if status == "all" else status,
            at_least=Severity(severity),
            rule=rule,
            asset=Asset.parse(asset) if asset else None,
            limit=limit + 1,
        )
    print_findings(found[:limit], form)
    if len(found) > limit:
        click.echo(f"there are more than {limit:,}; narrow the list or raise --limit", err=True)
    if any(known.status == "open" for known in found):
        return FOUND
    return COULD_NOT_LOOK if len(found) > limit else 0


@command.command("show", epilog="\b\nExample:\n  bartizan findings show 3f2a91c0")
@click.argument("fingerprint")
@data_option
@format_option()
def show(settings: "Settings", fingerprint: str, form: str) -> int:
    """Show one finding with all that is known. Exit code 1 if it is open."""
    from bartizan.runner.keep import Keep

    with Keep.open(settings, create=False) as keep:
        known = named(keep.state, fingerprint, settings.tenant)
    if form == "json":
        as_json(known)
    else:
        for label, value in details(known):
            click.echo(f"{label:<12}{safe(value)}")
    return FOUND if known.status == "open" else 0


@command.command(
    "accept", epilog='\b\nExample:\n  bartizan findings accept 3f2a91c0 --reason "sandboxed" --until 2027-06-30'
)
@click.argument("fingerprint")
@data_option
@click.option("--reason", required=True, help="Why the risk can be carried.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day (UTC) on which it ends.")
def accept_finding(settings: "Settings", fingerprint: str, reason: str, until: datetime) -> None:
    """Accept the risk of a finding until a day. Opens a case; on that day the finding is open again."""
    from bartizan.kernel import UsageError
    from bartizan.runner.keep import Keep
    from bartizan.state import accept

    if until.replace(tzinfo=UTC) <= datetime.now(UTC):
        raise UsageError(f"{until:%Y-%m-%d} has begun already", todo="Name a later day (UTC) with --until")
    with Keep.open(settings, create=False) as keep:
        known = named(keep.state, fingerprint, settings.tenant)
        stamp = person(settings.tenant)
        accept(keep.state, stamp, known.fingerprint, reason=reason, until=until.replace(tzinfo=UTC))
    click.echo(f"{known.fingerprint[:SHORT]} is accepted until {until:%Y-%m-%d}; bartizan cases shows its case")


@command.command("baseline", epilog="\b\nExample:\n  bartizan findings baseline model:churn")
@click.argument("asset", metavar="KIND:NAME")
@data_option
@click.option("--reason", default="", help="What is known about them.")
def baseline_findings(settings: "Settings", asset: str, reason: str) -> None:
    """Mark all open findings of an asset as known, so that only new ones stand out."""
    from bartizan.kernel import Asset, UsageError
    from bartizan.runner.keep import Keep
    from bartizan.state import baseline

    with Keep.open(settings, create=False) as keep:
        known = baseline(keep.state, person(settings.tenant), Asset.parse(asset), reason=reason)
        if not known and keep.state.asset(Asset.parse(asset), tenant=settings.tenant) is None:
            raise UsageError("there is no such asset", where=safe(asset), todo="bartizan assets list shows them all")
    click.echo(f"{counted(len(known), 'finding')} of {safe(asset)} {'is' if len(known) == 1 else 'are'} now known")


@command.command("reopen", epilog="\b\nExample:\n  bartizan findings reopen 3f2a91c0 --reason 'the sandbox is gone'")
@click.argument("fingerprint")
@data_option
@click.option("--reason", default="", help="Why the decision no longer holds.")
def reopen_finding(settings: "Settings", fingerprint: str, reason: str) -> None:
    """Take back what was decided about a finding, and close its case."""
    from bartizan.runner.keep import Keep
    from bartizan.state import reopen

    with Keep.open(settings, create=False) as keep:
        known = named(keep.state, fingerprint, settings.tenant)
        reopen(keep.state, person(settings.tenant), known.fingerprint, reason=reason)
    click.echo(f"{known.fingerprint[:SHORT]} is open again")


def print_findings(found: "Sequence[Known]", form: str) -> None:
    """Prints findings as a table, as JSON or as SARIF."""
    if form == "json":
        as_json(found)
    elif form == "sarif":
        from bartizan import __version__
        from bartizan.cli.sarif import Found, sarif

        listed = [
            Found(
                finding=known.finding,
                asset=known.asset,
                status=known.status,
                reason=known.decision.reason if known.decision else "",
            )
            for known in found
        ]
        as_json(sarif(listed, {}, __version__))
    else:
        columns = ["finding", "severity", "status", "rule", "asset", "place", "message", "seen"]
        table(columns, [_line(known) for known in found], empty="no findings")


def details(known: "Known") -> list[tuple[str, str]]:
    """What a person may want to know of one finding, label by label."""
    finding, decision = known.finding, known.decision
    first, last = f"{known.first_at:%Y-%m-%d %H:%M}", f"{known.last_at:%Y-%m-%d %H:%M}"
    seen = f"once, {first}" if known.count == 1 else f"{known.count:,} times, first {first}, last {last}"
    lines = [
        ("finding", known.fingerprint),
        ("status", known.status),
        ("severity", f"{finding.severity} (confidence {finding.confidence})"),
        ("rule", finding.rule),
        ("asset", known.asset),
        ("place", str(finding.place)),
        ("message", finding.message),
        ("evidence", finding.evidence),
        ("threats", ", ".join(finding.threats)),
        ("fix", finding.fix),
        ("found by", known.control),
        ("seen", seen),
    ]
    if decision:
        until = f" until {decision.until:%Y-%m-%d}" if decision.until else ""
        lines.append(("decision", f"{decision.decided}{until} by {decision.actor or 'nobody named'}"))
        lines += [("reason", decision.reason), ("case", decision.case_id)]
    return [(label, value) for label, value in lines if value]


def named(state: "State", beginning: str, tenant: str) -> "Known":
    """The one finding whose fingerprint begins like this."""
    from bartizan.kernel import UsageError

    found = state.findings_like(beginning, tenant=tenant, limit=2)
    if len(found) != 1:
        what = "more than one finding begins" if found else "no finding begins"
        raise UsageError(f"{what} with this fingerprint", where=safe(beginning), todo="bartizan findings list")
    return found[0]


def person(tenant: str) -> "Stamp":
    """The stamp of whoever sits at this terminal."""
    from bartizan.cli.person import whoami
    from bartizan.kernel import Stamp

    return Stamp(tenant=tenant, actor=whoami())


def _place(known: "Known") -> str:
    """Where in the asset it is; a path that the asset's own name says already is left out."""
    place, asset = known.finding.place, known.asset.partition("@sha256:")[0]
    if place.path and asset.endswith(f":{place.path}"):
        return str(place).removeprefix(place.path).removeprefix("!")
    return str(place)


def _line(known: "Known") -> list[object]:
    finding = known.finding
    return [
        known.fingerprint[:SHORT],
        finding.severity,
        known.status,
        finding.rule,
        known.asset.partition("@sha256:")[0],
        _place(known),
        finding.message,
        f"{known.count:,}x",
    ]
