"""UBJSON walked by its lengths: whether every value is where it says, and no more than the file can hold."""

import struct

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.reader import Look
from bartizan.artifacts.unpack import Bomb
from bartizan.kernel import HostileInput

MAX_DEPTH = 100
WINDOW_BYTES = 1 << 16
FIXED = {b"Z": 0, b"N": 0, b"T": 0, b"F": 0, b"i": 1, b"U": 1, b"C": 1, b"I": 2, b"l": 4, b"d": 4, b"L": 8, b"D": 8}
LENGTHS = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q"}


def walk(artifact: Artifact, look: Look) -> int:
    """Where the one value that begins at 0 ends."""
    return _Walk(artifact, look).whole()


class _Walk:
    def __init__(self, artifact: Artifact, look: Look) -> None:
        self._artifact = artifact
        self._look = look
        self._at = 0
        self._start = 0
        self._window = b""

    def whole(self) -> int:
        self._value(self._take(1), 0)
        return self._at

    def _value(self, kind: bytes, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise Bomb(f"nested deeper than {MAX_DEPTH}")
        self._look.meter.spend("steps")
        if kind in FIXED:
            self._skip(FIXED[kind])
        elif kind in (b"S", b"H"):
            self._skip(self._length())
        elif kind in (b"[", b"{"):
            self._collection(kind == b"{", depth)
        else:
            raise HostileInput(f"an unknown mark {kind!r} at {self._at - 1:,}")

    def _collection(self, named: bool, depth: int) -> None:
        kind, count = b"", -1
        mark = self._take(1)
        if mark == b"$":
            kind, mark = self._take(1), self._take(1)
            if mark != b"#":
                raise HostileInput("a typed collection without a count")
        if mark == b"#":
            count, mark = self._length(), b""
        if count >= 0 and kind in FIXED and not named:
            self._skip(count * FIXED[kind])  # a raw array
            return
        closing = b"}" if named else b"]"
        while count != 0:
            mark = mark or (b"" if named and count > 0 else self._take(1))
            if count < 0 and mark == closing:
                return
            if mark == b"N":
                mark = b""
                continue
            if named:
                self._skip(self._length(mark))
                mark = b""
            self._value(kind or mark or self._take(1), depth + 1)
            mark = b""
            count -= count > 0

    def _length(self, mark: bytes = b"") -> int:
        mark = mark or self._take(1)
        form = LENGTHS.get(mark)
        if form is None:
            raise HostileInput(f"a length of the type {mark!r}")
        value: int = struct.unpack(form, self._take(struct.calcsize(form)))[0]
        if value < 0 or value > self._artifact.size:
            raise HostileInput(f"a length of {value:,} in a file of {self._artifact.size:,} bytes")
        return value

    def _skip(self, length: int) -> None:
        self._at += length
        if self._at > self._artifact.size:
            raise HostileInput("a value that goes beyond the file")

    def _take(self, length: int) -> bytes:
        offset = self._at - self._start
        if not 0 <= offset <= len(self._window) - length:
            self._look.meter.check_time()
            self._start, offset = self._at, 0
            self._window = self._artifact.read(self._at, WINDOW_BYTES)
        piece = self._window[offset : offset + length]
        if len(piece) < length:
            raise HostileInput("the file ends within a value")
        self._at += length
        return piece
