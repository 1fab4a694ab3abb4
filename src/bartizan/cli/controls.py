"""`bartizan controls`: which controls there are, and whether each still does its work."""

import click

from bartizan.cli import show
from bartizan.cli.default import ListGroup
from bartizan.cli.lazy import COULD_NOT_LOOK
from bartizan.cli.options import format_option
from bartizan.kernel import Registry
from bartizan.runner import Trial, exercise


@click.group(cls=ListGroup)
def command() -> None:
    """List the controls, and test each on its canary and its quiet twin.

    Without a verb it lists them.

    \b
    Example:
      bartizan controls list
      bartizan controls test runner.canary
    """


@command.command("list")
@format_option()
def list_controls(form: str) -> int:
    """Show every installed control: what it looks at and which threats it counters.

    Exits with 3 if the controls of a package cannot be loaded.
    """
    registry = Registry()
    rows = [
        {"id": one.id, "on": one.on.__name__, "counters": list(one.counters), "title": one.title} for one in registry
    ]
    unloadable = [{"entry": one.entry, "reason": one.reason} for one in registry.unloadable]
    if form == "json":
        show.as_json({"controls": rows, "unloadable": unloadable})
    else:
        show.table(
            ["control", "looks at", "counters", "what it does"],
            [[row["id"], row["on"], ", ".join(row["counters"]), row["title"]] for row in rows],
        )
        for one in unloadable:
            click.echo(show.safe(f"not loadable: {one['entry']}: {one['reason']}"), err=True)
    return COULD_NOT_LOOK if unloadable else 0


@command.command("test")
@click.argument("ids", nargs=-1, metavar="[CONTROL]...")
@format_option()
def test_controls(ids: tuple[str, ...], form: str) -> int:
    """Run controls (all, or the named ones) on their canaries and quiet twins.

    Exits with 1 if a control misses its canary, alarms on its quiet twin or cannot be loaded.
    """
    registry = Registry()
    trials = [exercise(one) for one in (map(registry.get, ids) if ids else registry)]
    unloadable = [Trial(one.entry, False, False, one.reason) for one in registry.unloadable]
    trials += unloadable
    if form == "json":
        show.as_json(
            [
                {
                    "control": t.control,
                    "sound": t.sound,
                    "caught": t.caught,
                    "left_alone": t.left_alone,
                    "error": t.error,
                }
                for t in trials
            ]
        )
    else:
        show.table(
            ["control", "canary", "quiet twin", "verdict"],
            [_row(trial) for trial in trials],
            empty="no controls are installed",
        )
    return 0 if all(trial.sound for trial in trials) else 1


def _row(trial: Trial) -> list[str]:
    if trial.error:
        return [trial.control, "-", "-", f"broken: {trial.error}"]
    caught = "caught" if trial.caught else "MISSED"
    left_alone = "left alone" if trial.left_alone else "ALARMED"
    return [trial.control, caught, left_alone, "sound" if trial.sound else "broken"]
