"""`bartizan threats`: the catalog as a list, or one threat in full."""

from typing import TYPE_CHECKING, Any

import click

from bartizan.cli import show
from bartizan.cli.options import format_option

if TYPE_CHECKING:
    from bartizan.catalog import Catalog, Threat

PARAGRAPH_COLUMNS = 100
EXAMPLES = """\b
Examples:
  bartizan threats --framework LLM01
  bartizan threats prompt-injection"""


@click.command(epilog=EXAMPLES)
@click.argument("slug", required=False)
@click.option("--stage", help="Only threats that can strike at this stage, such as training.")
@click.option("--asset", "asset_kind", help="Only threats that strike this kind of asset, such as model-file.")
@click.option("--framework", "framework_id", metavar="ID", help="Only threats placed at this id or below it.")
@format_option()
def command(slug: str | None, stage: str | None, asset_kind: str | None, framework_id: str | None, form: str) -> None:
    """Show the threats, and the ids that frameworks give them.

    With a SLUG one threat is shown in full. ID is one of any framework: AML.T0051, LLM01, ASI05, ML02,
    NISTAML.018, "MEASURE 2.7", "Article 15", A.6.2.4, "Clause 9.1".
    """
    from bartizan.catalog import load

    filters = {"stage": stage, "asset_kind": asset_kind, "framework_id": framework_id}
    if slug is not None and any(value is not None for value in filters.values()):
        raise click.UsageError("a SLUG names one threat already; leave out --stage, --asset and --framework")
    catalog = load()
    if slug is not None:
        threat = catalog.threat(slug)
        if form == "json":
            show.as_json(_as_object(threat, catalog))
        else:
            _print_in_full(threat, catalog)
        return
    threats = catalog.threats(**filters)
    if form == "json":
        show.as_json([_as_object(threat, catalog) for threat in threats])
        return
    rows = [(threat.slug, threat.title, ", ".join(threat.stages), ", ".join(threat.assets)) for threat in threats]
    show.table(("threat", "title", "stages", "assets"), rows, empty=_why_empty(catalog, framework_id, asset_kind))


def _as_object(threat: "Threat", catalog: "Catalog") -> dict[str, Any]:
    names = catalog.names
    return {
        "slug": threat.slug,
        "title": threat.title,
        "description": threat.description,
        "stages": threat.stages,
        "assets": threat.assets,
        "maps": {
            framework: [{"id": entry, "name": names[entry]} for entry in ids] for framework, ids in threat.maps.items()
        },
    }


def _print_in_full(threat: "Threat", catalog: "Catalog") -> None:
    click.echo(show.safe(f"{threat.title} ({threat.slug})"))
    click.echo()
    click.echo(click.wrap_text(show.safe(threat.description), PARAGRAPH_COLUMNS))
    click.echo()
    click.echo(f"Strikes at  {', '.join(threat.stages)}")
    click.echo(f"Strikes     {', '.join(threat.assets)}")
    for slug, ids in threat.maps.items():
        framework = catalog.frameworks[slug]
        click.echo()
        click.echo(f"{framework.title} {framework.version}")
        width = max(len(entry) for entry in ids)
        for entry in ids:
            click.echo(f"  {entry:{width}}  {framework.names[entry]}")


def _why_empty(catalog: "Catalog", framework_id: str | None, asset_kind: str | None) -> str:
    """What to say when no threat matches: for a kind that none strikes, those that some do; for an id, our reason."""
    if asset_kind is not None and asset_kind not in catalog.asset_kinds:
        return f"no threat strikes {asset_kind!r}; some strike {', '.join(sorted(catalog.asset_kinds))}"
    if framework_id is not None:
        entry = catalog.full_id(framework_id)
        if entry in catalog.out_of_reach:
            return f"{entry} {catalog.names[entry]} is out of reach: {catalog.out_of_reach[entry]}"
    return "no threat matches"
