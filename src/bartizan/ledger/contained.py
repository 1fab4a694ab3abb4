"""The process in which SQL over the ledger runs: started by `query`, walled in, and asked over its standard streams.

A frame is four bytes of length and a MessagePack value. The first frame says which walls stand; then each question
gets one answer.
"""

import math
import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from bartizan.kernel import BartizanError, UsageError
from bartizan.ledger.errors import LedgerTampered
from bartizan.ledger.files import open_plain
from bartizan.ledger.inventory import Filed, durable_bytes, filed
from bartizan.ledger.jail import enter
from bartizan.ledger.narrow import ids_asked_for, may_hold
from bartizan.ledger.parquet import COLUMN_LIST, COLUMNS, connect, quoted, select_lines, view_files
from bartizan.ledger.select import checked_select

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MIB = 1 << 20
MEMORY_MIB = 768
ADDRESS_SPACE_BYTES = 4096 * MIB
ROWS_AT_ONCE = 500
TRIES = 50
"""How often a query begins again because a segment was packed under it; its time limit ends it before that."""
DUCKDB_READS = (Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))
"""What DuckDB reads at its start to learn how much memory there is; it breaks where it may not."""
MAX_THREADS = 4
MEANT = {
    "'pytz'": "a column is a TIMESTAMPTZ; cast it with ::TIMESTAMP",
    "to INT128": "an id is compared with a text that is no UUID",
}
"""What some of DuckDB's errors mean here."""
VERIFY = "bartizan ledger verify says more."
LENGTH = struct.Struct("<I")
INT64 = range(-(2**63), 2**63)

Snapshot = tuple[tuple[Path, ...], tuple[Filed, ...]]


class Hello(msgspec.Struct, frozen=True):
    """The first frame: which walls stand around the process."""

    walls: tuple[str, ...]


class Question(msgspec.Struct, frozen=True):
    sql: str
    params: list[Any]
    max_rows: int
    max_bytes: int


class Answer(msgspec.Struct, frozen=True):
    columns: tuple[str, ...] = ()
    rows: list[list[Any]] = []
    truncated: bool = False
    error: str = ""
    wrong: bool = False
    """True if the question was wrong, false if the ledger could not be looked at."""
    cpu_seconds: float = 0.0


class Looker:
    """A DuckDB over one ledger, which follows the ledger's files as they come and go."""

    def __init__(self, folder: Path, scratch: int) -> None:
        self._folder = folder
        self._scratch = scratch
        self._session: DuckDBPyConnection | None = None
        self._shown: Snapshot | None = None
        self._loaded: dict[tuple[int, int], tuple[int, int]] = {}
        """Bytes and records taken from each open segment so far."""

    def ask(self, question: Question) -> Answer:
        """The rows that the question selects, as far as its limits let them through."""
        import duckdb

        for attempt in range(TRIES):
            try:
                return self._ask_once(question)
            except (duckdb.IOException, duckdb.PermissionException, FileNotFoundError) as error:
                # A segment was packed or retained between the listing and the reading.
                self._session = None
                if attempt == TRIES - 1:
                    return Answer(error=f"a file of the ledger cannot be read: {_one_line(error)}")
            except UsageError as error:
                return Answer(error=str(error), wrong=True)
            except BartizanError as error:
                return Answer(error=str(error))
            except (duckdb.OutOfMemoryException, MemoryError):
                self._session = None
                return Answer(error=f"the query needs more than {MEMORY_MIB} MiB. Ask for less.", wrong=True)
            except (duckdb.InternalException, duckdb.FatalException) as error:
                self._session = None
                return Answer(error=f"the query cannot be run: {_one_line(error)}", wrong=True)
            except duckdb.Error as error:
                return Answer(error=f"the query cannot be run: {_one_line(error)}", wrong=True)
        raise AssertionError

    def _ask_once(self, question: Question) -> Answer:
        session = self._refreshed()
        ids = ids_asked_for(checked_select(session, question.sql), question.params)
        with self._narrowed(session, ids):
            session.execute("begin transaction read only")
            try:
                session.execute(question.sql, question.params)
                return _fetched(session, question)
            finally:
                session.execute("rollback")

    @contextmanager
    def _narrowed(self, session: "DuckDBPyConnection", ids: frozenset[str] | None) -> Iterator[None]:
        """While it lasts, `records` shows no file that can hold none of these ids."""
        parquet, lines = self._shown or ((), ())
        if ids is None or not parquet:
            yield
            return
        session.execute(_view("temporary view", tuple(path for path in parquet if may_hold(path, ids)), lines))
        try:
            yield
        finally:
            session.execute("drop view temp.records")

    def _refreshed(self) -> "DuckDBPyConnection":
        """A session whose view shows what is durable now."""
        found = filed(self._folder)
        viewed = view_files(self._folder)
        closed = [each for each in found if not each.open]
        # The newest first: while DuckDB looks for the latest few, it skips row groups older than those it has.
        parquet = tuple(sorted((viewed[each.key] for each in closed if each.key in viewed), key=_age, reverse=True))
        shown = (parquet, tuple(each for each in closed if each.key not in viewed))
        if self._session is None or shown != self._shown:
            self._session, self._shown, self._loaded = _session(*shown, self._scratch), shown, {}
        for each in found:
            if each.open:
                self._load(self._session, each)
        return self._session

    def _load(self, session: "DuckDBPyConnection", growing: Filed) -> None:
        """Takes in what became durable in an open segment since the last question."""
        start, records = self._loaded.get(growing.key, (0, 0))
        stop, size = durable_bytes(growing.segment, start)
        if size is None:
            return
        fill(self._scratch, growing.path, start, stop)
        source = select_lines(scratch_path(self._scratch), growing.slot, growing.first + records)
        inserted = session.execute(f"insert into tail {source}").fetchone()
        if inserted is None or growing.first + records + inserted[0] != size:
            self._session = None
            raise LedgerTampered("an open segment and its head line disagree", where=growing.path, todo=VERIFY)
        self._loaded[growing.key] = stop, size - growing.first


