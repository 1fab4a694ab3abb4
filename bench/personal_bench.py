"""How well personal data is found beside Presidio with patterns, how much is taken for it, and how fast.

`BENCH_GUARD_DATA` is the folder with `pii.jsonl.gz` and `prompts.jsonl.gz`; `BENCH_PEERS` the Python that has
presidio-analyzer; `BENCH_PRESIDIO_CASES` a file of `[kind, text, [[start, end], ...]]` lines, its recognisers' own
test cases, which are not ours to keep here. Nothing was trained on these data; they were looked at while the rules were
written. Seconds are of processor time, as the machine is shared.
"""

import gzip
import json
import os
import subprocess
import sysconfig
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from bartizan.text.patterns import Patterns, strongest
from bartizan.text.personal import PRESIDIO_NAMES, personal_rules
from bartizan.text.tagger import own_tagger
from bartizan.text.view import Plain, Views, views

DATA = Path(os.environ.get("BENCH_GUARD_DATA", Path(__file__).parents[2] / "shared/data/guard"))
PEERS = os.environ.get("BENCH_PEERS", "")
CASES = os.environ.get("BENCH_PRESIDIO_CASES", "")
SURE, VERY_SURE = 0.5, 0.8
RUNS = 3
SIZE = 1024
TEXTS = 150
MAX_SOURCE_BYTES = 2_000_000
# What the data call otherwise than Presidio does.
GOLD_NAMES = {"DOMAIN_NAME": "URL", "GPE": "LOCATION"}
SHORT = "short texts full of personal data"
THRESHOLDS = (0.0, 0.4, 0.5)

Span = tuple[int, int]
Found = Iterable[tuple[int, int, str, float]]


def run() -> str:
    """The section on personal data."""
    patterns = Patterns(personal_rules())
    rules = personal_rules()
    kinds = len({rule.kind for rule in rules})
    parts = [
        f"## Personal data\n\n{len(rules)} rules of {kinds} kinds, and the names tagger. A finding scores >= {SURE}.",
    ]
    if (DATA / "pii.jsonl.gz").exists():
        rows = list(_lines("pii.jsonl.gz"))
        cases = [json.loads(line) for line in Path(CASES).read_text("utf-8").splitlines()] if CASES else []
        groups = {SHORT: [row["text"] for row in rows], **_chunks()}
        peer = _peer(groups, [case[:2] for case in cases])
        parts += [_by_kind(patterns, rows, peer), _cases(patterns, cases, peer), _speed(patterns, groups, peer)]
        parts += [_quiet("benign prompts and documents", patterns, _benign())]
    parts += [_quiet("the standard library's sources", patterns, _sources(Path(sysconfig.get_path("stdlib"))))]
    return "\n\n".join(part for part in parts if part)


def _ours(patterns: Patterns, text: str) -> list[tuple[int, int, str, float]]:
    """What rules and tagger find, under Presidio's names."""
    matches = [
        (match.start, match.end, PRESIDIO_NAMES.get(match.rule.kind, match.rule.kind), match.score)
        for match in patterns.scan(views(text)).matches
    ]
    return matches + [(name.start, name.end, PRESIDIO_NAMES[name.kind], name.score) for name in own_tagger().tag(text)]


