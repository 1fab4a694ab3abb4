"""How well secrets are found, and how much is taken for one: by family of the positives, and in prose and code.

`BENCH_GUARD_DATA` is the folder with `secrets.jsonl.gz` and `prompts.jsonl.gz`; `BENCH_PEERS` the Python that has
detect-secrets. The families (a scanner's rule files) are split in two by the hash of their name: the rules were written
with one half in view, and the other half was counted when they were done: 68 of 105 positives (64.8 %) and 22 of 126
negatives (17.5 %; 16 of them are keys that Google prints in its own samples). Four rules were added and five faults
mended after that, so the figures of that half are no longer blind.
"""

import gzip
import hashlib
import json
import os
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bartizan.kernel import Interval
from bartizan.text.patterns import Patterns, strongest
from bartizan.text.rule import Match
from bartizan.text.secret_rules import secret_rules
from bartizan.text.view import Plain, Views

DATA = Path(os.environ.get("BENCH_GUARD_DATA", Path(__file__).parents[2] / "shared/data/guard"))
PEERS = os.environ.get("BENCH_PEERS", "")
SURE = 0.5
RUNS = 5
SIZES = (1024, 4096)
TEXTS_PER_SIZE = 200
PEER_TEXTS = 300
MAX_SOURCE_BYTES = 2_000_000

Found = Callable[[str], list[Match]]


class Row(NamedTuple):
    """A text, whether it holds a secret, and the family that it comes from."""

    text: str
    positive: bool
    family: str


def run() -> str:
    """The section on secrets."""
    patterns = Patterns(secret_rules())

    def found(text: str) -> list[Match]:
        matches = patterns.scan(Views(text, (Plain(text),), "")).matches
        return strongest(match for match in matches if match.score >= SURE)

    parts = ["## Secrets", f"{len(patterns.rules)} rules; a finding is a match with a score of {SURE} or more."]
    if (DATA / "secrets.jsonl.gz").exists():
        parts += [_recall(found), _quiet("benign prompts and documents", found, _benign())]
        parts += [_speed(found)]
    parts += [_quiet("the standard library's sources", found, _sources(Path(sysconfig.get_path("stdlib"))))]
    return "\n\n".join(parts)


def in_view(family: str) -> bool:
    """Whether the family was looked at while the rules were written."""
    return int(hashlib.sha256(family.encode()).hexdigest(), 16) % 2 == 0


def _recall(found: Found) -> str:
    rows = [
        Row(row["text"], bool(row["label"]), row["source"]) for row in _lines("secrets.jsonl.gz") if row["text"].strip()
    ]
    answers = {"Bartizan": [bool(found(row.text)) for row in rows]}
    answers |= {tool: [bool(hits) for hits, _ in said] for tool, said in _peers([row.text for row in rows]).items()}
    table = ["| | half | positives found | negatives taken for one |", "|---|---|---|---|"]
    for tool, said in answers.items():
        for half, wanted in (("in view", True), ("not in view", False)):
            chosen = [(row, hit) for row, hit in zip(rows, said, strict=True) if in_view(row.family) == wanted]
            shares = [_share([hit for row, hit in chosen if row.positive == side]) for side in (True, False)]
            table.append(f"| {tool} | {half} | {shares[0]} | {shares[1]} |")
    worst = _by_family(rows, answers["Bartizan"])
    return "### Families\n\nWith 95 % Wilson intervals.\n\n" + "\n".join(table) + f"\n\n{worst}"


def _by_family(rows: list[Row], said: list[bool]) -> str:
    """The families where not all went right."""
    cells = []
    for family in sorted({row.family for row in rows}):
        mine = [(row.positive, hit) for row, hit in zip(rows, said, strict=True) if row.family == family]
        missed = sum(positive and not hit for positive, hit in mine)
        wrong = sum(hit and not positive for positive, hit in mine)
        if missed or wrong:
            counts = f"{missed} of {sum(p for p, _ in mine)} missed, {wrong} of {sum(not p for p, _ in mine)} wrong"
            cells.append(f"{family.removeprefix('gitleaks:')} ({'' if in_view(family) else 'not '}in view): {counts}")
    return "Families with faults: " + "; ".join(cells) + "."


def _share(hits: list[bool]) -> str:
    interval = Interval.wilson(sum(hits), len(hits))
    return f"{sum(hits)}/{len(hits)} = {sum(hits) / len(hits):.1%} ({interval.low:.1%}-{interval.high:.1%})"


def _quiet(where: str, found: Found, texts: Iterable[str]) -> str:
    count = size = 0
    matches: list[Match] = []
    for text in texts:
        count, size = count + 1, size + len(text.encode("utf-8", "replace"))
        matches += found(text)
    kinds = sorted({match.rule.id for match in matches})
    listed = ", ".join(f"{kind} {sum(match.rule.id == kind for match in matches)}" for kind in kinds) or "nothing"
    per_mb = len(matches) / size * 1e6
    said = f"{len(matches)} in {count:,} texts, {size / 1e6:.1f} MB: {per_mb:.2f} per MB ({listed})."
    return f"### Found in {where}\n\n{said}"


def _speed(found: Found) -> str:
    joined = "\n".join(_benign())
    table = ["| bytes | p50 us | p99 us | MB/s |", "|---|---|---|---|"]
    for size in SIZES:
        texts = [joined[at : at + size] for at in range(0, size * TEXTS_PER_SIZE, size)]
        best = sorted(min(_seconds(found, text) for _ in range(RUNS)) for text in texts)
        p50, p99 = best[len(best) // 2], best[len(best) * 99 // 100]
        table.append(f"| {size:,} | {p50 * 1e6:.0f} | {p99 * 1e6:.0f} | {size * len(best) / sum(best) / 1e6:.1f} |")
    texts = [joined[at : at + SIZES[-1]] for at in range(0, SIZES[-1] * PEER_TEXTS, SIZES[-1])]
    ours = sum(min(_seconds(found, text) for _ in range(RUNS)) for text in texts)
    theirs = {tool: sum(seconds for _, seconds in said) for tool, said in _peers(texts).items()}
    ratios = [f"{tool} takes {seconds / ours:,.0f} times as long on the same texts" for tool, seconds in theirs.items()]
    return "### Speed on one core\n\n" + "\n".join(table) + "\n\n" + "; ".join(ratios)


def _seconds(found: Found, text: str) -> float:
    start = time.perf_counter()
    found(text)
    return time.perf_counter() - start


def _benign() -> Iterator[str]:
    return (row["text"] for row in _lines("prompts.jsonl.gz") if row["label"] == 0)


def _sources(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.py")):
        if "site-packages" not in path.parts and path.stat().st_size < MAX_SOURCE_BYTES:
            yield path.read_text("utf-8", errors="replace")


def _lines(name: str) -> Iterator[dict[str, str | int]]:
    with gzip.open(DATA / name, "rt") as lines:
        yield from map(json.loads, lines)


def _peers(texts: list[str]) -> dict[str, list[list[float]]]:
    if not PEERS:
        return {}
    command = [PEERS, "-m", "bench.secret_peers"]
    said = subprocess.run(
        command, input=json.dumps(texts), capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    return dict(json.loads(said.stdout))
