"""`bartizan assets`: what there is to protect, and what was made from what."""

from typing import TYPE_CHECKING, Any

import click

from bartizan.cli.default import ListGroup
from bartizan.cli.options import data_option, format_option
from bartizan.cli.show import as_json, safe, table

if TYPE_CHECKING:
    from bartizan.kernel import Asset
    from bartizan.runner.settings import Settings
    from bartizan.state import AssetRow, State, Step

EXAMPLES = """\b
Examples:
  bartizan assets
  bartizan assets list --kind model
  bartizan assets show model:churn
"""


@click.group(cls=ListGroup, epilog=EXAMPLES)
def command() -> None:
    """List the assets, and show one with its lineage.

    Without a verb it lists them, and takes the options of `list`.
    """


@command.command("list", epilog="\b\nExample:\n  bartizan assets list --kind model")
@data_option
@click.option("--kind", help="Only of this kind, such as model or dataset.")
@format_option()
def list_assets(settings: "Settings", kind: str | None, form: str) -> None:
    """List the assets that were registered or met."""
    from bartizan.runner.keep import Keep

    with Keep.open(settings, create=False) as keep:
        rows = keep.state.assets(tenant=settings.tenant, kind=kind)
    if form == "json":
        as_json(rows)
    else:
        table(["asset", "content", "owner", "last looked at"], [_line(row) for row in rows], empty="no assets")


@command.command("show", epilog="\b\nExample:\n  bartizan assets show model:churn --format json")
@click.argument("asset", metavar="KIND:NAME")
@data_option
@format_option()
def show(settings: "Settings", asset: str, form: str) -> None:
    """Show one asset: its content, owner and findings, what it was made from, and what was made from it."""
    from bartizan.kernel import Asset
    from bartizan.runner.keep import Keep

    with Keep.open(settings, create=False) as keep:
        portrait = portrait_of(keep.state, Asset.parse(asset), settings.tenant)
    if form == "json":
        as_json(portrait)
        return
    row: AssetRow | None = portrait["asset"]
    click.echo(safe(asset))
    if row:
        click.echo(safe(f"  content    {row.digest or 'not known'}"))
        click.echo(safe(f"  owner      {row.owner or 'nobody'}"))
        for name, value in row.attributes.items():
            click.echo(safe(f"  {name:<10} {value}"))
    counts = ", ".join(f"{count:,} {status}" for status, count in portrait["findings"].items())
    click.echo(f"  findings   {counts or 'none'}")
    for title, steps in (("made from", portrait["ancestors"]), ("used for", portrait["descendants"])):
        if steps:
            click.echo(f"\n{title}:")
            for line in tree(steps, up=title == "made from"):
                click.echo(f"  {safe(line)}")


def portrait_of(state: "State", asset: "Asset", tenant: str) -> dict[str, Any]:
    """All that the state knows of one asset; an asset that it never heard of is refused."""
    from collections import Counter

    from bartizan.kernel import UsageError
    from bartizan.state import ancestors, descendants

    row = state.asset(asset, tenant=tenant)
    up, down = ancestors(state, asset, tenant=tenant), descendants(state, asset, tenant=tenant)
    if row is None and not up and not down:
        raise UsageError("there is no such asset", where=safe(asset), todo="bartizan assets list shows them all")
    findings = Counter(known.status for known in state.findings(tenant=tenant, asset=asset))
    return {"asset": row, "findings": dict(sorted(findings.items())), "ancestors": up, "descendants": down}


def tree(steps: "list[Step]", *, up: bool) -> list[str]:
    """One line per edge, indented by its distance, each under the thing it leads on from."""
    below: dict[str, list[Step]] = {}
    for step in steps:
        below.setdefault(step.link.child_thing if up else step.link.parent_thing, []).append(step)
    lines: list[str] = []
    first = steps[0].link.child_thing if up else steps[0].link.parent_thing
    stack = list(reversed(below.pop(first)))
    while stack:
        step = stack.pop()
        link = step.link
        lines.append(f"{'  ' * (step.distance - 1)}{link.parent if up else link.child} ({link.relation})")
        # A thing that is reached twice is spelled out once.
        stack.extend(reversed(below.pop(link.parent_thing if up else link.child_thing, [])))
    return lines


def _line(row: "AssetRow") -> list[object]:
    seen = f"{row.last_at:%Y-%m-%d %H:%M}" if row.last_at else "never"
    return [row.thing, row.digest[:19], row.owner, seen]
