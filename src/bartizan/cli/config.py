"""`bartizan config`: what is set, where it came from, and what could be set."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from bartizan.cli.options import config_file, format_option
from bartizan.cli.show import as_json, safe, table

if TYPE_CHECKING:
    from bartizan.runner.settings import Resolved, Setting

EXAMPLES = """\b
Examples:
  bartizan config explain
  bartizan config explain console.port
  bartizan --config /etc/bartizan.toml config check
"""
DATA = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of the installation [default: ./.bartizan].",
)
PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


class Row(msgspec.Struct):
    """One setting, explained."""

    name: str
    type: str
    default: str
    value: str
    origin: str
    env: str
    doc: str


@click.group(epilog=EXAMPLES)
def command() -> None:
    """Show, explain and check the settings.

    They come from one file (--config, $BARTIZAN_CONFIG, or ./bartizan.toml if nobody else can write there), then from
    the environment, then from options.
    """


@command.command(epilog=EXAMPLES)
@click.argument("name", required=False)
@DATA
@format_option()
@click.pass_context
def explain(ctx: click.Context, name: str | None, data: Path | None, form: str) -> None:
    """Say of each setting its type, default, value, where that came from, its variable, and what it does."""
    from bartizan.runner.settings import Setting, catalog, named

    resolved = _resolved(ctx, data)
    known: list[Setting] = [named(name)] if name else catalog()
    rows = [_row(setting, resolved) for setting in known]
    if form == "json":
        as_json(rows)
        return
    for row in rows:
        click.echo(click.style(row.name, bold=True) + f" = {row.value}   ({row.origin})")
        click.echo(f"    {row.doc}")
        click.echo(f"    {row.type}, default {row.default}, variable {row.env}")
    click.echo(_file_line(resolved))


@command.command(epilog=EXAMPLES)
@DATA
@format_option()
@click.pass_context
def show(ctx: click.Context, data: Path | None, form: str) -> None:
    """Show the value of each setting and where it came from."""
    from bartizan.runner.settings import catalog

    resolved = _resolved(ctx, data)
    rows = [_row(setting, resolved) for setting in catalog()]
    if form == "json":
        as_json(
            {"file": str(resolved.file) if resolved.file else None, "settings": {row.name: row.value for row in rows}}
        )
        return
    table(["setting", "value", "from"], [(row.name, row.value, row.origin) for row in rows])
    click.echo(_file_line(resolved))


@command.command(epilog=EXAMPLES)
@DATA
@click.pass_context
def check(ctx: click.Context, data: Path | None) -> None:
    """Say whether the settings can be used; a wrong one is named in one line, with exit code 2."""
    resolved = _resolved(ctx, data)
    click.echo(f"{len(resolved.origins)} settings are set, all of them right. {_file_line(resolved)}")


def _resolved(ctx: click.Context, data: Path | None) -> "Resolved":
    from bartizan.runner.settings import resolve

    return resolve(config_file(ctx), os.environ, data)


def _row(setting: "Setting", resolved: "Resolved") -> Row:
    return Row(
        name=setting.name,
        type=setting.kind,
        default=_said(setting.default),
        value=_said(resolved.value(setting.name)),
        origin=safe(resolved.origins.get(setting.name, "default")),
        env=setting.env,
        doc=setting.doc,
    )


def _said(value: Any) -> str:
    """The value as one writes it, with any password in it masked."""
    if isinstance(value, str | Path):
        return safe(msgspec.json.encode(PASSWORD.sub(r"\1***@", str(value))).decode())
    return str(value)


def _file_line(resolved: "Resolved") -> str:
    return f"Read from {safe(resolved.file)}." if resolved.file else "No settings file was read."
