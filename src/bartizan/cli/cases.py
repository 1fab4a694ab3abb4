"""`bartizan cases`: incidents, accepted risks and approvals."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bartizan.cli.default import ListGroup
from bartizan.cli.options import data_option, format_option
from bartizan.cli.show import as_json, safe, table

if TYPE_CHECKING:
    from bartizan.runner.settings import Settings
    from bartizan.state import CaseRow, State

EXAMPLES = """\b
Examples:
  bartizan cases
  bartizan cases list --status all
  bartizan cases close case-01a218e2-e668 --reason "a drill"
"""


@click.group(cls=ListGroup, epilog=EXAMPLES)
def command() -> None:
    """List the cases that people work on, show one, or close it.

    Without a verb it lists the open ones, and takes the options of `list`.
    """


@command.command("list", epilog="\b\nExample:\n  bartizan cases list --status all --format json")
@data_option
@click.option("--status", type=click.Choice(["open", "closed", "all"]), default="open", show_default=True)
@format_option()
def list_cases(settings: "Settings", status: str, form: str) -> None:
    """List cases, the latest first."""
    from bartizan.runner.keep import Keep

    with Keep.open(settings, create=False) as keep:
        rows = keep.state.cases(tenant=settings.tenant, status=None if status == "all" else status)
    if form == "json":
        as_json(rows)
    else:
        now = datetime.now(UTC)
        columns = ["case", "kind", "status", "title", "owner", "ends"]
        table(columns, [_line(row, now) for row in rows], empty="no cases")


@command.command("show", epilog="\b\nExample:\n  bartizan cases show case-01a218e2-e668")
@click.argument("case")
@data_option
@format_option()
def show(settings: "Settings", case: str, form: str) -> None:
    """Show one case with its reason and what it is about."""
    from bartizan.runner.keep import Keep

    with Keep.open(settings, create=False) as keep:
        row = named(keep.state, case, settings.tenant)
    if form == "json":
        as_json(row)
        return
    for label, value in details(row):
        click.echo(f"{label:<10}{safe(value)}")


@command.command("close", epilog='\b\nExample:\n  bartizan cases close case-01a218e2-e668 --reason "a drill"')
@click.argument("case")
@data_option
@click.option("--reason", required=True, help="How it ended.")
def close(settings: "Settings", case: str, reason: str) -> None:
    """Close a case. A risk stays accepted until its day or until its finding is reopened."""
    from bartizan.cli.findings import person
    from bartizan.kernel import UsageError
    from bartizan.runner.keep import Keep
    from bartizan.state import CaseClosed

    with Keep.open(settings, create=False) as keep:
        row = named(keep.state, case, settings.tenant)
        if row.status == "closed":
            raise UsageError("the case is closed already", where=case)
        keep.state.change(person(settings.tenant), CaseClosed(case=row.id, reason=reason).event())
    click.echo(f"{row.id} is closed")


def details(row: "CaseRow") -> list[tuple[str, str]]:
    """What a person may want to know of one case, label by label."""
    lines = [
        ("case", row.id),
        ("kind", row.kind),
        ("status", row.status),
        ("title", row.title),
        ("owner", row.owner),
        ("reason", row.reason),
        ("opened", f"{row.opened_at:%Y-%m-%d %H:%M}" if row.opened_at else ""),
        ("ends", f"{row.expires:%Y-%m-%d %H:%M}" if row.expires else ""),
        ("closed", f"{row.closed_at:%Y-%m-%d %H:%M} {row.closed_reason}" if row.closed_at else ""),
        ("about", ", ".join(row.records)),
    ]
    return [(label, value) for label, value in lines if value]


def named(state: "State", beginning: str, tenant: str) -> "CaseRow":
    """The one case whose id begins like this."""
    from bartizan.kernel import UsageError

    if row := state.case(beginning, tenant=tenant):
        return row
    found = [row for row in state.cases(tenant=tenant) if beginning and row.id.startswith(beginning)]
    if len(found) != 1:
        what = "more than one case begins" if found else "there is no such case: no id begins"
        raise UsageError(f"{what} like this", where=safe(beginning), todo="bartizan cases list --status all")
    return found[0]


def _line(row: "CaseRow", now: datetime) -> list[object]:
    ends = f"{row.expires:%Y-%m-%d}" if row.expires else ""
    over = " (over)" if row.expires and row.expires <= now else ""
    return [row.id, row.kind, row.status, row.title, row.owner, ends + over]
