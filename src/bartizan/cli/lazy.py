"""The table of verbs, and the group that imports a verb's module only when it is called."""

from importlib import import_module

import click

FOUND, WRONG_USAGE, COULD_NOT_LOOK = 1, 2, 3

# Verb -> its one-line help. The verb `x-y` lives in `bartizan.cli.x_y` as the click command `command`.
VERBS = {
    "controls": "List the controls, and test each on its canary and its quiet twin.",
    "threats": "Show the threats, and the ids that frameworks give them.",
}


class LazyGroup(click.Group):
    """A group that knows its verbs by name and help, and imports one when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        command: click.Command = import_module(f"bartizan.cli.{name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="bartizan", message="bartizan %(version)s")
def bartizan() -> None:
    """Protects AI systems through their whole life, and uses AI to protect everything else."""


def program() -> int:
    """Run the command line; the exit code."""
    from bartizan.kernel.errors import BartizanError, UsageError

    try:
        code = bartizan(standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return WRONG_USAGE
    except BartizanError as error:
        click.echo(f"bartizan: {error}", err=True)
        return WRONG_USAGE if isinstance(error, UsageError) else COULD_NOT_LOOK
    return code if isinstance(code, int) else 0
