"""`bartizan doctor`: what is installed, reachable and missing, and how to get it."""

from typing import TYPE_CHECKING

import click

from bartizan.cli.lazy import FOUND
from bartizan.cli.options import data_option, format_option
from bartizan.cli.show import as_json, table

if TYPE_CHECKING:
    from bartizan.runner.settings import Settings

EXAMPLES = """\b
Examples:
  bartizan doctor
  bartizan doctor --format json
"""


@click.command(epilog=EXAMPLES)
@data_option
@format_option()
def command(settings: "Settings", form: str) -> int:
    """Say what is installed, reachable and missing, and how to get it.

    Looks only: nothing is made or changed. Exit code 1 if something is bad; what is merely absent is no fault, and what
    would take long to look at is `unknown`, with the command that looks.
    """
    from bartizan.cli.checkup import checkup

    checks = list(checkup(settings))
    bad = sum(check.standing == "bad" for check in checks)
    if form == "json":
        as_json({"sound": not bad, "checks": checks})
    else:
        table(["check", "", "what was seen", "what to do"], [(c.name, c.standing, c.said, c.todo) for c in checks])
        unknown = sum(check.standing == "unknown" for check in checks)
        said = f"{bad} of {len(checks)} {'is' if bad == 1 else 'are'} bad." if bad else "Nothing is bad."
        click.echo(f"\n{said}" + (f" {unknown} not looked at." if unknown else ""))
    return FOUND if bad else 0
