"""How soon `bartizan up` answers, how fast its pages are on a filled ledger, and how soon they show a record."""

import http.client
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bartizan.kernel import Event, Stamp
from bartizan.runner.keep import Keep
from bartizan.runner.settings import Settings
from bench.mix import history

STARTS = 10
BAR_READY_S = 2.0
RECORDS = 100_000
ASKS = 30
STREAMED = 30
SPAN = timedelta(hours=48)
PAGES = ("/", "/live", "/controls", "/findings", "/assets", "/search?text=base64", "/search?severity=high&kind=finding")
UP = [sys.executable, "-P", "-c", "from bartizan.cli import main; main()", "up", "--port", "0", "--data"]


def run() -> str:
    """Three small tables."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        first = [_start(root / f"new-{number}")[0] for number in range(STARTS)]
        data = root / "filled"
        with Keep.open(Settings(data=data)) as keep:
            made = history(RECORDS, start=datetime.now(UTC) - SPAN, span=SPAN)
            while batch := list(islice(made, 1000)):
                keep.append(batch)
        took, pages, streamed = _start(data, _ask_everything)
    table = [f"| `{path}` | {median(ms):.0f} | {quantiles(ms, n=20)[-1]:.0f} |" for path, ms in pages.items()]
    return f"""## Console

`bartizan up` until every process is ready, n={STARTS} new folders (bar: < {BAR_READY_S:g} s):
p50 {median(first):.2f} s, max {max(first):.2f} s; with {RECORDS:,} records in the ledger {took:.2f} s.

Pages over {RECORDS:,} records, n={ASKS} each, one after the other, milliseconds:

| page | p50 | p95 |
|---|---|---|
{chr(10).join(table)}

From the durable append of another process to the event in the stream, n={STREAMED}: p50 {median(streamed):.0f} ms, max
{max(streamed):.0f} ms."""


Measured = tuple[dict[str, list[float]], list[float]]
Look = Callable[[Path, int, str], Measured]


def _start(
    data: Path, look: "Callable[[Path, int, str], Measured] | None" = None
) -> tuple[float, dict[str, list[float]], list[float]]:
    """Seconds until `up` is ready, and what `look` measures while it runs."""
    started = time.perf_counter()
    with subprocess.Popen([*UP, str(data)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        match = re.search(r"http://127\.0\.0\.1:(\d+)/enter\?token=(\S+)", process.stdout.readline())
        took = time.perf_counter() - started
        assert match
        try:
            pages, streamed = look(data, int(match[1]), match[2]) if look else ({}, [])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    return took, pages, streamed


def _ask_everything(data: Path, port: int, token: str) -> Measured:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as client:
        client.request("GET", f"/enter?token={token}")
        entered = client.getresponse()
        entered.read()
        cookie = {"Cookie": entered.getheader("set-cookie", "").partition(";")[0]}
        pages = {path: [_ask(client, path, cookie) for _ in range(ASKS + 1)][1:] for path in PAGES}
        client.request("GET", "/live/stream", headers=cookie)
        stream = client.getresponse()
        stream.readline()
        return pages, _streamed(data, stream)


def _ask(client: http.client.HTTPConnection, path: str, cookie: dict[str, str]) -> float:
    started = time.perf_counter()
    client.request("GET", path, headers=cookie)
    answer = client.getresponse()
    answer.read()
    assert answer.status == 200, path
    return (time.perf_counter() - started) * 1000


def _streamed(data: Path, stream: http.client.HTTPResponse) -> list[float]:
    taken = []
    with Keep.open(Settings(data=data)) as keep:
        for _ in range(STREAMED):
            record = Stamp()(Event("bench.streamed"))
            keep.ledger.append([record])
            started = time.perf_counter()
            while True:
                line = stream.readline()
                if line.startswith(b"data: ") and json.loads(line[6:])["id"] == record.id:
                    break
            taken.append((time.perf_counter() - started) * 1000)
    return taken
