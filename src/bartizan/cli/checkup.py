"""The checks of `bartizan doctor`. Each looks at one thing, changes nothing, and says what it saw."""

import os
import platform
import re
import shutil
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from importlib import metadata
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from bartizan.kernel import BartizanError
from bartizan.runner.settings import Settings

Standing: TypeAlias = Literal["ok", "absent", "unknown", "bad"]
"""`absent` is no fault: something optional, or made at the first start. `unknown` was not looked at."""

MIB = 1 << 20
MIN_FREE_BYTES = 256 * MIB
QUICK_VERIFY_BYTES = 64 * MIB
SYNC_BYTES = 45_000
SYNCS = 5
SLOW_SYNC_MS = 20.0
CONNECT_S = 3.0
SYSTEMS = {"Linux": ("x86_64", "aarch64"), "Darwin": ("x86_64", "arm64")}
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?[^;]*(?:;(?P<marker>.*))?")
OLDER = re.compile(r"python_(?:full_)?version\s*<\s*['\"]3\.(\d+)")
ONLY_CPYTHON = re.compile(r"platform_python_implementation\s*==\s*['\"]CPython['\"]")
EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


class Check(msgspec.Struct, frozen=True):
    """What one look showed."""

    name: str
    standing: Standing
    said: str
    todo: str = ""


def checkup(settings: Settings) -> Iterator[Check]:
    """All checks, the machine first."""
    yield _python()
    yield _platform()
    yield from _packages()
    yield from _data(settings.data)
    yield from _vault(settings.data / "vault")
    yield from _ledger(settings.data)
    yield _state(settings)
    yield _port(settings)
    yield from _disk(settings.data)


def _python() -> Check:
    return Check("python", "ok", f"{platform.python_version()} at {sys.executable}")


def _platform() -> Check:
    system, machine = platform.system(), platform.machine()
    if machine not in SYSTEMS.get(system, ()):
        todo = "Bartizan is tested on Linux and macOS, on x86-64 and arm64; on Windows use WSL."
        return Check("platform", "bad", f"{system} {machine}", todo)
    return Check("platform", "ok", f"{system} {machine}")


def _packages() -> Iterator[Check]:
    """Each dependency of the core, then each extra with what it lacks."""
    extras: dict[str, list[str]] = {}
    for requirement in metadata.requires("bartizan") or []:
        match = REQUIREMENT.match(requirement)
        if match is None:
            continue
        name: str = match["name"]
        if marked := EXTRA.search(match["marker"] or ""):
            extras.setdefault(marked[1], []).append(name)
        elif not _applies(match["marker"] or ""):
            continue
        elif version := _version(name):
            yield Check(f"package {name}", "ok", version)
        else:
            yield Check(f"package {name}", "bad", "not installed", "pip install bartizan")
    for extra, names in sorted(extras.items()):
        if needed := [name for name in names if name != "bartizan"]:
            yield _extra(extra, needed)


def _applies(marker: str) -> bool:
    """False if a requirement is for other Pythons than this one, as far as our own markers go."""
    older = OLDER.search(marker)
    if older and sys.version_info >= (3, int(older[1])):
        return False
    return not ONLY_CPYTHON.search(marker) or platform.python_implementation() == "CPython"


def _extra(extra: str, names: list[str]) -> Check:
    missing = [name for name in names if _version(name) is None]
    if missing:
        return Check(f"extra [{extra}]", "absent", f"lacks {', '.join(missing)}", f"pip install 'bartizan[{extra}]'")
    return Check(f"extra [{extra}]", "ok", ", ".join(f"{name} {_version(name)}" for name in names))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _data(data: Path) -> Iterator[Check]:
    try:
        facts = data.stat()
    except FileNotFoundError:
        yield Check("data folder", "absent", f"{data} is not there", "bartizan up makes it.")
        return
    except OSError as error:
        yield Check("data folder", "bad", f"{data}: {error.strerror}", "Choose another with --data.")
        return
    if not stat.S_ISDIR(facts.st_mode):
        yield Check("data folder", "bad", f"{data} is no folder", "Choose another with --data.")
    elif not os.access(data, os.W_OK | os.X_OK):
        yield Check("data folder", "bad", f"{data} cannot be written to", f"chown it, or chmod u+rwx {data}")
    elif facts.st_mode & 0o022:
        yield Check("data folder", "bad", f"others may write to {data}", f"chmod go-w {data}")
    else:
        yield Check("data folder", "ok", str(data))


