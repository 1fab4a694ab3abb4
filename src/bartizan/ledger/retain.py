"""Retention: the oldest closed segments go by age and size, each with a signed statement of what it held.

Of a removed segment two small files stay: its tiles, so that the tree and its proofs stay whole, and a note signed by
the vault (`.gone`). A record in the ledger says the same. Within a slot only the oldest can go, so no gap appears.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import msgspec

from bartizan.kernel import Event, Stamp, UsageError
from bartizan.ledger.archive import archiving
from bartizan.ledger.errors import LedgerError, LedgerTampered
from bartizan.ledger.files import replace, sync_folder
from bartizan.ledger.inventory import Filed, filed_in
from bartizan.ledger.ledger import Ledger
from bartizan.ledger.merkle import NO_HEADS, Hash, Tree
from bartizan.ledger.parquet import drop_view_files, view_files
from bartizan.ledger.segment import CHUNK_BYTES, commits, slots
from bartizan.ledger.tiles import chain_of_tiles, read_tiles, tiles_of, write_tiles

STATEMENT = "ledger.retained"
MAX_STATEMENTS = 1000


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """How much history is kept; a segment goes when either limit asks for it."""

    keep: timedelta | None = None
    """Segments whose last record is older go."""
    max_bytes: int | None = None
    """The oldest go while the ledger's segments take more room."""
    with_changes: bool = False
    """True if segments that hold changes of state may go too; the state can then no longer be rebuilt from nothing."""


class Gone(msgspec.Struct, frozen=True):
    """What is said, and signed, of a removed segment."""

    slot: int
    first: int
    last: int
    root: Hash
    """The root of the slot's tree up to and with its last record."""
    digest: str
    """The SHA-256 of its lines, as they stood in the plain file."""
    bytes: int
    """The room that it took."""

    def event(self) -> Event:
        data = {"slot": self.slot, "first": self.first, "last": self.last, "root": b64encode(self.root).decode()}
        return Event(STATEMENT, {**data, "digest": f"sha256:{self.digest}", "bytes": self.bytes})

    def text(self, origin: str) -> str:
        """The body of the signed note."""
        root = b64encode(self.root).decode()
        return f"{origin}\n{self.slot}\n{self.first}\n{self.last}\n{root}\nsha256:{self.digest}\n"


class Retained(msgspec.Struct, frozen=True):
    """What went, and what had to stay although a limit asked for it."""

    gone: tuple[Gone, ...] = ()
    stayed: tuple[str, ...] = ()

    @property
    def freed_bytes(self) -> int:
        return sum(gone.bytes for gone in self.gone)


def retain(ledger: Ledger, rule: Rule, *, now: datetime | None = None, stamp: Stamp, dry_run: bool = False) -> Retained:
    """Removes what the rule no longer keeps; each removal is stated in the ledger before the file goes."""
    if rule.keep is None and rule.max_bytes is None:
        raise UsageError(
            "retention needs an age or a size",
            todo="Give --keep-days or --max-gib, or set ledger.retain_days or ledger.retain_gib.",
        )
    if (rule.keep is not None and rule.keep < timedelta(0)) or (rule.max_bytes is not None and rule.max_bytes < 0):
        raise UsageError("retention cannot keep less than nothing")
    with archiving(ledger.folder) as alone:
        if not alone:
            raise LedgerError("another process packs or retains this ledger", where=ledger.folder, todo="Try again.")
        chosen, stayed = _chosen(ledger.folder, rule, now or datetime.now(UTC))
        gone = tuple(gone for _, gone in chosen)
        if chosen and not dry_run:
            _remove(ledger, chosen, stamp)
    return Retained(gone, tuple(stayed))


class _Content(msgspec.Struct, frozen=True):
    end: int
    digest: str
    latest: datetime
    holds_changes: bool


class _Line(msgspec.Struct):
    """What retention wants to know of a record, whatever its version."""

    at: datetime
    rev: int | None = None


_line = msgspec.json.Decoder(_Line)


def _chosen(folder: Path, rule: Rule, now: datetime) -> tuple[list[tuple[Filed, Gone]], list[str]]:
    """The segments to remove, oldest first, and a line for each slot that a change of state keeps from shrinking."""
    queues = {slot: [each for each in filed_in(folder, slot) if not each.open] for slot in slots(folder)}
    room = sum(each.path.stat().st_size for slot in queues for each in filed_in(folder, slot))
    contents = {slot: _content(queue[0]) for slot, queue in queues.items() if queue}
    chosen, stayed = [], []
    while contents:
        slot = min(contents, key=lambda slot: contents[slot].latest)
        content, oldest = contents.pop(slot), queues[slot].pop(0)
        too_old = rule.keep is not None and content.latest < now - rule.keep
        if not (too_old or (rule.max_bytes is not None and room > rule.max_bytes)):
            break
        if content.holds_changes and not rule.with_changes:
            stayed.append(f"slot {slot} keeps {oldest.path.name} and what follows: it holds changes of state")
            continue
        size = oldest.path.stat().st_size
        room -= size
        root = _root_after(oldest)
        chosen.append((oldest, Gone(slot, oldest.first, content.end - 1, root, content.digest, size)))
        if queues[slot]:
            contents[slot] = _content(queues[slot][0])
    return chosen, stayed


def _content(closed: Filed) -> _Content:
    """What a segment holds, each line looked at."""
    digest = sha256()
    with closed.segment.open() as file:
        while piece := file.read(CHUNK_BYTES):
            digest.update(piece)
    end, changes = closed.first, False
    latest: bytes | None = None
    for commit in commits(closed.segment):
        end, latest = commit.head.size, commit.lines[-1]
        changes = changes or any(_is_change(line) for line in commit.lines)
    if latest is None:
        raise LedgerTampered("a closed segment holds no record", where=closed.path)
    return _Content(end, digest.hexdigest(), _line.decode(latest).at, changes)


def _is_change(line: bytes) -> bool:
    return b'"rev":' in line and _line.decode(line).rev is not None


def _root_after(closed: Filed) -> Hash:
    """The root of the slot's tree at the segment's end; its hashes are made, compared and kept on the way."""
    folder = closed.path.parent
    tree, heads = Tree(), NO_HEADS
    for tiles in chain_of_tiles(folder, closed.first):
        tiles.grow(tree)
        heads = tiles.heads
    hashes = tiles_of(closed.segment, heads)
    kept = read_tiles(folder, closed.first)
    if kept is None:
        write_tiles(folder, hashes)
    elif kept != hashes:
        raise LedgerTampered(
            "a segment is not what it was when it was closed", where=closed.path, todo="See bartizan ledger verify."
        )
    hashes.grow(tree)
    return tree.root()


def _remove(ledger: Ledger, chosen: Sequence[tuple[Filed, Gone]], stamp: Stamp) -> None:
    """States, signs, and only then removes."""
    for part in _parts(chosen):
        ledger.append([stamp(gone.event()) for _, gone in part])
        viewed = view_files(ledger.folder)
        for each, gone in part:
            origin = ledger.vault.origin(f"{gone.slot}/gone")
            replace(each.path.with_name(f"{gone.first:020d}.gone"), ledger.vault.sign(gone.text(origin)))
            each.path.unlink()
            each.packed_path.unlink(missing_ok=True)
            sync_folder(each.path.parent)
            if each.key in viewed:
                drop_view_files([viewed[each.key]])


def _parts(chosen: Sequence[tuple[Filed, Gone]]) -> Iterator[Sequence[tuple[Filed, Gone]]]:
    return (chosen[at : at + MAX_STATEMENTS] for at in range(0, len(chosen), MAX_STATEMENTS))
