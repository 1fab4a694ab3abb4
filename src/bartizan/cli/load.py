"""`bartizan load`: open a model file if that does nothing but make a value, and say what it holds."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click

from bartizan.cli import show
from bartizan.cli.lazy import COULD_NOT_LOOK, FOUND
from bartizan.cli.options import format_option

EXAMPLES = """\b
Examples:
  bartizan load model.pt
  bartizan load model.pkl --trust mylib.models.Net
  bartizan load model.pt --to model.safetensors
"""

MAX_ROWS = 40
MAX_DEPTH = 3


@click.command(epilog=EXAMPLES)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--trust", multiple=True, metavar="NAME", help="A class of your own that the file may name.")
@click.option("--to", type=click.Path(path_type=Path), metavar="FILE", help="Save its tensors as safetensors.")
@format_option()
def command(path: Path, trust: tuple[str, ...], to: Path | None, form: str) -> int:
    """Open a pickle, joblib, numpy, torch or safetensors file that the scanner allows, and say what it holds.

    Exits with 1 if the file is refused, with 3 if the scanner cannot say what it does. Needs the library that made it.
    """
    from bartizan.artifacts.loader import Refused, load

    try:
        value = load(path, trust=trust, map_location="cpu")
    except Refused as refusal:
        click.echo(f"bartizan: {show.safe(refusal)}", err=True)
        return COULD_NOT_LOOK if refusal.report is not None and refusal.report.verdict == "unscanned" else FOUND
    rows = list(islice(_rows("", value, 0), MAX_ROWS + 1))
    if form == "json":
        show.as_json([{"where": where, "type": kind, "shape": shape} for where, kind, shape in rows[:MAX_ROWS]])
    else:
        show.table(["where", "type", "shape or value"], rows[:MAX_ROWS])
        if len(rows) > MAX_ROWS:
            click.echo("... and more")
    if to is not None:
        _save(value, to)
        click.echo(f"saved {show.safe(to)}", err=True)
    return 0


def _rows(where: str, value: Any, depth: int) -> Iterator[tuple[str, str, str]]:
    """A row for the value, and for what it holds."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    yield where or ".", kind, _shape(value)
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _rows(f"{where}/{key}" if where else str(key), inner, depth + 1)
    elif depth < MAX_DEPTH and isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _rows(f"{where}/{index}" if where else str(index), inner, depth + 1)


def _shape(value: Any) -> str:
    if (shape := getattr(value, "shape", None)) is not None:
        return f"{tuple(shape)} {getattr(value, 'dtype', '')}".strip()
    if isinstance(value, Mapping | Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return f"{len(value)} items"
    return repr(value)[:60] if isinstance(value, str | bytes | int | float | bool | None) else ""


def _save(value: Any, to: Path) -> None:
    from bartizan.kernel import MissingExtra, UsageError

    try:
        from safetensors.torch import save_file
    except ImportError:
        raise MissingExtra("torch", "saving safetensors") from None
    tensors = dict(_tensors("", value))
    if not tensors:
        raise UsageError("the file holds no torch tensors to save")
    try:
        save_file(tensors, to)
    except (RuntimeError, OSError) as error:
        raise UsageError(f"the tensors cannot be saved: {' '.join(str(error).split())[:300]}", where=to) from None


def _tensors(where: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The tensors of nested dictionaries and of modules, by dotted names; shared ones are copied."""
    state = value.state_dict() if hasattr(value, "state_dict") else value
    if isinstance(state, Mapping):
        for key, inner in state.items():
            yield from _tensors(f"{where}.{key}" if where else str(key), inner)
    elif hasattr(state, "untyped_storage"):
        yield where or "tensor", state.detach().clone().contiguous()
