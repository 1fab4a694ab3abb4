"""`bartizan backup`: ledger, vault, payloads, policy and state in one file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bartizan.cli import show
from bartizan.cli.options import data_option, format_option

if TYPE_CHECKING:
    from bartizan.runner.settings import Settings


@click.command(epilog="\b\nExample:\n  bartizan backup bartizan-2026-11-26.tar.zst")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@data_option
@format_option()
def command(file: Path, settings: "Settings", form: str) -> None:
    """Back up the whole installation into FILE, also while it is running.

    FILE holds the keys of the vault: whoever has it can read every payload and sign for this installation.
    """
    from bartizan.cli.progress import progress
    from bartizan.ledger.backup import backup

    with progress() as tell:
        made = backup(settings.data, file, progress=lambda done, total: tell("backing up", done, total))
    records = sum(made.manifest.heads.values())
    if form == "json":
        answer = {"file": str(made.path), "bytes": made.bytes, "records": records, "with_state": made.with_state}
        show.as_json({**answer, "files": len(made.manifest.files), "heads": made.manifest.heads})
        return
    click.echo(
        f"{records:,} records, {len(made.manifest.files):,} files, {made.bytes:,} bytes in {show.safe(made.path)}"
    )
    if not made.with_state:
        click.echo("no state is in it: `bartizan ledger rebuild` makes it again, or PostgreSQL's own backup holds it")
