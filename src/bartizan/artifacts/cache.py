"""The cache of reports, by content: a file that was scanned before by the same code and profile is only hashed."""

import hashlib
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

import msgspec

from bartizan.artifacts.profile import Profile
from bartizan.artifacts.report import Report
from bartizan.kernel.control import code_digest


class Cache:
    """Reports in a folder that only its owner can write to; any other folder is not believed."""

    def __init__(self, folder: Path, profile: Profile) -> None:
        self._folder = folder / version_of(profile)

    def get(self, digest: str, name: str) -> Report | None:
        """The report on these bytes under this name, if they were scanned before."""
        path = self._path(digest)
        try:
            if not _is_private(path.parent):
                return None
            report = msgspec.json.decode(path.read_bytes(), type=Report)
        except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
            return None
        return msgspec.structs.replace(report, path=name) if report.digest == digest else None

    def put(self, report: Report) -> None:
        """Keep the report; a cache that cannot be written is no error."""
        if report.digest is None or report.unverified:
            return
        path = self._path(report.digest)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_private(path.parent):
                return
            with open(draft, "xb", opener=_private) as file:
                file.write(msgspec.json.encode(report))
            draft.replace(path)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        name = digest.removeprefix("sha256:")
        return self._folder / name[:2] / f"{name}.json"


def default_folder() -> Path:
    """Where reports are kept unless another folder is named."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bartizan" / "scan"


def version_of(profile: Profile) -> str:
    """A name for the code, the table of globals and the profile: whatever changes a report changes it."""
    return hashlib.sha256(code_digest(__name__).encode() + msgspec.json.encode(profile)).hexdigest()[:16]


def _is_private(folder: Path) -> bool:
    facts = folder.stat()
    return facts.st_uid == os.getuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
