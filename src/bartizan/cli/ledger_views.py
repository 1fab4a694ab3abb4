"""`bartizan ledger query` and `bartizan ledger retain`: look at the ledger by SQL, and let its oldest part go."""

import csv
import io
from typing import TYPE_CHECKING, Any

import click

from bartizan.cli import show
from bartizan.cli.lazy import FOUND
from bartizan.cli.options import Finite, data_option, format_option, ledger_folder

if TYPE_CHECKING:
    from bartizan.ledger.query import Table
    from bartizan.runner.settings import Settings

GIB = 1 << 30
QUERY_EXAMPLES = """\b
Examples:
  bartizan ledger query "select kind, count(*) from records group by kind"
  bartizan ledger query 'select "at", rule from records where asset like ?' --value 'model:m%' --format csv
  bartizan ledger query "describe records"
"""
RETAIN_EXAMPLES = """\b
Examples:
  bartizan ledger retain --keep-days 365 --dry-run
  bartizan ledger retain --max-gib 50
"""


@click.command(epilog=QUERY_EXAMPLES)
@click.argument("sql")
@click.option("--value", "values", multiple=True, metavar="TEXT", help="The value of a `?`, in order; repeatable.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="The most rows shown."
)
@click.option("--seconds", type=Finite(0.1, 3600), default=30.0, show_default=True, help="Stop after so long.")
@data_option
@format_option("table", "json", "csv")
def query(sql: str, values: tuple[str, ...], limit: int, seconds: float, settings: "Settings", form: str) -> None:
    """Ask the whole ledger by SQL, up to what is durable now.

    SQL is one SELECT over the view `records`: it reads nothing else and changes nothing. "at" needs double quotes.
    """
    from bartizan.ledger.query import Limits
    from bartizan.ledger.query import query as ask

    found = ask(ledger_folder(settings), sql, values, limits=Limits(rows=limit, seconds=seconds))
    if form == "json":
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
        show.as_json({"columns": found.columns, "rows": rows, "truncated": found.truncated})
        return
    if form == "csv":
        click.echo(_as_csv(found), nl=False)
    else:
        show.table(found.columns, [[_cell(value) for value in row] for row in found.rows], empty="no rows")
    if found.truncated:
        click.echo(
            f"truncated: only the first {len(found.rows):,} rows are shown; raise --limit or select less", err=True
        )


@click.command(epilog=RETAIN_EXAMPLES)
@click.option("--keep-days", type=click.IntRange(0, 36_500), help="Let segments go whose last record is older.")
@click.option("--max-gib", type=Finite(0), help="Let the oldest go while segments take more room.")
@click.option("--with-changes", is_flag=True, help="Let go of changes of state too; it can then not be rebuilt.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@data_option
@format_option()
def retain(
    keep_days: int | None, max_gib: float | None, with_changes: bool, dry_run: bool, settings: "Settings", form: str
) -> int:
    """Let the oldest closed segments go, each with a signed statement of what it held.

    Without --keep-days and --max-gib the settings ledger.retain_days and ledger.retain_gib hold. Exit code 1 says that
    a limit asked for more than could go.
    """
    from datetime import timedelta

    from bartizan.cli.person import whoami
    from bartizan.kernel import Stamp
    from bartizan.ledger import Ledger, Vault
    from bartizan.ledger.retain import Rule
    from bartizan.ledger.retain import retain as let_go

    days, gib = keep_days, max_gib
    if days is None and gib is None:
        days, gib = settings.ledger.retain_days or None, settings.ledger.retain_gib or None
    folder = ledger_folder(settings)
    rule = Rule(
        keep=None if days is None else timedelta(days=days),
        max_bytes=None if gib is None else int(gib * GIB),
        with_changes=with_changes,
    )
    with Ledger(folder, Vault.open(settings.data / "vault", create=False)) as ledger:
        done = let_go(ledger, rule, stamp=Stamp(tenant=settings.tenant, actor=whoami()), dry_run=dry_run)
    events = [gone.event().data for gone in done.gone]
    if form == "json":
        show.as_json({"gone": events, "stayed": done.stayed, "dry_run": dry_run})
    else:
        columns = ("slot", "first", "last", "bytes", "digest")
        show.table(columns, [[event[name] for name in columns] for event in events], empty="nothing to let go")
        for line in done.stayed:
            click.echo(show.safe(line))
        if events and not dry_run:
            click.echo(f"{len(events):,} segments gone, {done.freed_bytes:,} bytes freed")
    return FOUND if done.stayed else 0


def _as_csv(found: "Table") -> str:
    """The table as CSV, with control characters as escapes, and a quote before what a spreadsheet would run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_csv_cell(name) for name in found.columns])
    writer.writerows([_csv_cell(value) for value in row] for row in found.rows)
    return text.getvalue()


def _csv_cell(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    shown = show.safe(_cell(value))
    return f"'{shown}" if shown[:1] in set("=+-@") else shown


def _cell(value: Any) -> object:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        import msgspec

        return msgspec.json.encode(value).decode()
    return value
