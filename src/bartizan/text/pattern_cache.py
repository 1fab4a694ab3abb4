"""The cache of compiled pattern databases.

A database is trusted like machine code, so only one that this user wrote, and nobody else can have changed, is loaded.
"""

import hashlib
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MAGIC = b"bartizan-patterns-1\n"
DIGEST_BYTES = 32
MAX_FILE_BYTES = 256 << 20
KEPT_FILES = 12
"""Each set of rules and each version of it leaves a file; the oldest beyond so many go."""


class PatternCache:
    """Files in a folder that only its owner can write to; any other folder or file is not believed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """What was kept under the key, if it is whole and nobody else can have written it."""
        try:
            if not _is_private(self._folder.lstat(), stat.S_ISDIR):
                return None
            with open(self._path(key), "rb", opener=_without_links) as file:
                facts = os.fstat(file.fileno())
                if not _is_private(facts, stat.S_ISREG) or facts.st_size > MAX_FILE_BYTES:
                    return None
                head = file.read(len(MAGIC) + DIGEST_BYTES)
                content = file.read(MAX_FILE_BYTES)
        except OSError:
            return None
        return content if head == MAGIC + _seal(key, content) else None

    def put(self, key: str, content: bytes) -> None:
        """Keep the content; a cache that cannot be written is no error."""
        path = self._path(key)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_private(self._folder.lstat(), stat.S_ISDIR):
                return
            with open(draft, "xb", opener=_private) as file:
                file.write(MAGIC + _seal(key, content) + content)
            draft.replace(path)
            self._forget_oldest()
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _forget_oldest(self) -> None:
        kept = sorted(self._folder.glob("*.patterns"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[KEPT_FILES:]:
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.patterns"


def default_folder() -> Path:
    """Where compiled patterns are kept unless another folder is named."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bartizan" / "patterns"


def _seal(key: str, content: bytes) -> bytes:
    """The digest that ties the content to its key, so that a torn or a renamed file is noticed."""
    return hashlib.sha256(key.encode() + b"\0" + content).digest()


def _is_private(facts: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    others_may_write = facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return is_kind(facts.st_mode) and facts.st_uid == os.geteuid() and not others_may_write


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
