"""Artifacts: byte sources that can be read at any place; what is found inside one is an artifact too."""

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

from bartizan.kernel import BartizanError

CHUNK_BYTES = 1 << 20


class Artifact(ABC):
    """Bytes with a name and a size. Nothing in the name decides how they are read."""

    name: str
    size: int
    whole: bool = True
    """False if its bytes cannot all be had here (a remote file read by ranges), so that it has no digest."""

    @abstractmethod
    def read(self, start: int, length: int) -> bytes:
        """The bytes from `start`, at most `length`; fewer only where the artifact ends."""

    def chunks(self, start: int = 0, size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """All bytes from `start` on, piece by piece."""
        while chunk := self.read(start, size):
            yield chunk
            start += len(chunk)

    def digest(self) -> str | None:
        """`sha256:...` over all bytes, or None if they are not all here."""
        if not self.whole:
            return None
        sha = hashlib.sha256()
        for chunk in self.chunks():
            sha.update(chunk)
        return f"sha256:{sha.hexdigest()}"


class Held(Artifact):
    """Bytes in memory."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.size = len(data)
        self._data = data

    def read(self, start: int, length: int) -> bytes:
        if start == 0 and length >= self.size:
            return self._data
        return self._data[start : start + length]


class Stored(Artifact):
    """An open file, read by position, so that what is judged and what is hashed is one and the same file."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name = name
        self._file = file
        self._seen = self._state()
        self.size = self._seen[0]

    @classmethod
    def open(cls, path: Path) -> Self:
        """The file at `path`; close it, or use it as a context manager."""
        try:
            if not path.is_file():
                raise BartizanError("this is no file", where=path, todo="Name a file, or scan the folder's files.")
            return cls(str(path), path.open("rb", buffering=0))
        except OSError as error:
            raise BartizanError(f"a file cannot be read: {error.strerror}", where=path) from None

    def read(self, start: int, length: int) -> bytes:
        wanted = max(0, min(length, self.size - start))
        first = os.pread(self._file.fileno(), wanted, start)
        if len(first) == wanted or not first:
            return first
        return first + self.read(start + len(first), wanted - len(first))

    @property
    def changed(self) -> bool:
        """True if somebody wrote to the file since it was opened."""
        return self._state() != self._seen

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _state(self) -> tuple[int, int]:
        stat = os.fstat(self._file.fileno())
        return stat.st_size, stat.st_mtime_ns


class Part(Artifact):
    """A stretch of another artifact: a stored archive member, a tensor, an appended file."""

    def __init__(self, name: str, of: Artifact, start: int, length: int) -> None:
        self.name = name
        self.whole = of.whole
        self._of = of
        self._start = min(max(0, start), of.size)
        self.size = max(0, min(length, of.size - self._start))

    def read(self, start: int, length: int) -> bytes:
        return self._of.read(self._start + start, max(0, min(length, self.size - start)))
