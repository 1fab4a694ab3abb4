"""`bartizan policy`: check, test, replay, show and put the rules of who may do what."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bartizan.cli import show
from bartizan.cli.lazy import COULD_NOT_LOOK, FOUND
from bartizan.cli.options import data_option, format_option, ledger_folder
from bartizan.kernel import Policy, Severity, Stamp, UsageError

if TYPE_CHECKING:
    from bartizan.policy.replay import Change, Unreadable
    from bartizan.runner.settings import Settings
    from bartizan.state import PolicyRow

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Check, test, replay, show and activate the rules of who may do what.

    \b
    Example:
      bartizan policy show > rules.cedar
      bartizan policy check rules.cedar
      bartizan policy replay rules.cedar
      bartizan policy put rules.cedar
    """


@command.command()
@click.argument("file", type=FILE)
@click.option(
    "--bar",
    type=click.Choice([str(severity) for severity in Severity]),
    default=str(Severity.MEDIUM),
    show_default=True,
    help="Exit with 1 from this severity on.",
)
@format_option()
def check(file: Path, bar: str, form: str) -> int:
    """Check the syntax and the types of FILE, and warn of rules that are unscoped, shadowed or never fire.

    \b
    Example:
      bartizan policy check rules.cedar --bar low
    """
    from bartizan.policy.check import inspect

    findings = inspect(_read(file))
    if form == "json":
        show.as_json(findings)
    else:
        rows = [(str(one.place), one.severity, one.rule, one.message, one.fix) for one in findings]
        show.table(["where", "severity", "rule", "what", "what to do"], rows, empty=f"{file} is sound")
    return FOUND if any(finding.severity.at_least(Severity(bar)) for finding in findings) else 0


@command.command()
@click.argument("file", type=FILE)
@click.argument("cases", type=FILE)
@format_option()
def test(file: Path, cases: Path, form: str) -> int:
    """Decide the requests in CASES by the rules in FILE, and compare with what they expect.

    \b
    Example:
      bartizan policy test rules.cedar cases.toml
    where cases.toml holds, as often as needed:
      [[case]]
      name = "an analyst reads findings"
      principal = "person:ada"
      roles = ["analyst"]
      action = "read"
      resource = "model:llama"
      context = { what = "findings" }
      expect = "allow"
    """
    from bartizan.policy import Engine
    from bartizan.policy.cases import judge, read

    engine = Engine(_read(file))
    outcomes = [judge(engine, case) for case in read(_bytes(cases), source=str(cases))]
    failed = sum(not outcome.passed for outcome in outcomes)
    if form == "json":
        show.as_json(outcomes)
    else:
        rows = [
            (
                "passed" if one.passed else "FAILED",
                one.case,
                one.expected,
                "allow" if one.decision.allowed else "deny",
                ", ".join(one.decision.errors or one.decision.rules),
            )
            for one in outcomes
        ]
        show.table(["case", "name", "expected", "decided", "because"], rows)
        click.echo(f"{len(outcomes) - failed} of {len(outcomes)} cases passed")
    return FOUND if failed else 0


@command.command()
@click.argument("newset", type=FILE)
@data_option
@format_option()
def replay(newset: Path, settings: "Settings", form: str) -> int:
    """Decide every decision in the ledger again, by the rules in NEWSET, and list those that change.

    Exits with 1 if any changes, and with 3 if a recorded decision cannot be made again.

    \b
    Example:
      bartizan policy replay rules.cedar
    """
    from bartizan.ledger import read
    from bartizan.policy.replay import Change, Unreadable
    from bartizan.policy.replay import replay as decide_again

    folder = ledger_folder(settings)
    changes: list[Change] = []
    unreadable: list[Unreadable] = []
    unchanged = 0
    for answer in decide_again(_read(newset), (record for _, record in read(folder))):
        if isinstance(answer, Change):
            changes.append(answer)
        elif isinstance(answer, Unreadable):
            unreadable.append(answer)
        else:
            unchanged += 1
    if form == "json":
        show.as_json({"unchanged": unchanged, "changed": changes, "unreadable": unreadable})
    else:
        _show_replay(unchanged, changes, unreadable)
    return COULD_NOT_LOOK if unreadable else FOUND if changes else 0