def main() -> None:
    """Answers questions from standard input until it ends."""
    import duckdb  # noqa: F401  (before the walls stand, for nothing can be imported after)

    folder = Path(sys.argv[1])
    scratch = open_scratch()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not pass for an answer
    walls = enter([folder, *DUCKDB_READS], memory_bytes=ADDRESS_SPACE_BYTES)
    write_frame(answers, Hello(walls))
    looker = Looker(folder, scratch)
    questions = msgspec.msgpack.Decoder(Question)
    while frame := read_frame(sys.stdin.buffer):
        answer = looker.ask(questions.decode(frame))
        write_frame(answers, msgspec.structs.replace(answer, cpu_seconds=time.process_time()))


def open_scratch() -> int:
    """A file without a name, in memory where the system can, from which DuckDB reads what is durable of a segment."""
    if sys.platform == "linux":
        return os.memfd_create("tail")
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def scratch_path(scratch: int) -> str:
    return f"/proc/self/fd/{scratch}" if sys.platform == "linux" else f"/dev/fd/{scratch}"


def fill(scratch: int, path: Path, start: int, stop: int) -> None:
    """Makes the scratch file hold bytes `start` to `stop` of a segment: `read_json` fails on a file that grows."""
    os.ftruncate(scratch, 0)
    os.lseek(scratch, 0, os.SEEK_SET)
    with open_plain(path) as file:
        file.seek(start)
        while start < stop:
            piece = file.read(min(MIB, stop - start))
            if not piece:
                raise LedgerTampered("a segment shrank while it was read", where=path, todo=VERIFY)
            start += os.write(scratch, piece)


def read_frame(stream: IO[bytes]) -> bytes:
    """The next frame's content; empty at the end."""
    length = stream.read(LENGTH.size)
    return stream.read(LENGTH.unpack(length)[0]) if len(length) == LENGTH.size else b""


def write_frame(stream: IO[bytes], value: Any) -> None:
    content = msgspec.msgpack.encode(value)
    stream.write(LENGTH.pack(len(content)) + content)
    stream.flush()


def _session(parquet: tuple[Path, ...], lines: tuple[Filed, ...], scratch: int) -> "DuckDBPyConnection":
    """A DuckDB with the view `records`, which can open these very files and nothing else, and stays so."""
    session = connect(memory_mib=MEMORY_MIB, threads=min(MAX_THREADS, os.cpu_count() or 1))
    session.execute("create table tail (" + ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items()) + ")")
    paths = [*(str(path) for path in parquet), *(str(each.path) for each in lines), scratch_path(scratch)]
    session.execute(f"set allowed_paths = [{', '.join(quoted(path) for path in paths)}]")
    session.execute("set TimeZone = 'UTC'")
    session.execute("set parquet_metadata_cache = true")
    session.execute("set enable_external_access = false")
    session.execute("set lock_configuration = true")
    session.execute(_view("view", parquet, lines))
    return session


def _view(made: str, parquet: tuple[Path, ...], lines: tuple[Filed, ...]) -> str:
    """SQL that makes the view `records` of these files and of what was taken in from open segments."""
    parts = ["main.tail"]
    if parquet:
        parts.append(f"read_parquet([{', '.join(quoted(str(path)) for path in parquet)}])")
    parts += [f"({select_lines(str(each.path), each.slot, each.first)})" for each in lines]
    union = " union all ".join(f"select {COLUMN_LIST} from {part}" for part in parts)  # noqa: S608 - our own words
    return f"create {made} records as {union}"


def _age(path: Path) -> tuple[str, str]:
    """Sorts files of the view by day, then by how far their slot had come."""
    return path.parent.name, path.name.partition("-")[2]


def _fetched(session: "DuckDBPyConnection", question: Question) -> Answer:
    """The rows of the query just run, until one of the limits is reached."""
    columns = tuple(str(column[0]) for column in session.description or ())
    rows: list[list[Any]] = []
    left = question.max_bytes
    while batch := session.fetchmany(min(ROWS_AT_ONCE, question.max_rows + 1 - len(rows))):
        for values in batch:
            row = [_plain(value) for value in values]
            left -= len(msgspec.msgpack.encode(row))
            if left < 0 or len(rows) == question.max_rows:
                return Answer(columns, rows, truncated=True)
            rows.append(row)
    return Answer(columns, rows)


def _plain(value: Any) -> Any:
    """The value as one that JSON has: times in ISO form, whole numbers beyond 64 bits and exact decimals as text."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return value if value in INT64 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return (
            value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z") if value.tzinfo is None else value.isoformat()
        )
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.hex() if isinstance(value, bytes) else str(value)


def _one_line(error: BaseException) -> str:
    """What DuckDB said, without its picture of the query."""
    said = str(error).partition("\n\n")[0]
    for sign, meant in MEANT.items():
        if sign in said:
            return meant
    return " ".join(said.split())[:500] or type(error).__name__


if __name__ == "__main__":
    main()
