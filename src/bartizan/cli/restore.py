"""`bartizan restore`: a backup put back into an empty folder, and proven."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bartizan.cli import show
from bartizan.cli.options import data_option, format_option

if TYPE_CHECKING:
    from bartizan.runner.settings import Settings

MAX_NOTE_BYTES = 1 << 20


@click.command(epilog="\b\nExample:\n  bartizan restore bartizan-2026-11-26.tar.zst --data ./again --against kept.note")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--against", type=click.Path(dir_okay=False, path_type=Path), help="A checkpoint that was kept elsewhere."
)
@data_option
@format_option()
def command(file: Path, against: Path | None, settings: "Settings", form: str) -> None:
    """Put the backup FILE back into an empty folder, and verify its ledger.

    With --against, a backup that is older than the kept checkpoint, or of another ledger, is refused.
    """
    from bartizan.kernel import UsageError
    from bartizan.ledger.restore import restore

    note = None
    if against is not None:
        try:
            with against.open("rb") as kept:
                note = kept.read(MAX_NOTE_BYTES)
        except OSError as error:
            raise UsageError(f"the kept checkpoint cannot be read: {error.strerror}", where=against) from None
    manifest = restore(file, settings.data, against=note)
    records = sum(manifest.heads.values())
    if form == "json":
        show.as_json({"data": str(settings.data), "made": manifest.made, "records": records, "heads": manifest.heads})
        return
    click.echo(
        f"{records:,} records of {show.safe(manifest.made)} restored into {show.safe(settings.data)} and verified"
    )
