"""What the command line prints: tables for people, JSON for machines, and never a raw control character."""

import sys
from collections.abc import Iterable, Sequence

import click
import msgspec

from bartizan.text import visible as safe

__all__ = ["as_json", "safe", "table"]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "nothing to show") -> None:
    """A table that a person can read; `empty` is said when it has no rows."""
    listed = [[safe(cell) for cell in row] for row in rows]
    if not listed:
        click.echo(empty)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(*columns, box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for row in listed:
        grid.add_row(*(Text(cell) for cell in row))
    width = None if sys.stdout.isatty() else 160
    Console(width=width, highlight=False, emoji=False, markup=False).print(grid)


def as_json(value: object) -> None:
    """The value as JSON on stdout, indented, keys in the order of their definition."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
