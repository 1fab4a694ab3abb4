"""Progress on long work: a bar on a terminal, nothing anywhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from bartizan.kernel.control import no_progress

Tell: TypeAlias = Callable[[str, int, int | None], None]


@contextmanager
def progress() -> Iterator[Tell]:
    """Gives the function that a `Context` takes as `progress`; what it is told appears as one bar per task.

    The bars are on stderr, so that stdout can be piped, and vanish when the work is done.
    """
    if not sys.stderr.isatty():
        yield no_progress
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from bartizan.cli.show import safe

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, int] = {}

        def tell(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(escape(safe(what)), total=total)
            bars.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]  # rich's own int type

        yield tell