@command.command("show")
@data_option
@click.option("--schema", is_flag=True, help="Show the schema that rules are validated against.")
@click.option("--history", is_flag=True, help="List the versions that were ever put.")
@format_option()
def show_policy(settings: "Settings", schema: bool, history: bool, form: str) -> None:
    """Show the active rules.

    \b
    Example:
      bartizan policy show > rules.cedar
      bartizan policy show --history
    """
    if schema:
        from bartizan.policy.cedar import schema as parsed_schema

        click.echo(str(parsed_schema()))
        return
    active, versions = _active(settings)
    if history:
        rows = [
            {"rev": one.rev, "at": one.at, "actor": one.actor, "source": one.source, "digest": one.digest}
            for one in versions
        ]
        if form == "json":
            show.as_json(rows)
        else:
            empty = "none was ever put: the built-in rules decide"
            lines = [(one.rev, f"{one.at:%Y-%m-%d %H:%M}", one.actor, one.source, one.digest) for one in versions]
            show.table(["rev", "at", "actor", "source", "digest"], lines, empty=empty)
    elif form == "json":
        show.as_json({"source": active.source, "digest": active.digest, "text": active.text})
    elif sys.stdout.isatty():
        click.echo("\n".join(show.safe(line.expandtabs()) for line in active.text.splitlines()))
    else:
        click.echo(active.text, nl=False)


@command.command()
@click.argument("file", type=FILE)
@data_option
def put(file: Path, settings: "Settings") -> None:
    """Make the rules in FILE the active ones, if they are sound enough to decide by.

    \b
    Example:
      bartizan policy put rules.cedar
    """
    from bartizan.cli.person import whoami
    from bartizan.policy.rules import parsed
    from bartizan.runner.keep import Keep
    from bartizan.state import PolicyPut

    policy = _read(file)
    rules = parsed(policy)
    event = PolicyPut(digest=policy.digest, text=policy.text, source=policy.source).event()
    with Keep.open(settings) as keep:
        [record] = keep.state.change(Stamp(tenant=settings.tenant, actor=whoami()), event)
    click.echo(f"{len(rules)} rules are active from now on: revision {record.rev}, {policy.digest}")


def _active(settings: "Settings") -> "tuple[Policy, list[PolicyRow]]":
    """The rules that decide, and all that were ever put; where there is no installation, the built-in ones decide."""
    from bartizan.policy import default
    from bartizan.runner.keep import Keep

    if not (settings.data / "vault").is_dir():
        return default(), []
    with Keep.open(settings, create=False) as keep:
        return keep.policy.policy, keep.state.policies(tenant=settings.tenant)


def _read(file: Path) -> Policy:
    """The policy in a file; the reason it is none, in one line, where it is not text."""
    try:
        return Policy(_bytes(file).decode(), str(file))
    except UnicodeDecodeError as error:
        raise UsageError(f"this is no text: byte {error.start} is not UTF-8", where=file) from None


def _bytes(file: Path) -> bytes:
    """At most one byte more than any limit allows, so that a huge file costs no memory."""
    from bartizan.policy.cases import MAX_BYTES

    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=file) from None


def _show_replay(unchanged: int, changes: "list[Change]", unreadable: "list[Unreadable]") -> None:
    rows = [
        (
            one.record,
            str(one.request.principal),
            one.request.action,
            str(one.request.resource.asset),
            "deny -> allow" if one.after.allowed else "allow -> deny",
            ", ".join(one.after.errors or one.after.rules) or "no rule permits it",
        )
        for one in changes
    ]
    show.table(["record", "who", "action", "what", "change", "because"], rows, empty="no decision changes")
    for one in unreadable:
        click.echo(show.safe(f"cannot be made again: {one.record}: {one.reason}"), err=True)
    total = unchanged + len(changes) + len(unreadable)
    click.echo(f"{total} recorded decisions: {len(changes)} change, {len(unreadable)} cannot be made again")
