import json
import subprocess
import sys
from pathlib import Path

import pytest

from bartizan.ledger.archive import archive
from bartizan.ledger.query import Contained, Limits
from tests.ledger.installed import Installed, install_with_days

# Runs inside the walls, past every check of the SQL: what is tried here is what a broken DuckDB could try.
TRIES = """
import ctypes, json, os, sys, socket, threading
from pathlib import Path
import duckdb
from bartizan.ledger.contained import ADDRESS_SPACE_BYTES, DUCKDB_READS, _session, open_scratch
from bartizan.ledger.inventory import filed
from bartizan.ledger.jail import enter
from bartizan.ledger.parquet import view_files

folder, victim, parquet = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
scratch = open_scratch()
libc = ctypes.CDLL(None, use_errno=True)
walls = enter([folder, *DUCKDB_READS], memory_bytes=ADDRESS_SPACE_BYTES)
closed = tuple(each for each in filed(folder) if not each.open)
session = _session(tuple(view_files(folder).values()), closed, scratch)

def libc_call(name, *values):
    if getattr(libc, name)(*values) < 0:
        raise OSError(ctypes.get_errno(), name)

tries = {
    "read inside": lambda: Path(victim).read_bytes(),
    "thread": lambda: threading.Thread(target=int).start(),
    "write": lambda: open(victim, "ab"),
    "truncate on open": lambda: open(victim, "wb"),
    "truncate": lambda: os.truncate(victim, 0),
    "create": lambda: os.open(str(folder / "new"), os.O_WRONLY | os.O_CREAT),
    "create elsewhere": lambda: os.open("/tmp/bartizan-new", os.O_WRONLY | os.O_CREAT),
    "unlink": lambda: os.unlink(victim),
    "rename": lambda: os.rename(victim, victim + "x"),
    "link": lambda: os.link(victim, victim + "x"),
    "symlink": lambda: os.symlink("/etc/passwd", str(folder / "l")),
    "mkdir": lambda: os.mkdir(str(folder / "d")),
    "chmod": lambda: os.chmod(victim, 0o777),
    "chown": lambda: os.chown(victim, 1, 1),
    "utime": lambda: os.utime(victim),
    "setxattr": lambda: os.setxattr(victim, "user.x", b"x"),
    "read outside": lambda: open("/etc/passwd"),
    "list outside": lambda: os.listdir("/etc"),
    "environment": lambda: open("/proc/self/environ"),
    "memory": lambda: open("/proc/self/mem", "r+b"),
    "socket": lambda: socket.socket(),
    "unix socket": lambda: socket.socket(socket.AF_UNIX),
    "fork": os.fork,
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "kill": lambda: os.kill(os.getppid(), 0),
    "ptrace": lambda: libc_call("ptrace", 16, os.getppid(), 0, 0),
    "mount": lambda: libc_call("mount", b"none", b"/mnt", b"tmpfs", 0, None),
    "unshare": lambda: libc_call("unshare", 0x10000000),
    "more memory": lambda: __import__("resource").setrlimit(__import__("resource").RLIMIT_AS, (-1, -1)),
    "openat2": lambda: libc_call("syscall", 437, -100, victim.encode(), b"\\x01" + bytes(23), 24),
    "duckdb copy over a segment": lambda: session.execute(f"copy (select 1) to '{victim}'"),
    "duckdb copy over the view": lambda: session.execute(f"copy (select 1) to '{parquet}'"),
    "duckdb copy new": lambda: session.execute(f"copy (select 1) to '{folder}/new.csv'"),
    "duckdb attach": lambda: session.execute(f"attach '{folder}/new.db'"),
    "duckdb export": lambda: session.execute(f"export database '{folder}/x'"),
    "duckdb read_text": lambda: session.execute("from read_text('/etc/passwd')").fetchall(),
    "duckdb glob": lambda: session.execute("from glob('/*')").fetchall(),
    "duckdb install": lambda: session.execute("install httpfs"),
    "duckdb load": lambda: session.execute("load httpfs"),
    "duckdb set": lambda: session.execute("set enable_external_access = true"),
    "duckdb pragma": lambda: session.execute(f"pragma profiling_output = '{folder}/p'"),
    "duckdb variable": lambda: session.execute("select * from tries").fetchall(),
}
done = []
for name, attempt in tries.items():
    try:
        attempt()
        done.append(name)
    except (OSError, ValueError, duckdb.Error, AttributeError):
        pass
os.write(1, json.dumps([list(walls), done]).encode())
"""


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    installed = install_with_days(tmp_path)
    archive(installed.folder)
    return installed


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
def test_nothing_outside_can_be_changed_or_seen_from_within(installed: Installed) -> None:
    before = {path: path.read_bytes() for path in installed.data.rglob("*") if path.is_file()}
    victim = next(path for path in installed.closed() if path.suffix == ".zst")
    parquet = next((installed.folder / "parquet").rglob("*.parquet"))
    command = [sys.executable, "-c", TRIES, str(installed.folder), str(victim), str(parquet)]
    ran = subprocess.run(command, capture_output=True, timeout=120)
    walls, done = json.loads(ran.stdout or b"[[], []]")
    assert ran.stderr == b""
    assert walls == ["limits", "landlock", "seccomp"]
    assert done == ["read inside", "thread"]
    assert {path: path.read_bytes() for path in installed.data.rglob("*") if path.is_file()} == before


def test_the_process_for_queries_stands_within_the_walls_and_has_no_variables_of_ours(installed: Installed) -> None:
    contained = Contained(installed.folder)
    try:
        contained.ask("select 1", [], Limits())
        process = contained._process
        assert process is not None
        if sys.platform == "linux":
            assert contained.walls == ("limits", "landlock", "seccomp")
            assert Path(f"/proc/{process.pid}/environ").read_bytes().strip(b"\0") in (b"", b"LC_CTYPE=C.UTF-8")
            assert "Seccomp:\t2" in Path(f"/proc/{process.pid}/status").read_text()
    finally:
        contained.stop()
