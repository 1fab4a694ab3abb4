"""The options that verbs share."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from bartizan.runner.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


class Finite(click.FloatRange):
    """A number within bounds. `nan` is within all of them, as click sees it, and bounds nothing."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no amount.", param, ctx)
        return number


def data_option(command: F) -> F:
    """Adds `--data DIR` and hands the command `settings`: those that hold for this call."""
    return click.option(
        "--data",
        "settings",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        callback=_load,
        help="Folder of the installation [default: ./.bartizan].",
    )(command)


def format_option(*formats: str) -> Callable[[F], F]:
    """Adds `--format`; without names it offers `table` and `json`. The first is the default."""
    offered = formats or ("table", "json")
    return click.option(
        "--format", "form", type=click.Choice(offered), default=offered[0], show_default=True, help="How to print it."
    )


def ledger_folder(settings: "Settings") -> Path:
    """Where the ledger of the installation lies; a data folder without one is refused."""
    from bartizan.kernel import UsageError

    folder = settings.data / "ledger"
    if not folder.is_dir():
        todo = "bartizan up makes one; --data names another folder"
        raise UsageError("there is no ledger", where=folder, todo=todo)
    return folder


def config_file(ctx: click.Context) -> Path | None:
    """The file that `bartizan --config` named."""
    named = ctx.find_root().params.get("config")
    return Path(named) if named else None


def _load(ctx: click.Context, _: click.Parameter, value: Path | None) -> "Settings | None":
    from bartizan.runner.settings import Settings

    return None if ctx.resilient_parsing else Settings.load(config_file(ctx), data=value)
