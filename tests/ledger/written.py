"""Writes ledger folders of the agreed form, for tests of what reads them."""

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from bartizan.kernel import Record, encode
from bartizan.ledger.merkle import Tree, leaf_hash


class Written:
    """One slot, written segment by segment."""

    def __init__(self, folder: Path, slot: int = 0) -> None:
        self.folder = folder
        self.slot = slot
        self.tree = Tree()
        (folder / str(slot)).mkdir(parents=True, exist_ok=True)
        self.path = self._segment()

    def commit(self, records: Sequence[Record]) -> None:
        """Appends records and the head line that closes them."""
        lines = [encode(record) for record in records]
        self.tree.extend([leaf_hash(line) for line in lines])
        root = b64encode(self.tree.root()).decode()
        head = b'{"head":{"size":%d,"root":"%s"}}' % (self.tree.size, root.encode())
        self.tear(b"".join(line + b"\n" for line in [*lines, head]))

    def tear(self, content: bytes) -> None:
        """Appends bytes as they are."""
        with self.path.open("ab") as file:
            file.write(content)

    def rotate(self) -> Path:
        """Begins a new segment; returns the one that this closes."""
        closed, self.path = self.path, self._segment()
        return closed

    def _segment(self) -> Path:
        path = self.folder / str(self.slot) / f"{self.tree.size:020d}.jsonl"
        path.touch(0o600)
        return path
