"""A ledger on paper: the smallest log that the state can live on, with everything a test wants to do to one."""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bartizan.kernel import BartizanError, Record, decode, encode
from bartizan.state.log import Line


class Paper:
    """Lines in one file per slot; a line that is no record is handed out with its fault."""

    def __init__(self, folder: Path, slot: int = 0) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.slot = slot

    def append(self, records: Sequence[Record]) -> None:
        self.write(*(encode(record) for record in records))

    def write(self, *lines: bytes) -> None:
        with (self.folder / f"{self.slot}.jsonl").open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))

    def tail(self, start: Mapping[int, int]) -> Iterator[Line]:
        for path in sorted(self.folder.glob("*.jsonl")):
            slot = int(path.stem)
            for index, line in enumerate(path.read_bytes().splitlines()):
                if index >= start.get(slot, 0):
                    yield _line(slot, index, line)

    def records(self) -> list[Record]:
        return [line.record for line in self.tail({}) if line.record]


class Wax:
    """A seal that only the holder of the key can make."""

    def __init__(self, key: bytes = b"the ring") -> None:
        self.key = key

    def seal(self, data: bytes) -> str:
        return hmac.digest(self.key, data, "sha256").hex()

    def seals(self, data: bytes, seal: str) -> bool:
        return hmac.compare_digest(self.seal(data), seal)


def _line(slot: int, index: int, line: bytes) -> Line:
    try:
        return Line(slot, index, decode(line))
    except BartizanError as error:
        return Line(slot, index, None, error.what)