def _by_kind(patterns: Patterns, rows: list[dict], peer: dict) -> str:
    ours = [_ours(patterns, row["text"]) for row in rows]
    theirs = peer["default"][SHORT]["found"] if peer else []
    gold: dict[str, list[list[Span]]] = defaultdict(lambda: [[] for _ in rows])
    for number, row in enumerate(rows):
        for start, end, kind in row["spans"]:
            gold[GOLD_NAMES.get(kind, kind)][number].append((start, end))
    table = ["| kind | n | precision | recall | F1 | F1 whole | Presidio's best F1 | whole |", "|---" * 8 + "|"]
    for kind in sorted(gold, key=lambda kind: -sum(map(len, gold[kind]))):
        wanted = gold[kind]
        loose, whole = (_counted(wanted, _spans(ours, kind, SURE), exact=exact) for exact in (False, True))
        best = [
            max((_f1(_counted(wanted, _spans(theirs, kind, least), exact=exact)) for least in THRESHOLDS), default=0.0)
            for exact in (False, True)
        ] if theirs else ["", ""]  # fmt: skip
        right, wrong, missed = loose
        table.append(
            f"| {kind} | {right + missed} | {right / max(1, right + wrong):.3f} | {right / (right + missed):.3f} | "
            f"{_f1(loose):.3f} | {_f1(whole):.3f} | {_said(best[0])} | {_said(best[1])} |"
        )
    return (
        f"### {len(rows):,} texts of pii.jsonl.gz\n\nA span counts if it shares more than half of what both "
        f"cover, or, in "
        f"the columns `whole`, if it is the same. {peer.get('tool', 'Presidio (not run)')} with the recognisers "
        f"that are "
        f"on by default, at its best threshold of {THRESHOLDS}.\n\n" + "\n".join(table)
    )


def _cases(patterns: Patterns, cases: list[list], peer: dict) -> str:
    if not cases or not peer:
        return ""
    by_kind = defaultdict(list)
    for (kind, text, spans), theirs in zip(cases, peer["cases"], strict=True):
        ours = [one for one in _ours(patterns, text) if one[2] == kind]
        by_kind[kind].append(([tuple(span) for span in spans], ours, theirs))
    below, totals = [], [[0, 0, 0], [0, 0, 0]]
    for kind, some in sorted(by_kind.items()):
        gold = [spans for spans, _, _ in some]
        counts = [_counted(gold, _spans([row[side] for row in some], kind, 0.0), exact=True) for side in (1, 2)]
        totals = [
            [old + new for old, new in zip(total, count, strict=True)]
            for total, count in zip(totals, counts, strict=True)
        ]
        if _f1(counts[0]) < _f1(counts[1]):
            below.append(f"{kind} {_f1(counts[0]):.2f} to {_f1(counts[1]):.2f} (n = {len(some)})")
    micro = [_f1(total) for total in totals]
    return (
        f"### {peer['tool']}'s own cases\n\n{len(cases)} texts of {len(by_kind)} kinds, each for one recogniser, "
        f"at any score: micro-F1 {micro[0]:.3f}, Presidio's recognisers {micro[1]:.3f}. Below it: "
        f"{', '.join(below) or 'none'}."
    )


def _speed(patterns: Patterns, groups: dict[str, list[str]], peer: dict) -> str:
    tagger = own_tagger()
    table = [
        "| texts | KB | rules MB/s | p50 us | p99 us | all views p50 us | tagger p50 us | Presidio default | all |",
        "|---" * 9 + "|",
    ]
    for name, texts in groups.items():
        size = sum(len(text.encode()) for text in texts)
        rules = sorted(_least(lambda text: patterns.scan(plain(text)), text) for text in texts)
        viewed = sorted(_least(lambda text: patterns.scan(views(text)), text) for text in texts)
        names = sorted(_least(tagger.tag, text) for text in texts)
        times = [peer[engine][name]["seconds"] / sum(rules) for engine in ("default", "all")] if peer else []
        ratios = [f"{ratio:,.0f} times" for ratio in times] or ["", ""]
        table.append(
            f"| {name} | {size / 1000:.0f} | {size / sum(rules) / 1e6:.2f} | {_us(rules, 50)} | {_us(rules, 99)} | "
            f"{_us(viewed, 50)} | {_us(names, 50)} | {ratios[0]} | {ratios[1]} |"
        )
    return (
        f"### Speed, by seconds of one processor\n\nPieces of {SIZE} characters. Rules read the text as it "
        "came, as Presidio does, which takes so many times as long; with every view that the guard reads, decoding "
        "included, it is the column after.\n\n" + "\n".join(table)
    )