def _vault(vault: Path) -> Iterator[Check]:
    """The vault's modes, looked at without opening it."""
    if not vault.is_dir():
        yield Check("vault", "absent", "there is none yet", "bartizan up makes it.")
        return
    try:
        open_to_others = [path for path in (vault, *sorted(vault.rglob("*"))) if path.lstat().st_mode & 0o077]
    except OSError as error:
        yield Check("vault", "bad", f"it cannot be looked at: {error.strerror}", "Run as the user who owns it.")
        return
    if open_to_others:
        yield Check("vault", "bad", f"others may read {open_to_others[0]}", f"chmod -R go-rwx {vault}")
    else:
        yield Check("vault", "ok", "only you may read it")


def _ledger(data: Path) -> Iterator[Check]:
    """Whether the ledger proves; a large one is left to `bartizan ledger verify`."""
    folder = data / "ledger"
    if not folder.is_dir():
        yield Check("ledger", "absent", "there is none yet", "bartizan up makes it.")
        return
    try:
        size = sum(path.stat().st_size for path in folder.rglob("*.jsonl*"))
        if size > QUICK_VERIFY_BYTES:
            said = f"{size / MIB:,.0f} MiB, too much to verify quickly"
            yield Check("ledger", "unknown", said, "bartizan ledger verify does it.")
            return
        from bartizan.ledger import Vault, verify

        found = verify(folder, Vault.open(data / "vault", create=False))
    except (BartizanError, OSError) as error:
        yield Check("ledger", "bad", str(error), "bartizan ledger verify says more.")
        return
    if found.sound:
        yield Check("ledger", "ok", f"{found.records:,} records, all of them prove")
    else:
        yield Check("ledger", "bad", found.faults[0].what, "bartizan ledger verify says more.")


def _state(settings: Settings) -> Check:
    url = settings.state_url
    if not url.startswith("sqlite:"):
        return _postgres(url)
    path = Path(url.removeprefix("sqlite:///"))
    if not path.exists():
        return Check("state", "absent", "there is none yet", "bartizan up makes it; bartizan ledger rebuild fills it.")
    import sqlite3

    # A database that nobody has open is read as it lies: SQLite would make files beside it otherwise.
    how = "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=CONNECT_S)) as database:
            (verdict,) = database.execute("pragma quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return Check("state", "bad", f"{path}: {error}", "bartizan ledger rebuild makes it again.")
    if verdict != "ok":
        return Check("state", "bad", f"{path}: {verdict}", "bartizan ledger rebuild makes it again.")
    return Check("state", "ok", f"SQLite, {path.stat().st_size / MIB:,.1f} MiB")


def _postgres(url: str) -> Check:
    try:
        import psycopg
    except ImportError:
        return Check("state", "bad", "PostgreSQL needs the extra [postgres]", "pip install 'bartizan[postgres]'")
    try:
        with psycopg.connect(url, connect_timeout=int(CONNECT_S)) as connection:
            return Check("state", "ok", f"PostgreSQL {connection.info.server_version // 10000}")
    except psycopg.Error as error:
        # Its message may quote the URL's password.
        return Check("state", "bad", f"PostgreSQL does not answer ({type(error).__name__})", "Look at state.url.")


def _port(settings: Settings) -> Check:
    host, port = settings.console.host, settings.console.port
    if _is_up(settings.data):
        return Check("console", "ok", f"bartizan up runs on {settings.data}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            said = f"{host} port {port}: {os.strerror(error.errno or 0)}"
            return Check("console", "bad", said, "Choose another port with console.port, or 0 for any.")
    return Check("console", "ok", f"{host} port {port} is free")


def _is_up(data: Path) -> bool:
    import fcntl

    try:
        lock = os.open(data / "up.lock", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _disk(data: Path) -> Iterator[Check]:
    """Free space, and how long it takes to make a commit durable, on a file that never gets a name."""
    place = next((folder for folder in (data, *data.absolute().parents) if folder.is_dir()), Path("/"))
    free = shutil.disk_usage(place).free
    said = f"{free / MIB:,.0f} MiB free"
    if free < MIN_FREE_BYTES:
        yield Check("disk space", "bad", said, "Make room, or set ledger.retain_days or ledger.retain_gib.")
    else:
        yield Check("disk space", "ok", said)
    if place != data:
        return
    with suppress(OSError):
        ms = _sync_ms(place)
        todo = "Every append waits for this: a faster disk helps." if ms > SLOW_SYNC_MS else ""
        yield Check("disk sync", "ok", f"{ms:.2f} ms for {SYNC_BYTES // 1000} KB (median of {SYNCS})", todo)


def _sync_ms(folder: Path) -> float:
    sync = getattr(os, "fdatasync", os.fsync)
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            file.write(b"\0" * SYNC_BYTES)
            file.flush()
            started = time.perf_counter()
            sync(file.fileno())
            times.append(time.perf_counter() - started)
    return sorted(times)[SYNCS // 2] * 1000
