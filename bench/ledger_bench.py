"""How fast the ledger appends, with and without a slow disk, and how fast it is verified and read."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from bartizan.kernel import AnyBody, Stamp, encode
from bartizan.ledger import Ledger, LedgerOptions, Vault, read, verify
from bartizan.ledger.disk import Disk
from bench.mix import mix

RUNS = 5
PRODUCERS = 64
EXTRA_S = 0.005
OPTIONS = LedgerOptions(segment_bytes=100 << 20)

Bodies = list[tuple[Stamp, AnyBody]]


def run() -> str:
    """The tables, as Markdown."""
    bodies = list(islice(mix(), 30_000))
    mean = statistics.mean(len(encode(stamp(body))) for stamp, body in bodies[:5000])
    return "\n".join(
        [
            "## Ledger",
            "",
            f"fdatasync of 45 KB: {sync_ms():.2f} ms (the bars are for at most 0.5).",
            f"Records of {mean:.0f} bytes on average, stamping included; best and median of {RUNS} runs.",
            "",
            "| durable appends | records/s, best | median | bar |",
            "|---|---:|---:|---:|",
            *append_rows(bodies, Disk(), "", (100_000, 50_000, 30_000), 20_000),
            *append_rows(bodies, slow_disk(), ", 5 ms added to each sync", (60_000, 10_000, 7_000), 5_000),
            "",
            *reading_rows(bodies),
        ]
    )


def sync_ms() -> float:
    """The median time of one fdatasync after a write of 45 KB."""
    with tempfile.NamedTemporaryFile() as file:
        times = []
        for _ in range(50):
            file.write(os.urandom(45_000))
            file.flush()
            began = time.perf_counter()
            Disk().sync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def slow_disk() -> Disk:
    """The same disk with 5 ms more in each sync."""
    fast = Disk()

    def sync(descriptor: int) -> None:
        time.sleep(EXTRA_S)
        fast.sync(descriptor)

    return Disk(sync=sync)


def append_rows(bodies: Bodies, disk: Disk, said: str, bars: tuple[int, int, int], count: int) -> Iterator[str]:
    for batch, bar in zip((1000, 100), bars[:2], strict=True):
        rates = [in_batches(bodies[: count if batch == 100 else len(bodies)], disk, batch) for _ in range(RUNS)]
        yield _row(f"batches of {batch:,}{said}", rates, bar)
    outcomes = [from_producers(bodies[:count], disk) for _ in range(RUNS)]
    best = max(outcomes)
    yield _row(
        f"{PRODUCERS} async producers{said} (p50 {best[1]:.1f}, p99 {best[2]:.1f} ms)",
        [rate for rate, _, _ in outcomes],
        bars[2],
    )


def in_batches(bodies: Bodies, disk: Disk, batch: int) -> float:
    """Records per second, stamped and appended in batches by one thread."""
    return _with_ledger(disk, lambda ledger: _append_in_batches(ledger, bodies, batch)) * len(bodies)


def from_producers(bodies: Bodies, disk: Disk) -> tuple[float, float, float]:
    """Records per second from async producers with one record in flight each, and the p50 and p99 of one append."""
    waits: list[float] = []

    async def produce(ledger: Ledger, part: Bodies) -> None:
        for stamp, body in part:
            began = time.perf_counter()
            await ledger.append_async([stamp(body)])
            waits.append(time.perf_counter() - began)

    async def all_producers(ledger: Ledger) -> None:
        await asyncio.gather(*(produce(ledger, bodies[start::PRODUCERS]) for start in range(PRODUCERS)))

    def work(ledger: Ledger) -> None:
        asyncio.run(all_producers(ledger))

    rate = _with_ledger(disk, work) * len(bodies)
    waits.sort()
    return rate, waits[len(waits) // 2] * 1000, waits[len(waits) * 99 // 100] * 1000


def reading_rows(bodies: Bodies) -> Iterator[str]:
    """Verifying and reading: the same records in commits of 1,000 and of 64, and one record to a commit."""
    yield "| reading back | records/s, best | median | bar |"
    yield "|---|---:|---:|---:|"
    for per_commit in (1000, 64, 1):
        part = bodies if per_commit > 1 else bodies[:5000]
        with tempfile.TemporaryDirectory() as home:
            folder, vault = Path(home) / "ledger", Vault.open(Path(home) / "vault")
            with Ledger(folder, vault, OPTIONS) as ledger:
                _append_in_batches(ledger, part, per_commit)
            rates = [_rate(lambda f=folder, v=vault: verify(f, v).records) for _ in range(RUNS)]  # type: ignore[misc]
            bar = 200_000 if per_commit > 1 else None
            yield _row(f"verify, JSON lines, {per_commit:,} to a commit", rates, bar)
            if per_commit == 1000:
                rates = [_rate(lambda f=folder: sum(1 for _ in read(f))) for _ in range(RUNS)]  # type: ignore[misc]
                yield _row("read and decode", rates, None)


def _append_in_batches(ledger: Ledger, bodies: Bodies, batch: int) -> None:
    for start in range(0, len(bodies), batch):
        ledger.append([stamp(body) for stamp, body in bodies[start : start + batch]])


def _with_ledger(disk: Disk, work: Callable[[Ledger], None]) -> float:
    """How often per second the work could be done on a fresh ledger that is already open."""
    with tempfile.TemporaryDirectory() as home:
        vault = Vault.open(Path(home) / "vault")
        with Ledger(Path(home) / "ledger", vault, OPTIONS, disk=disk) as ledger:
            ledger.append([next(mix())[0](next(mix())[1])])
            began = time.perf_counter()
            work(ledger)
            return 1 / (time.perf_counter() - began)


def _rate(work: Callable[[], int]) -> float:
    began = time.perf_counter()
    return work() / (time.perf_counter() - began)


def _row(what: str, rates: list[float], bar: int | None) -> str:
    shown = f"{bar:,}" if bar else ""
    return f"| {what} | {max(rates):,.0f} | {statistics.median(rates):,.0f} | {shown} |"
