"""The tail of the ledger: reads on from where it was left, and hands out what cannot be read with its reason."""

from collections.abc import Iterator, Mapping, Sequence

from bartizan.kernel import BartizanError, Record, decode
from bartizan.ledger import Ledger, LedgerTampered
from bartizan.ledger.merkle import Tree, leaf_hash
from bartizan.ledger.read import Cursor
from bartizan.ledger.recover import SET_ASIDE, head_claim
from bartizan.ledger.segment import Commit, segments, slots
from bartizan.ledger.tiles import chain_of_tiles
from bartizan.state.log import RETIRED, Line


class Tail:
    """A ledger as the state follows it. Not thread-safe: the state reads it inside its writing transaction."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._places: dict[int, tuple[Sealed, Line]] = {}
        """For each slot that was read to its end, where that is, and the last line there."""

    def append(self, records: Sequence[Record]) -> None:
        self._ledger.append(records)

    def tail(self, start: Mapping[int, int]) -> Iterator[Line]:
        """Every acknowledged line, slot by slot and in order, from index `start[slot]` (or from the first) on."""
        for slot in slots(self._ledger.folder):
            yield from self._slot(slot, start.get(slot))

    def _slot(self, slot: int, known: int | None) -> Iterator[Line]:
        start = known or 0
        sealed, last = self._places.pop(slot, (None, None))
        if sealed is None or last is None or last.index > start:
            kept = segments(self._ledger.folder / str(slot))
            if known is not None and kept and known < kept[0].first:
                yield Line(slot, known, None, RETIRED)
            sealed, last = Sealed(self._ledger, slot, start), None
        elif last.index == start:
            yield last
        for commit in sealed.commits():
            for index, line in enumerate(commit.lines, commit.first):
                if index >= start:
                    last = _line(slot, index, line)
                    yield last
        if last is not None and sealed.whole:
            self._places[slot] = sealed, last


class Sealed:
    """The commits of one slot that this installation sealed, from the segment that holds `start` on."""

    def __init__(self, ledger: Ledger, slot: int, start: int) -> None:
        self.whole = True
        """False once a commit was left out."""
        self._folder = ledger.folder / str(slot)
        self._vault, self._origin = ledger.vault, ledger.vault.origin(str(slot))
        self._cursor = Cursor(self._folder, slot, start)
        self._tree: Tree | None = None

    def commits(self) -> Iterator[Commit]:
        """The commits that are new since the last call.

        Like the writer, this leaves out a last one that bears no seal, for the next writer will cut it, and refuses
        one that others follow: to stop in silence would hide what is there.
        """
        for commit in self._cursor.commits():
            if not self.whole:
                raise LedgerTampered(
                    f"records before {commit.first:,} were not written by this installation",
                    where=self._folder,
                    todo=SET_ASIDE,
                )
            self.whole = self._bears_seal(commit)
            if self.whole:
                yield commit

    def _bears_seal(self, commit: Commit) -> bool:
        """True if the head line seals just these lines in this place."""
        tree = self._tree = self._tree or self._tree_before(commit)
        tree.extend(leaf_hash(line) for line in commit.lines)
        return self._vault.seals(head_claim(self._origin, tree.size, tree.root()), commit.head.seal)

    def _tree_before(self, commit: Commit) -> Tree:
        """The tree over the segments before, by the hashes kept beside them: wrong ones lead to no seal."""
        tree = Tree()
        for tiles in chain_of_tiles(self._folder, commit.first):
            tiles.grow(tree)
        return tree


def _line(slot: int, index: int, line: bytes) -> Line:
    try:
        return Line(slot, index, decode(line))
    except BartizanError as error:
        return Line(slot, index, None, error.what)
