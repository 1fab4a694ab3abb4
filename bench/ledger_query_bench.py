"""The ledger's views: the room of packed segments and Parquet, the cost of making them, and the speed of queries."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

from bartizan.kernel import Record, decode, encode
from bartizan.ledger import LedgerOptions
from bartizan.ledger.merkle import EMPTY_ROOT
from bartizan.ledger.query import Limits, query
from bartizan.ledger.segment import HeadLine, segment_name
from bench.mix import DAY_START, history

RECORDS = int(os.environ.get("BENCH_RECORDS", "1000000"))
SEGMENT_BYTES = LedgerOptions().segment_bytes
COMMIT_RECORDS = 1000
OPEN_BYTES = 100_000_000
DAY_RECORDS = 1_000_000
ID_AT, DATE_AT = len('{"v":1,"id":"'), len('{"v":1,"id":"","at":"') + 36
ROUNDS = 7

ARCHIVE = """
import json, resource, sys, time
from pathlib import Path
from bartizan.ledger.archive import archive
start = time.monotonic()
done = archive(Path(sys.argv[1]))
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss, done.refused]))
"""


def run() -> str:
    """Makes a history, archives it in a process of its own, and asks it questions with and without an open segment."""
    folder = Path(tempfile.mkdtemp(prefix="bartizan-bench-"))
    try:
        return _run(folder)
    finally:
        shutil.rmtree(folder)


def _run(folder: Path) -> str:
    lines, end = _write(folder, _history(RECORDS), 0, SEGMENT_BYTES)
    known = _known(folder)
    made = subprocess.run([sys.executable, "-c", ARCHIVE, str(folder)], capture_output=True, check=True)
    seconds, cpu, rss_kib, refused = json.loads(made.stdout)
    if refused:
        raise RuntimeError(refused[0])
    packed = sum(path.stat().st_size for path in folder.glob("0/*.zst"))
    parquet = sum(path.stat().st_size for path in folder.glob("parquet/*/*.parquet"))
    closed = _times(folder, known)
    later = history(300_000, seed=1, start=DAY_START + timedelta(days=40))
    _write(folder, (encode(record) for record in later), end, None)
    fresh = _timed(folder, "select count(*) from records", [])
    grown = _times(folder, known)
    rows = [
        f"| {name} | {bar} | {_ms(closed[name])} | {_ms(grown[name])} |"
        for name, bar in (
            ("group-by", "300 / 600"),
            ("point look-up", "150 / 600"),
            ("latest 50 of an asset", "150 / 600"),
        )
    ]
    return "\n".join(
        [
            f"## Views of the ledger: {RECORDS:,} records, {lines / 1e9:.2f} GB of lines",
            "",
            "| what | bar | measured |",
            "|---|---|---|",
            f"| `.jsonl.zst`, share of the lines | 25 % | {packed / lines:.1%} |",
            f"| Parquet, share of the lines | 12 % | {parquet / lines:.1%} |",
            f"| making both: wall, CPU | 60 s for 10 M | {seconds:.1f} s, {cpu:.1f} s on {os.cpu_count()} cores |",
            f"| largest memory of the process that makes them | 1.2 GB | {rss_kib * 1024 / 1e9:.2f} GB |",
            f"| first query after 100 MB were appended | | {_ms([fresh])} |",
            "",
            f"| query, median (slowest) of {ROUNDS}, ms | bars | all closed | with 100 MB in the open segment |",
            "|---|---|---|---|",
            *rows,
        ]
    )


def _history(count: int) -> Iterator[bytes]:
    """Lines of a day per million records; each day after the first repeats its bodies with ids and times of its own."""
    day = min(count, DAY_RECORDS)
    first = [encode(record) for record in history(day)]
    for number in range(-(-count // day)):
        date = f"{DAY_START + timedelta(days=number):%Y-%m-%d}".encode()
        for line in islice(first, min(day, count - number * day)):
            yield line if number == 0 else _moved(line, number, date)


def _moved(line: bytes, days: int, date: bytes) -> bytes:
    """The line as it would have been written some days later."""
    tick = int(line[ID_AT : ID_AT + 8] + line[ID_AT + 9 : ID_AT + 13], 16) + days * 86_400_000
    time = b"%08x-%04x" % (tick >> 16, tick & 0xFFFF)
    return line[:ID_AT] + time + line[ID_AT + 13 : DATE_AT] + date + line[DATE_AT + len(date) :]


def _known(folder: Path) -> Record:
    """A record in the middle of the history."""
    files = sorted(folder.glob("0/*.jsonl"))
    with files[len(files) // 2].open("rb") as file:
        return decode(file.readline().rstrip())


def _write(folder: Path, lines: Iterator[bytes], index: int, segment_bytes: int | None) -> tuple[int, int]:
    """Writes segments as the ledger does, but for the roots, which no view looks at; without a size an open one."""
    (folder / "0").mkdir(exist_ok=True)
    total = 0
    while commit := list(islice(lines, COMMIT_RECORDS)):
        path = folder / "0" / segment_name(index)
        size = 0
        with path.open("wb") as file:
            while commit:
                index += len(commit)
                head = HeadLine(index, EMPTY_ROOT).line()
                size += file.write(b"\n".join([*commit, head, b""]))
                if size >= (segment_bytes or OPEN_BYTES):
                    break
                commit = list(islice(lines, COMMIT_RECORDS))
        total += size
        if segment_bytes is None:
            return total, index
    (folder / "0" / segment_name(index)).touch()
    return total, index


def _times(folder: Path, known: Record) -> dict[str, list[float]]:
    group = "select kind, severity, count(*), avg(score) from records group by all order by all"
    point = "select * from records where id = ?"
    latest = 'select * from records where asset = ? order by "at" desc limit 50'
    questions = {
        "group-by": (group, []),
        "point look-up": (point, [known.id]),
        "latest 50 of an asset": (latest, [known.asset]),
    }
    return {name: [_timed(folder, *question) for _ in range(ROUNDS)] for name, question in questions.items()}


def _timed(folder: Path, sql: str, values: list[str | None]) -> float:
    start = time.monotonic()
    found = query(folder, sql, values, limits=Limits(seconds=120))
    if not found.rows:
        raise RuntimeError(f"no rows from {sql}")
    return time.monotonic() - start


def _ms(times: list[float]) -> str:
    return f"{statistics.median(times) * 1000:.0f} ({max(times) * 1000:.0f})"