def plain(text: str) -> Views:
    """The text as it came, and no other reading of it."""
    return Views(text, (Plain(text),), "")


def _quiet(where: str, patterns: Patterns, texts: Iterable[str]) -> str:
    count = size = 0
    by_kind: dict[str, list[float]] = defaultdict(list)
    for text in texts:
        count, size = count + 1, size + len(text.encode("utf-8", "replace"))
        for match in strongest(match for match in patterns.scan(views(text)).matches if match.score >= SURE):
            by_kind[match.rule.kind].append(match.score)
    listed = ", ".join(
        f"{kind} {len(scores)} ({sum(score >= VERY_SURE for score in scores)})"
        for kind, scores in sorted(by_kind.items(), key=lambda item: -len(item[1]))
    )
    return (
        f"### Found in {where}\n\n{count:,} texts, {size / 1e6:.1f} MB; in brackets those that score {VERY_SURE} or "
        f"more. Whether they are right was not judged: mail addresses, dates and pages are. {listed or 'nothing'}."
    )


def _spans(found: Sequence[Found], kind: str, least: float) -> list[list[Span]]:
    """The spans of the kind, without those inside another."""
    rows = []
    for row in found:
        spans = {(start, end) for start, end, named, score in row if named == kind and score >= least}
        rows.append(
            sorted(
                one for one in spans if not any(two != one and two[0] <= one[0] and one[1] <= two[1] for two in spans)
            )
        )
    return rows


def _counted(gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]], *, exact: bool) -> tuple[int, int, int]:
    """How many are right, wrong and missed."""
    right = 0
    for wanted, told in zip(gold, found, strict=True):
        left = list(told)
        for span in wanted:
            if hit := next((one for one in left if (one == span if exact else _alike(one, span))), None):
                left.remove(hit)
                right += 1
    return right, sum(map(len, found)) - right, sum(map(len, gold)) - right


def _alike(one: Span, two: Span) -> bool:
    return 2 * (min(one[1], two[1]) - max(one[0], two[0])) > max(one[1], two[1]) - min(one[0], two[0])


def _f1(counted: Sequence[int]) -> float:
    right, wrong, missed = counted
    return 2 * right / max(1, 2 * right + wrong + missed)


def _said(value: float | str) -> str:
    return f"{value:.3f}" if isinstance(value, float) else value


def _least(call: Callable[[str], object], text: str) -> float:
    took = []
    for _ in range(RUNS):
        start = time.thread_time()
        call(text)
        took.append(time.thread_time() - start)
    return min(took)


def _us(took: list[float], percent: int) -> str:
    return f"{took[min(len(took) - 1, len(took) * percent // 100)] * 1e6:.0f}"


def _chunks() -> dict[str, list[str]]:
    """Pieces of one size of what people write, and of code."""
    prose = "\n".join(_benign())
    code = "\n".join(_sources(Path(sysconfig.get_path("stdlib"))))
    joined = {"prose and documents": prose, "code": code}
    return {name: [text[at : at + SIZE] for at in _starts(len(text))] for name, text in joined.items()}


def _starts(size: int) -> range:
    return range(0, size - SIZE, max(1, (size - SIZE) // TEXTS))


def _benign() -> Iterator[str]:
    return (
        row["text"] for row in _lines("prompts.jsonl.gz") if row["label"] == 0 and row["source"] != "presidio_synth"
    )


def _sources(folder: Path) -> Iterator[str]:
    size = 0
    for path in sorted(folder.rglob("*.py")):
        if size < MAX_SOURCE_BYTES and "test" not in path.parts:
            text = path.read_text("utf-8", errors="replace")
            size += len(text)
            yield text


def _lines(name: str) -> Iterator[dict]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _peer(groups: dict[str, list[str]], cases: list[list]) -> dict:
    if not PEERS:
        return {}
    asked = json.dumps({"groups": groups, "cases": cases})
    command = [PEERS, "-m", "bench.personal_peers"]
    return json.loads(subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout)
