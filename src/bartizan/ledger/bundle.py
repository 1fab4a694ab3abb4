"""The file of a backup: a plain tar under zstd, of regular files only, closed by a manifest of their digests.

The reader is our own and small: it takes what the writer makes and refuses everything else a tar can hold.
"""

import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BufferedIOBase
from pathlib import Path

import msgspec

from bartizan.kernel import HostileInput, OutOfBudget
from bartizan.ledger.errors import LedgerError
from bartizan.ledger.zstd import BROKEN, READING, ZstdFile

MANIFEST = "manifest.json"
BLOCK = 512
PIECE_BYTES = 1 << 20
LEVEL = 3
MAX_MEMBERS = 1_000_000
MAX_MANIFEST_BYTES = 256 << 20
MAX_DEPTH = 10
MAX_NAME_CHARS = 250
PART = re.compile(r"[A-Za-z0-9~._-]{1,128}\Z")
USTAR = b"ustar\x0000"


class Kept(msgspec.Struct, frozen=True):
    """What the manifest says of a file."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup holds."""

    v: int = 1
    made: str
    files: dict[str, Kept]
    heads: dict[str, int]
    """How many records each slot of the ledger has in it."""


class Writer:
    """Writes one file after the other, then the manifest."""

    def __init__(self, out: BufferedIOBase) -> None:
        self._out = out
        self.files: dict[str, Kept] = {}

    def add(self, name: str, content: BufferedIOBase, size: int) -> None:
        """Takes the first `size` bytes of `content` in."""
        if not is_plain(name):
            raise LedgerError(f"a file has a name that a backup cannot hold: {name[:80]!r}")
        self._header(name, size)
        digest, left = sha256(), size
        while left:
            piece = content.read(min(PIECE_BYTES, left))
            if not piece:
                raise LedgerError("a file shrank while it was read", where=name, todo="Try again.")
            digest.update(piece)
            self._out.write(piece)
            left -= len(piece)
        self._out.write(bytes(-size % BLOCK))
        self.files[name] = Kept(size, digest.hexdigest())

    def close(self, made: str, heads: dict[str, int]) -> Manifest:
        """Ends the backup with its manifest."""
        manifest = Manifest(made=made, files=self.files, heads=heads)
        content = msgspec.json.encode(manifest)
        self._header(MANIFEST, len(content))
        self._out.write(content + bytes(-len(content) % BLOCK) + bytes(2 * BLOCK))
        return manifest

    def _header(self, name: str, size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        try:
            self._out.write(entry.tobuf(tarfile.USTAR_FORMAT))
        except ValueError as error:
            raise LedgerError(f"a file does not fit a backup: {error}", where=name) from None


class Member:
    """One file of a backup that is being read; its bytes can be read once, before the next member is asked for."""

    def __init__(self, name: str, size: int, stream: "Stream") -> None:
        self.name, self.size = name, size
        self._stream = stream
        self._left = size

    def pieces(self) -> Iterator[bytes]:
        while self._left:
            piece = self._stream.take(min(PIECE_BYTES, self._left))
            self._left -= len(piece)
            yield piece

    def finish(self) -> None:
        """Skips what was not read, and the padding."""
        for _ in self.pieces():
            pass
        if self._stream.take(-self.size % BLOCK).strip(b"\0"):
            raise HostileInput("a backup has content between its files", where=self.name)


class Stream:
    """The unpacked bytes of a backup, read under a budget."""

    def __init__(self, reader: BufferedIOBase, max_bytes: int, where: Path) -> None:
        self._reader, self._left, self.where = reader, max_bytes, where

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        self._left -= size
        if self._left < 0:
            raise OutOfBudget("a backup unpacks to more than there is room for", where=self.where)
        content = b""
        while len(content) < size:
            try:
                piece = self._reader.read(size - len(content))
            except BROKEN as error:
                raise HostileInput(f"a backup cannot be unpacked: {error}", where=self.where) from None
            if not piece:
                raise HostileInput("a backup ends too early", where=self.where)
            content += piece
        return content


@contextmanager
def opened(path: Path, *, max_bytes: int) -> Iterator[Stream]:
    """A backup to read from."""
    with path.open("rb") as file, ZstdFile(file, options=READING) as reader:
        yield Stream(reader, max_bytes, path)


def members(stream: Stream) -> Iterator[Member]:
    """The files of a backup, one by one, the manifest last; anything else that a tar can hold is refused."""
    for _ in range(MAX_MEMBERS):
        header = stream.take(BLOCK)
        if header == bytes(BLOCK):
            return
        name, size = _parsed(header, stream.where)
        member = Member(name, size, stream)
        yield member
        member.finish()
    raise OutOfBudget(f"a backup has more than {MAX_MEMBERS:,} files", where=stream.where)


def is_plain(name: str) -> bool:
    """True for a relative path of plain parts that leads down and nowhere else."""
    parts = name.split("/")
    if len(name) > MAX_NAME_CHARS or len(parts) > MAX_DEPTH:
        return False
    return all(PART.match(part) and part.strip(".") for part in parts)


def _parsed(header: bytes, where: Path) -> tuple[str, int]:
    """The name and size in a header of the POSIX ustar form."""
    try:
        checksum = int(header[148:156].rstrip(b" \0"), 8)
        size = int(header[124:136].rstrip(b" \0"), 8)
        name = "/".join(_text(field) for field in (header[345:500], header[:100]) if field[0])
    except (ValueError, UnicodeDecodeError):
        raise HostileInput("a backup has a header that is no tar header", where=where) from None
    if sum(header[:148]) + sum(header[156:]) + 8 * ord(" ") != checksum or header[257:265] != USTAR:
        raise HostileInput("a backup has a header that is no tar header", where=where)
    if header[156:157] != b"0":
        raise HostileInput(f"a backup holds something that is no regular file: {name[:80]!r}", where=where)
    if size < 0 or not is_plain(name):
        raise HostileInput(f"a backup has a file with an unacceptable name: {name[:80]!r}", where=where)
    return name, size


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("ascii")


def write_new(path: Path, member: Member) -> Kept:
    """Writes a member to a file that must not exist yet; what it held."""
    digest = sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for piece in member.pieces():
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return Kept(member.size, digest.hexdigest())
