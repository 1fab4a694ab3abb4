"""The table of verbs, and the group that imports a verb's module only when it is called."""

import errno
import os
import sys
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

FOUND, WRONG_USAGE, COULD_NOT_LOOK = 1, 2, 3
INTERRUPTED, BROKEN_PIPE = 130, 141
OUTPUT_LOST = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG}
SHOW_TRACEBACK = "BARTIZAN_TRACEBACK"

# Verb -> its one-line help. The verb `x-y` lives in `bartizan.cli.x_y` as the click command `command`.
VERBS = {
    "up": "Start everything on this machine, with a web page to look at it.",
    "doctor": "Say what is installed, reachable and missing, and how to get it.",
    "config": "Show, explain and check the settings.",
    "completion": "Print the script that completes verbs and options in your shell.",
    "scan": "Say what model files would do when they are opened.",
    "load": "Open a model file if that does nothing but make a value.",
    "bom": "List what a model consists of, as CycloneDX or SPDX.",
    "sign": "Sign a model's files, and what a scan found in them.",
    "verify": "Verify that a model is what somebody you trust signed.",
    "guard": "Judge prompts, documents, tool calls and answers, and find secrets and personal data in them.",
    "admit": "Say whether a model may be loaded or deployed, in CI, in Kubernetes and before MLflow.",
    "assets": "List the assets, and show one with its lineage.",
    "findings": "List findings, accept one for a while, or mark those of an asset as known.",
    "cases": "List the cases that people work on, show one, or close it.",
    "controls": "List the controls, and test each on its canary and its quiet twin.",
    "ledger": "Verify the one log, prove what it holds, query it, and look after its keys.",
    "policy": "Check, test, replay, show and activate the rules of who may do what.",
    "keys": "Issue, list, revoke and rotate API keys.",
    "threats": "Show the threats, and the ids that frameworks give them.",
    "backup": "Back up ledger, vault, payloads, policy and state into one file.",
    "restore": "Put a backup back into an empty folder, and verify it.",
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            raise click.UsageError(_no_verb(args[0]), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """The verbs that begin so, from the table: click would import each of them for its help."""
        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        from click.shell_completion import CompletionItem

        return [CompletionItem(verb, help=VERBS[verb]) for verb in VERBS if verb.startswith(incomplete)]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", metavar="FILE", help="Read the settings from this file [default: ./bartizan.toml].")
@click.version_option(package_name="bartizan", message="bartizan %(version)s")
def bartizan(config: str | None) -> None:
    """Protects AI systems through their whole life, and uses AI to protect everything else.

    \b
    Start with:
      bartizan up        everything on this machine, in ./.bartizan
      bartizan doctor    what is there, and what is missing
    """


def program() -> int:
    """Run the command line; the exit code."""
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:
        return _hang_up()
    except OSError as error:
        return _cut_short(error)
    return code


def _run() -> int:
    try:
        code = bartizan(prog_name="bartizan", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        from bartizan.text import visible

        said = StringIO()
        error.show(said)
        click.echo(visible(said.getvalue(), keep="\n"), nl=False, err=True)
        return WRONG_USAGE
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in OUTPUT_LOST and error.filename is None:
            raise
        return tell(error)
    except Exception as error:
        return tell(error)
    return code if isinstance(code, int) else 0


def tell(error: Exception, who: str = "bartizan") -> int:
    """Say in one line on stderr what went wrong; the exit code."""
    # Only here: the kernel takes longer than --help may.
    from bartizan.kernel.errors import BartizanError, UsageError
    from bartizan.text import visible

    if isinstance(error, BartizanError):
        click.echo(visible(f"{who}: {error}"), err=True)
        return WRONG_USAGE if isinstance(error, UsageError) else COULD_NOT_LOOK
    if os.environ.get(SHOW_TRACEBACK):
        raise error
    # A fault of ours. Its traceback might show secrets, so it is printed only where that was asked for.
    fault = " ".join(f"{type(error).__name__}: {error}".split())
    click.echo(visible(f"{who}: a fault of Bartizan's own, {fault}. {SHOW_TRACEBACK}=1 shows where."), err=True)
    return COULD_NOT_LOOK


def _cut_short(error: OSError) -> int:
    """What we print cannot be kept, as on a full disk: whoever reads it must not take it for whole."""
    _hang_up()
    click.echo(f"bartizan: the output cannot be written: {error.strerror}", err=True)
    return COULD_NOT_LOOK


def _hang_up() -> int:
    """Nobody reads our output any more, as under `| head`: say nothing, and keep the interpreter from saying it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _no_verb(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, VERBS, n=1, cutoff=0.5)
    return f"There is no verb {name!r}." + (f" Did you mean {near[0]!r}?" if near else "")
