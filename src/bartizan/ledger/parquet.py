"""The Parquet view: one disposable file per closed segment, in a folder per day, made by DuckDB."""

import os
import re
import secrets
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from bartizan.kernel import decode
from bartizan.ledger.errors import LedgerError, LedgerTampered
from bartizan.ledger.files import make_folder, sync_folder
from bartizan.ledger.inventory import Filed
from bartizan.ledger.segment import MAX_LINE_BYTES, commits

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOLDER = "parquet"
LAYOUT = "2"
"""Changes when the columns or the names do: a view of another layout is made again."""
VIEW_FILE = re.compile(r"(0|[1-9][0-9]{0,5})-([0-9]{20})\.([0-9a-f]{12})-([0-9a-f]{12})\.parquet\Z")
"""The slot and first index of the segment that a file shows, and how the least and the greatest id in it begin.

Ids begin with the millisecond in which they were made, so a file usually spans some minutes of them.
"""

LEAST_ID, GREATEST_ID = "0" * 12, "f" * 12
ROW_GROUP_ROWS = 40_960
COMPRESSION_LEVEL = 6
ORDER = 'kind, "index"'
"""Bodies of one kind beside each other take a fortieth less room, at a level that costs a fifth less time."""
MEMORY_MIB = 360

LINE_COLUMNS = {
    "v": "INTEGER",
    "id": "VARCHAR",
    "at": "TIMESTAMP",
    "tenant": "VARCHAR",
    "rev": "BIGINT",
    "control": "VARCHAR",
    "asset": "VARCHAR",
    "actor": "VARCHAR",
    "payload": "VARCHAR",
    "body": "JSON",
    "causes": "VARCHAR[]",
}
BODY_COLUMNS = {
    "kind": "VARCHAR",
    "name": "VARCHAR",
    "rule": "VARCHAR",
    "severity": "VARCHAR",
    "score": "DOUBLE",
    "fingerprint": "VARCHAR",
    "said": "VARCHAR",
    "did": "VARCHAR",
}
ENVELOPE = ("v", "at", "tenant", "rev", "control", "asset", "actor", "payload")
COLUMNS: dict[str, str] = {
    "slot": "INTEGER",
    "index": "BIGINT",
    "id": "UUID",
    **{name: LINE_COLUMNS[name] for name in ENVELOPE},
    **BODY_COLUMNS,
    "body": "VARCHAR",
    "causes": "UUID[]",
}
"""The columns of the SQL view `records`, in their order. As UUIDs, ids take a third less room than as text."""
COLUMN_LIST = ", ".join(f'"{name}"' for name in COLUMNS)


def view_files(folder: Path) -> dict[tuple[int, int], Path]:
    """The files of the view, by the slot and first index of the segment that each shows."""
    found = {}
    for path in (folder / FOLDER).glob("*/*.parquet"):
        if match := VIEW_FILE.match(path.name):
            found[int(match[1]), int(match[2])] = path
    return found


def select_lines(path: str, slot: int, first: int) -> str:
    """SQL that reads the records of JSON lines as the columns of the view; `first` is the index of the first one."""
    lines = ", ".join(f"\"{name}\": '{kind}'" for name, kind in LINE_COLUMNS.items())
    inner = ", ".join(f'"{name}":"{kind}"' for name, kind in BODY_COLUMNS.items())
    envelope = ", ".join(f'"{name}"' for name in ENVELOPE)
    flat = ", ".join(f'_b."{name}" as "{name}"' for name in BODY_COLUMNS)
    # A head line has no `v`. The window keeps DuckDB from taking each body apart once per column.
    return f"""
        select {int(slot)}::INTEGER as slot, {int(first)} + _n - 1 as "index", try_cast(id as UUID) as id,
               {envelope}, {flat}, body::VARCHAR as body, coalesce(try_cast(causes as UUID[]), []) as causes
        from (select *, row_number() over () as _n
              from (select *, from_json(body, '{{{inner}}}') as _b
                    from read_json({quoted(path)}, format = 'newline_delimited', columns = {{{lines}}},
                                   maximum_object_size = {2 * MAX_LINE_BYTES})
                    where v is not null))"""  # noqa: S608 - names and types of ours, and a quoted path


def make_view_file(folder: Path, filed: Filed) -> Path:
    """Makes the Parquet file that shows a closed segment; returns its path."""
    day = folder / FOLDER / _first_day(filed)
    make_folder(day)
    name = f"{filed.slot}-{filed.first:020d}"
    draft = day / f".{name}.{secrets.token_hex(8)}.draft"
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    try:
        least, greatest = _copy(filed, draft)
        descriptor = os.open(draft, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        target = day / f"{name}.{start_of_id(least)}-{start_of_id(greatest)}.parquet"
        draft.rename(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(day)
    return target


def drop_view_files(paths: Iterable[Path]) -> None:
    """Removes files of the view, and the folders of days that this leaves empty."""
    for path in paths:
        path.unlink(missing_ok=True)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def connect(*, memory_mib: int, threads: int) -> "DuckDBPyConnection":
    """A DuckDB in memory that fetches no extension, spills to no disk, prints nothing, and sees no variable of ours."""
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_mib}MiB",
        "threads": threads,
        "temp_directory": "",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "python_enable_replacements": False,
    }
    session = duckdb.connect(":memory:", config=settings)
    session.execute("set enable_progress_bar = false")
    return session


def quoted(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _first_day(filed: Filed) -> str:
    """The day, in UTC, on which the first record of a segment was written."""
    first = next(commits(filed.segment), None)
    if first is None:
        raise LedgerTampered("a closed segment holds no record", where=filed.path)
    return decode(first.lines[0]).at.astimezone(UTC).date().isoformat()


def start_of_id(id: str) -> str:
    """The first 48 bits of an id, in hex."""
    return id.replace("-", "")[:12]


def _copy(filed: Filed, draft: Path) -> tuple[str, str]:
    """Writes the view of a segment; returns the least and the greatest id in it."""
    import duckdb

    with connect(memory_mib=MEMORY_MIB, threads=1) as session:
        try:
            done = session.execute(
                f"copy (from ({select_lines(str(filed.path), filed.slot, filed.first)}) order by {ORDER}) "
                f"to {quoted(str(draft))} "
                f"(format parquet, parquet_version v2, compression zstd, compression_level {COMPRESSION_LEVEL}, "
                f"row_group_size {ROW_GROUP_ROWS}, use_tmp_file false, return_stats true)"
            ).fetchone()
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            raise LedgerError(f"the Parquet view of a segment could not be made: {said}", where=filed.path) from None
    ids = done[4].get('"id"', {}) if done else {}
    return ids.get("min", LEAST_ID), ids.get("max", GREATEST_ID)
