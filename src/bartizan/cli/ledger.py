"""`bartizan ledger`: verify the one log, prove what it holds, watch it, and look after its keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bartizan.cli import show
from bartizan.cli.lazy import FOUND
from bartizan.cli.options import data_option, format_option, ledger_folder

if TYPE_CHECKING:
    from bartizan.kernel import Event, Record
    from bartizan.ledger import Ledger, Position, Verifier
    from bartizan.runner.settings import Settings

# Verbs that live in modules of their own, and their one-line helps.
ELSEWHERE = {
    "query": ("ledger_views", "Ask the whole ledger by SQL."),
    "retain": ("ledger_views", "Let the oldest closed segments go, with a signed statement."),
    "rebuild": ("ledger_rebuild", "Make the state again from the ledger alone."),
}
NOTE_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class LedgerGroup(click.Group):
    """A group that also knows the verbs of other modules, and imports those only when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in ELSEWHERE:
            return super().get_command(ctx, name)
        command: click.Command = getattr(import_module(f"bartizan.cli.{ELSEWHERE[name][0]}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            here = self.commands.get(name)
            rows.append((name, here.get_short_help_str(limit=80) if here else ELSEWHERE[name][1]))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=LedgerGroup)
def command() -> None:
    """Verify the one log, prove what it holds, watch it, and look after its keys.

    \b
    Example:
      bartizan ledger checkpoint > kept.note
      bartizan ledger verify --against kept.note
    """


@command.command()
@click.option("--against", type=NOTE_FILE, help="A checkpoint or top note that was kept elsewhere.")
@click.option("--keys", type=NOTE_FILE, help="Verifier keys, one a line, instead of the vault.")
@data_option
@format_option()
def verify(against: Path | None, keys: Path | None, settings: "Settings", form: str) -> int:
    """Hash every line again, and compare with all that was signed.

    Exits with 1 if anything was changed, dropped or cut off.

    \b
    Example:
      bartizan ledger verify --against kept.note --keys keys.txt
    """
    from bartizan.cli.progress import progress
    from bartizan.ledger import Vault
    from bartizan.ledger import verify as look

    folder = ledger_folder(settings)
    trusted = _read_keys(keys) if keys else Vault.open(settings.data / "vault", create=False)
    kept = against.read_bytes() if against else None
    with progress() as tell:
        outcome = look(folder, trusted, against=kept, progress=lambda done, total: tell("verifying", done, total))
    if form == "json":
        show.as_json({"sound": outcome.sound, "slots": outcome.slots, "faults": outcome.faults})
        return 0 if outcome.sound else FOUND
    columns = ("slot", "records", "signed", "too_new", "torn_bytes")
    show.table(columns, [[getattr(state, name) for name in columns] for state in outcome.slots], empty="no records")
    for fault in outcome.faults:
        click.echo(show.safe(f"fault: {fault.what} ({fault.where})" if fault.where else f"fault: {fault.what}"))
    click.echo("sound" if outcome.sound else show.counted(len(outcome.faults), "fault"))
    return 0 if outcome.sound else FOUND


@command.command()
@click.argument("record", required=False, metavar="[ID|SLOT:INDEX]")
@click.option("--extends", type=NOTE_FILE, help="Prove instead that the slot's tree extends this kept checkpoint.")
@data_option
@format_option("text", "json")
def proof(record: str | None, extends: Path | None, settings: "Settings", form: str) -> None:
    """Prove that a record is under its slot's checkpoint, in the C2SP form tlog-proof.

    \b
    Example:
      bartizan ledger proof 0:17
      bartizan ledger proof --extends kept.checkpoint --format json
    """
    from bartizan.kernel import UsageError
    from bartizan.ledger import LedgerError, Vault
    from bartizan.ledger.errors import NoteError
    from bartizan.ledger.proof import line_at, prove_consistency, prove_inclusion

    if (record is None) == (extends is None):
        raise UsageError("a proof is of one record, or with --extends of one kept checkpoint")
    folder, verifiers = ledger_folder(settings), Vault.open(settings.data / "vault", create=False).verifiers
    if extends is not None:
        try:
            consistency = prove_consistency(folder, extends.read_bytes(), verifiers)
        except NoteError as error:
            todo = "bartizan ledger checkpoint --slot N prints one"
            raise UsageError(f"this is no checkpoint of a slot: {error.what}", where=extends, todo=todo) from None
        if not consistency.proves(verifiers):
            raise LedgerError("the slot does not extend the kept checkpoint", where=extends)
        older, newer = consistency.older.decode(), consistency.checkpoint.decode()
        show.as_json({"older": older, "path": _base64(consistency.path), "checkpoint": newer})
        return
    position = _position(folder, record or "")
    inclusion, line = prove_inclusion(folder, position, verifiers), line_at(folder, position)
    if not inclusion.proves(line, verifiers):
        raise LedgerError("the record is not what was signed", where=record or "", todo="See bartizan ledger verify.")
    if form == "text":
        click.echo(inclusion.text(), nl=False)
        return
    note = inclusion.checkpoint.decode()
    show.as_json({"index": position.index, "line": line.decode(), "path": _base64(inclusion.path), "checkpoint": note})


@command.command()
@click.option("--slot", type=int, help="Print this slot's checkpoint instead of the note over all slots.")
@click.option("--keys", is_flag=True, help="Print the verifier keys instead.")
@data_option
def checkpoint(slot: int | None, keys: bool, settings: "Settings") -> None:
    """Sign every slot that nobody writes to, and print the note over all slots, to be kept elsewhere.

    \b
    Example:
      bartizan ledger checkpoint > kept.note
      bartizan ledger checkpoint --keys > keys.txt
    """
    from bartizan.ledger import Vault
    from bartizan.ledger.checkpoint import TOP_FILE, sign_top
    from bartizan.ledger.proof import latest_checkpoint
    from bartizan.ledger.writer import sign_idle

    folder, vault = ledger_folder(settings), Vault.open(settings.data / "vault", create=False)
    if keys:
        for verifier in vault.verifiers:
            click.echo(verifier.vkey(vault.origin("top")))
        return
    for busy in (number for number, signed in sign_idle(folder, vault).items() if not signed):
        click.echo(f"slot {busy} is being written to: its own writer signs it every few seconds", err=True)
    if slot is not None:
        note = latest_checkpoint(folder, slot, vault.verifiers)[0]
    else:
        sign_top(folder, vault)
        note = (folder / TOP_FILE).read_bytes()
        vault.open_note(note, "top")  # what is kept elsewhere must be ours, whoever can write to the folder
    click.echo(note.decode(), nl=False)


@command.command()
@click.option("--month", required=True, metavar="YYYY-MM", help="The month whose payloads are erased.")
@click.option("--tenant", help="Whose payloads [default: the tenant of the settings].")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def erase(month: str, tenant: str | None, yes: bool, settings: "Settings") -> None:
    """Destroy the key of a tenant's payloads of one month, and with it the payloads. Proofs stay valid.

    \b
    Example:
      bartizan ledger erase --tenant research --month 2026-08
    """
    from bartizan.kernel import Event
    from bartizan.ledger import Payloads

    whose = tenant or settings.tenant
    if not yes:
        click.confirm(f"Erase for ever the payloads of {whose} of {month}?", abort=True)
    with _writing(settings) as ledger:
        if not Payloads(settings.data / "payloads", ledger.vault).erase(whose, month):
            click.echo(f"there are no payloads of {show.safe(whose)} of {month}")
            return
        _tell(ledger, Event("payloads.erased", {"tenant": whose, "month": month}), settings)
    click.echo(f"erased: {show.safe(whose)}, {month}. Backups made before still hold the key.")


@command.command()
@click.option("-n", "count", type=click.IntRange(0, 100_000), default=10, show_default=True, help="How many records.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new records as they come.")
@data_option
@format_option()
def tail(count: int, follow: bool, settings: "Settings", form: str) -> None:
    """Print the latest records of all slots, in the order of their times.

    \b
    Example:
      bartizan ledger tail -n 50
      bartizan ledger tail -f --format json
    """
    import threading

    from bartizan.ledger.read import follow as following
    from bartizan.ledger.read import latest, sizes

    folder = ledger_folder(settings)
    seen = {slot: size - 1 for slot, size in sizes(folder).items()}
    _print_records((record for _, record in latest(folder, count)), form)
    if follow:
        for position, record in following(folder, seen, stop=threading.Event()):
            _print_records([record], form, header=False)
            seen[position.slot] = position.index


@command.command("set-aside")
@click.argument("slot", type=click.IntRange(0))
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def set_aside(slot: int, yes: bool, settings: "Settings") -> None:
    """Keep a slot that was tampered with as evidence, and have writers go on without it.

    Its records leave the log, and `verify` says so from then on.

    \b
    Example:
      bartizan ledger set-aside 0
    """
    from bartizan.kernel import Event
    from bartizan.ledger import Vault
    from bartizan.ledger.writer import set_aside as keep_aside

    if not yes:
        click.confirm(f"Take slot {slot} out of the log for ever?", abort=True)
    aside = keep_aside(ledger_folder(settings), Vault.open(settings.data / "vault", create=False), slot)
    with _writing(settings) as ledger:
        _tell(ledger, Event("ledger.slot-set-aside", {"slot": slot}), settings)
    click.echo(f"kept as {aside}")


@command.command("rotate-signing")
@data_option
def rotate_signing(settings: "Settings") -> None:
    """Retire the signing key and make a new one; notes under the old key stay valid.

    \b
    Example:
      bartizan ledger rotate-signing && bartizan ledger checkpoint --keys
    """
    from bartizan.kernel import Event

    with _writing(settings) as ledger:
        fresh = ledger.vault.rotate_signing().vkey(ledger.vault.origin("top"))
        _tell(ledger, Event("vault.signing-rotated", {"key": fresh}), settings)
    click.echo(fresh)


@command.command("rotate-root")
@data_option
def rotate_root(settings: "Settings") -> None:
    """Make a new root key, and seal everything in the vault again under it.

    \b
    Example:
      bartizan ledger rotate-root
    """
    from bartizan.kernel import Event

    with _writing(settings) as ledger:
        ledger.vault.rotate_root()
        _tell(ledger, Event("vault.root-rotated"), settings)
    click.echo("the root key was rotated; back up root.key again")


@contextmanager
def _writing(settings: "Settings") -> "Iterator[Ledger]":
    from bartizan.ledger import Ledger, Vault

    folder = ledger_folder(settings)
    with Ledger(folder, Vault.open(settings.data / "vault", create=False)) as ledger:
        yield ledger


def _tell(ledger: "Ledger", event: "Event", settings: "Settings") -> None:
    from bartizan.cli.person import whoami
    from bartizan.kernel import Stamp

    ledger.append([Stamp(tenant=settings.tenant, actor=whoami())(event)])


def _read_keys(path: Path) -> "list[Verifier]":
    from bartizan.kernel import UsageError
    from bartizan.ledger import LedgerError, Verifier

    try:
        return [Verifier.parse(line) for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]
    except LedgerError as error:
        todo = "bartizan ledger checkpoint --keys prints such a file"
        raise UsageError(f"this is no file of keys: {error.what}", where=path, todo=todo) from None


def _position(folder: Path, record: str) -> "Position":
    from bartizan.kernel import UsageError
    from bartizan.ledger import Position
    from bartizan.ledger.proof import find

    slot, colon, index = record.partition(":")
    if colon and slot.isdecimal() and index.isdecimal():
        return Position(int(slot), int(index))
    found = find(folder, record)
    if found is None:
        raise UsageError("no slot holds a record with this id", where=record[:80])
    return found


def _base64(path: "tuple[bytes, ...]") -> list[str]:
    from base64 import b64encode

    return [b64encode(step).decode() for step in path]


def _print_records(records: "Iterator[Record] | list[Record]", form: str, *, header: bool = True) -> None:
    if form == "json":
        for record in records:
            show.as_json_line(record)
        return
    rows = [_row(record) for record in records]
    if header:
        show.table(["at", "kind", "asset", "control", "says"], rows, empty="no records")
    else:
        for row in rows:
            click.echo("  ".join(show.safe(cell) for cell in row if cell))


def _row(record: "Record") -> list[str]:
    from bartizan.console.entry import entry_of

    entry = entry_of(record)
    says = f"{entry.mark}: {entry.headline}" if entry.mark else entry.headline
    asset, control = entry.asset.partition("@sha256:")[0], entry.control.partition("@")[0]
    return [f"{record.at:%Y-%m-%d %H:%M:%S}", entry.kind, asset, control, says]
