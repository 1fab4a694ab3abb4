"""What the command line prints: tables for people, JSON for machines, and never a raw control character."""

import re
import sys
from collections.abc import Iterable, Sequence
from io import StringIO

import click
import msgspec

from bartizan.kernel.unseen import unseen
from bartizan.text import visible as safe

__all__ = ["as_json", "as_json_line", "counted", "in_json", "safe", "table"]

MAX_COLUMNS = 4_096
"""One huge cell would pad every row to its width."""
SUSPECT = re.compile(r"[^ -~\n]")
"""All but what ASCII prints; looking closer at each character of a large answer would be slow."""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "nothing to show") -> None:
    """A table that a person can read; `empty` is said when it has no rows."""
    listed = [[safe(cell) for cell in row] for row in rows]
    if not listed:
        click.echo(empty)
        return
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    names = [safe(name) for name in columns]
    for name in names:
        grid.add_column(Text(name), overflow="fold")
    for row in listed:
        grid.add_row(*(Text(cell) for cell in row))
    if sys.stdout.isatty():
        Console(highlight=False, emoji=False, markup=False).print(grid)
        return
    # Whoever reads a pipe or a file wants one line for each row.
    widest = sum(max(map(cell_len, column)) + 2 for column in zip(names, *listed, strict=True))
    whole = StringIO()
    Console(
        file=whole, width=min(widest, MAX_COLUMNS), highlight=False, emoji=False, markup=False, color_system=None
    ).print(grid)
    click.echo("\n".join(line.rstrip() for line in whole.getvalue().splitlines()))


def counted(number: int, noun: str) -> str:
    """`1 file`, `1,000 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def as_json(value: object) -> None:
    """The value as JSON on stdout, indented, keys in the order of their definition."""
    click.echo(in_json(msgspec.json.format(msgspec.json.encode(value), indent=2)))


def as_json_line(value: object) -> None:
    """The value as JSON on one line of stdout."""
    click.echo(in_json(msgspec.json.encode(value)))


def in_json(content: bytes) -> str:
    """The JSON with what a reader would not see, or a terminal would obey, as escapes: it means the same."""
    return SUSPECT.sub(lambda found: _escaped(found[0]) if unseen(found[0]) else found[0], content.decode())


def _escaped(char: str) -> str:
    """The character as JSON escapes it: beyond 16 bits as two halves."""
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
