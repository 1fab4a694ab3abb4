"""Manifests: the files of a model and their digests, as OpenSSF Model Signing v1.0 lists them."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

import msgspec

from bartizan.kernel import BartizanError, HostileInput, OutOfBudget

CHUNK_BYTES = 1 << 20
MAX_FILES = 1_000_000
MAX_THREADS = 4

Read: TypeAlias = Callable[[int], bytes | None]
HashType: TypeAlias = Literal["sha256", "blake2b", "blake3"]

GIT_PATHS = (".git", ".gitattributes", ".github", ".gitignore")
"""Left out by default, as the reference implementation does."""


class Unsigned(BartizanError):
    """A model cannot be listed, or differs from what was signed."""


class Serialization(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How files were listed and hashed, so that a verifier does the same."""

    method: Literal["files", "shards"]
    hash_type: HashType
    allow_symlinks: bool
    shard_size: int | float | None = None
    """In bytes; a whole number, which the reference implementation writes as a float."""
    ignore_paths: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        size = self.shard_size
        if (self.method == "shards") != (size is not None) or (size is not None and (size < 1 or size != int(size))):
            raise ValueError("shards need a whole shard size, and files have none")

    @property
    def shard_bytes(self) -> int | None:
        return None if self.shard_size is None else int(self.shard_size)


class Resource(msgspec.Struct, frozen=True):
    """One file, or one byte range `path:start:end` of it."""

    name: str
    digest: str
    algorithm: HashType


class Manifest(msgspec.Struct, frozen=True):
    """All resources of one model, in the order of their paths."""

    model: str
    serialization: Serialization
    resources: tuple[Resource, ...]

    @property
    def root(self) -> str:
        """SHA-256 over the digests of all resources: the digest of the model."""
        root = hashlib.sha256()
        for resource in self.resources:
            root.update(bytes.fromhex(resource.digest))
        return root.hexdigest()

    def differences(self, other: "Manifest") -> Iterator[str]:
        """What `other` lacks, has beside, or has otherwise, one line each."""
        mine = {resource.name: resource.digest for resource in self.resources}
        theirs = {resource.name: resource.digest for resource in other.resources}
        yield from (f"{name} is missing" for name in sorted(mine.keys() - theirs.keys()))
        yield from (f"{name} was not signed" for name in sorted(theirs.keys() - mine.keys()))
        yield from (f"{name} was changed" for name in sorted(mine.keys() & theirs.keys()) if mine[name] != theirs[name])


def list_model(model: Path, serialization: Serialization, *, beside: Iterable[Path] = ()) -> Manifest:
    """The manifest of the file or folder `model`; paths in `beside` (its own signatures) are no part of it."""
    if serialization.hash_type == "blake3":
        raise Unsigned("this model was signed with BLAKE3 digests, which are not supported", where=model)
    ignored = [PurePosixPath(path) for path in serialization.ignore_paths] + list(_inside(model, beside))
    files = [path for path in _walk(model) if not any(path.is_relative_to(one) for one in ignored)]
    if not files:
        raise Unsigned("there is no file to sign or verify", where=model)
    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as pool:
        hashed = pool.map(lambda path: _hash_file(model / path, path, serialization), sorted(files))
        resources = tuple(resource for of_one in hashed for resource in of_one)
    return Manifest(_name(model), serialization, resources)


def uncovered(model: Path, serialization: Serialization) -> list[str]:
    """The ignored paths that exist: files that the signature says nothing about."""
    if model.is_file():
        return []
    return [path for path in serialization.ignore_paths if os.path.lexists(model / path)]


def _name(model: Path) -> str:
    return model.name if model.name not in {"", ".."} else model.resolve().name


def _inside(model: Path, paths: Iterable[Path]) -> Iterator[PurePosixPath]:
    """Those of the paths that lie in the model's folder, relative to it."""
    folder = model.resolve()
    for path in paths:
        if path.resolve().is_relative_to(folder) and path.resolve() != folder:
            yield PurePosixPath(path.resolve().relative_to(folder).as_posix())


def _walk(model: Path) -> Iterator[PurePosixPath]:
    """Every file, relative to the model; links and special files are refused, for what they lead to can change."""
    if not os.path.lexists(model):
        raise Unsigned("there is no such model", where=model)
    pending, seen = [PurePosixPath()], 0
    while pending:
        path = pending.pop()
        mode = (model / path).lstat().st_mode
        seen += 1
        if seen > MAX_FILES:
            raise OutOfBudget(f"more than {MAX_FILES:,} files", where=model)
        if stat.S_ISREG(mode):
            yield path
        elif stat.S_ISDIR(mode):
            pending += [path / _utf8(name, model / path) for name in os.listdir(model / path)]  # noqa: PTH208
        else:
            raise Unsigned("links and special files cannot be signed", where=model / path, todo="Copy the file itself.")


def _utf8(name: str, folder: Path) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise HostileInput(f"file name {name!r} is no UTF-8", where=folder) from None
    return name


def _hash_file(file: Path, path: PurePosixPath, serialization: Serialization) -> list[Resource]:
    """The resources of one file: one, or one for each shard."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Unsigned(f"a file cannot be read: {error.strerror}", where=file) from None
    hash_type = serialization.hash_type
    with open(descriptor, "rb", buffering=0) as stream:  # noqa: PTH123
        if serialization.shard_bytes is None:
            return [Resource(str(path), _digest(stream.read, hash_type), hash_type)]
        size = os.fstat(descriptor).st_size
        starts = range(0, size, serialization.shard_bytes)
        shards = [(start, min(start + serialization.shard_bytes, size)) for start in starts]
        if len(shards) > MAX_FILES:
            raise OutOfBudget(f"more than {MAX_FILES:,} shards", where=file)
        return [
            Resource(f"{path}:{start}:{end}", _digest(_reader(descriptor, start, end), hash_type), hash_type)
            for start, end in shards
        ]


def _digest(read: Read, hash_type: HashType) -> str:
    digest = hashlib.new(hash_type)
    while chunk := read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _reader(descriptor: int, start: int, end: int) -> Read:
    """Reads on from `start` to `end`."""
    at = start

    def read(size: int) -> bytes:
        nonlocal at
        chunk = os.pread(descriptor, min(size, end - at), at)
        at += len(chunk)
        return chunk

    return read
