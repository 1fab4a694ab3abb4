"""`bartizan ledger rebuild`: the state made again from the ledger alone."""

from typing import TYPE_CHECKING

import click

from bartizan.cli.lazy import FOUND
from bartizan.cli.options import data_option, format_option, ledger_folder
from bartizan.cli.show import as_json, safe

if TYPE_CHECKING:
    from bartizan.runner.settings import Settings


@click.command(epilog="\b\nExample:\n  bartizan ledger rebuild")
@data_option
@format_option()
def rebuild(settings: "Settings", form: str) -> int:
    """Make the state again from the ledger alone: keys, assets, findings, cases and policies.

    What the ledger holds wins. Changes without a valid seal are left out and recorded as findings, with exit code 1.
    """
    from bartizan.ledger import Ledger, Vault
    from bartizan.state import State

    folder = ledger_folder(settings)
    vault = Vault.open(settings.data / "vault", create=False)
    with (
        Ledger(folder, vault) as ledger,
        State.open(settings.state_url, ledger=ledger, vault=vault, rebuild=True) as state,
    ):
        replay = state.opening
    if form == "json":
        as_json(replay)
    else:
        click.echo(
            f"{replay.records:,} records read: {replay.changes:,} changes, the last one number {replay.rev:,}, "
            f"and {replay.facts:,} facts"
        )
        for finding in replay.refused:
            click.echo(safe(f"refused {finding.place}: {finding.message}"))
    return FOUND if replay.refused else 0


command = rebuild
