"""What a verb with sub-verbs does when none is named."""

from typing import Any

import click


def run_default(ctx: click.Context, command: click.Command) -> Any:
    """Runs the sub-verb as if it had been named, without arguments; None if another one was named."""
    if ctx.invoked_subcommand is not None:
        return None
    with command.make_context(command.name, [], parent=ctx) as inner:
        return command.invoke(inner)
