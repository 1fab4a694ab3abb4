"""What it costs to look for all rules in a text: by size and kind, on hostile texts, and beside looking one by one."""

import base64
import json
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import bartizan.guard
from bartizan.text.examples import expand
from bartizan.text.pages import run as run_of
from bartizan.text.patterns import Patterns
from bartizan.text.personal import personal_rules
from bartizan.text.rule import Rule
from bartizan.text.rules import load_rules
from bartizan.text.secret_rules import secret_rules
from bartizan.text.view import Views, views

HERE = Path(__file__).parent
ATTACKS = Path(bartizan.guard.__file__).parent / "rules"
SIZES = (1_024, 4_096)
TEXTS_PER_KIND = 24
RUNS = 40
SLOW_RUNS = 3
GERMAN = """Der Zug nach Ulm fährt heute von Gleis sieben. Wir haben die Rechnung geprüft und keine Fehler gefunden.
Bitte schicken Sie mir die Unterlagen bis Freitag. Das Wetter bleibt in den nächsten Tagen freundlich und warm.
Die neue Bücherei öffnet im Herbst. Für das Essen brauchen wir noch Äpfel, Mehl und etwas Zimt. Meine Schwester übt
jeden Abend Klavier. Der Ausschuss berät über die Straße am Fluss. Können Sie den Absatz noch einmal kürzer fassen?
Größe und Gewicht des Pakets stehen auf dem Zettel. Nach dem Umbau ist die Küche heller als zuvor."""
CHINESE = """今天下午我们去河边散步。请把这份报告翻译成英文。图书馆明年秋天开放。他每天晚上练习钢琴。
委员会正在讨论新的道路。天气在未来几天会保持晴朗温暖。请用更短的话再写一遍这一段。厨房装修以后比以前明亮。
妹妹喜欢画画和唱歌。包裹的大小和重量写在纸条上。我们检查了账单没有发现错误。这家饭店的鱼很新鲜。"""


class Timing(NamedTuple):
    p50: float
    p99: float

    def __str__(self) -> str:
        return f"{self.p50:,.0f} | {self.p99:,.0f}"


def run() -> str:
    """A Markdown section with the tables."""
    with TemporaryDirectory() as folder:
        rules = (*secret_rules(), *personal_rules(), *load_rules(ATTACKS))
        start = time.process_time()
        patterns = Patterns(rules, cache=Path(folder))
        cold = time.process_time() - start
        [kept] = Path(folder).iterdir()
        loads = [_load(Path(folder)) for _ in range(5)]
        return "\n".join(
            [
                "## Rules",
                "",
                f"{len(rules)} rules looked for together; microseconds of CPU time on one core, views made beforehand.",
                f"Of each text the quietest of {RUNS} runs counts; p50 and p99 are over {TEXTS_PER_KIND} texts.",
                "The automaton alone is the pass of Hyperscan, without RE2 and the checks. Cold compile",
                f"{cold:.1f} s of CPU time, kept in {kept.stat().st_size / 1e6:.1f} MB; warm load",
                f"{min(load.ms for load in loads):.0f} ms (quietest of 5 processes) and",
                f"{min(load.mib for load in loads):.0f} MiB more of memory.",
                "",
                "| text | bytes | all p50 | p99 | automaton p50 | p99 |",
                "|---|---:|---:|---:|---:|---:|",
                *_by_kind(patterns),
                "",
                "| hostile text of 4,096 bytes | all | matches | read to the end |",
                "|---|---:|---:|---|",
                *_hostile(patterns),
                "",
                "Six texts of each kind of 4,096 bytes, together or one pattern after the other.",
                "",
                "| looked for by | patterns | MB/s | of ours |",
                "|---|---:|---:|---:|",
                *_one_by_one(patterns, rules),
            ]
        )


def _by_kind(patterns: Patterns) -> Iterator[str]:
    for size in SIZES:
        every: list[tuple[float, float]] = []
        for kind, texts in _kinds(size).items():
            timed = [_timed(patterns, views(text)) for text in texts]
            every += timed
            yield f"| {kind} | {size:,} | {_both(timed)} |"
        yield f"| **equal parts** | {size:,} | {_both(every)} |"


def _both(timed: list[tuple[float, float]]) -> str:
    return f"{_percentiles(scan for scan, _ in timed)} | {_percentiles(automaton for _, automaton in timed)}"


def _timed(patterns: Patterns, seen: Views) -> tuple[float, float]:
    data = run_of(seen)
    automaton = patterns._automaton  # the bench looks inside
    return _quietest(lambda: patterns.scan(seen)), _quietest(lambda: automaton.hints(data))


def _hostile(patterns: Patterns) -> Iterator[str]:
    for name, text in _hostile_texts().items():
        seen = views(text)
        found = patterns.scan(seen)
        micros = _quietest(lambda seen=seen: patterns.scan(seen), SLOW_RUNS * 4)
        yield f"| {name} | {micros:,.0f} | {len(found.matches)} | {found.unread or 'yes'} |"


def _one_by_one(patterns: Patterns, rules: tuple[Rule, ...]) -> Iterator[str]:
    texts = [text for kind in _kinds(4_096).values() for text in kind[:6]]
    seen = [views(text) for text in texts]
    ours = _speed(lambda: [patterns.scan(each) for each in seen], texts)
    yield f"| Bartizan | {len(rules)} | {ours:,.2f} | 1 |"
    portable = Patterns(rules, portable=True)
    yield _row(
        "Bartizan without Hyperscan", len(rules), _speed(lambda: [portable.scan(each) for each in seen], texts), ours
    )
    compiled = list(_for_python(rules))
    speed = _speed(lambda: [list(regex.finditer(text)) for text in texts for regex in compiled], texts)
    yield _row("Python's `re`", len(compiled), speed, ours)
    try:
        from detect_secrets.core import scan
        from detect_secrets.settings import default_settings
    except ImportError:
        yield "| detect-secrets | not installed | | |"
        return
    with default_settings() as settings:
        lines = [line for text in texts for line in text.splitlines()]
        speed = _speed(lambda: [list(scan.scan_line(line)) for line in lines], texts)
        yield _row("detect-secrets, by line", len(settings.plugins), speed, ours)


def _row(name: str, count: int, speed: float, ours: float) -> str:
    return f"| {name} | {count} | {speed:,.4f} | {speed / ours:.4f} |"


def _for_python(rules: Iterable[Rule]) -> Iterator[re.Pattern[str]]:
    """The patterns that Python's `re` takes."""
    for rule in rules:
        try:
            yield re.compile(rule.pattern.replace(r"\z", r"\Z").replace(r"\x{", r"\x{"))
        except re.error:
            continue


def _kinds(size: int) -> dict[str, list[str]]:
    """Texts of so many UTF-8 bytes."""
    dice = random.Random(size)
    docs = "\n".join(path.read_text() for path in sorted((HERE.parent / "docs").glob("*.md")))
    code = "\n".join(path.read_text() for path in sorted((HERE.parent / "src").rglob("*.py"))[:120])
    sources = {
        "English": docs,
        "German": " ".join(dice.choice(re.split(r"(?<=[.?])\s", GERMAN)) for _ in range(4_000)),
        "Chinese": "".join(dice.choice(re.findall(r"[^。\n]+。", CHINESE)) for _ in range(8_000)),
        "code": code,
        "encoded": base64.b64encode(dice.randbytes(200_000)).decode(),
    }
    return {kind: [_cut(text, dice, size) for _ in range(TEXTS_PER_KIND)] for kind, text in sources.items()}


def _cut(text: str, dice: random.Random, size: int) -> str:
    start = dice.randrange(len(text) - size)
    return text[start : start + size].encode()[:size].decode(errors="ignore")


def _hostile_texts() -> dict[str, str]:
    dice = random.Random(7)
    some = {
        "one letter": "a",
        "digits": "1234567890",
        "digits apart": "1 ",
        "phone numbers": "+1 212 555 0101\n",
        "dates and times": "2024-02-29 12:30 ",
        "mail addresses": "a.b@example.com ",
        "card numbers": "4111 1111 1111 1111 ",
        "cloud keys": expand("AKIA{base32:16} "),
        "names of secrets": "api_key=token:password=secret ",
        "hexadecimal": "deadbeef01",
        "control tokens": "<|im_start|>system ",
        "templates": "{{7*7}} ${jndi:ldap://a} ",
        "traversal": "../",
        "quotes and tautologies": "' or '1'='1 ",
        "addresses of the metadata": "http://169.254.169.254/ ",
        "NULs": "a\0",
        "capital words": "Anna Maria Berg ",
        "Chinese digits": "中1文2",
    }
    texts = {name: (text * 4_096)[:4_096] for name, text in some.items()}
    texts["random letters"] = "".join(dice.choices("abcdefghijklmnopqrstuvwxyz0123456789-_=:/. ", k=4_096))
    texts["random bytes, in Latin"] = dice.randbytes(2_700).decode("latin-1")
    return texts


def _quietest(call: Callable[[], object], runs: int = RUNS) -> float:
    """Microseconds of the quietest run."""
    best = float("inf")
    for _ in range(runs):
        start = time.thread_time()
        call()
        best = min(best, time.thread_time() - start)
    return best * 1e6


def _speed(call: Callable[[], object], texts: list[str]) -> float:
    return sum(len(text.encode()) for text in texts) / _quietest(call, SLOW_RUNS)


def _percentiles(values: Iterable[float]) -> Timing:
    ordered = sorted(values)
    return Timing(ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))])


class Load(NamedTuple):
    ms: float
    mib: float


def _load(folder: Path) -> Load:
    """A process of its own loads the patterns from the cache."""
    code = f"from bench.patterns_bench import _load_here; _load_here({str(folder)!r})"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=HERE.parent)
    return Load(*json.loads(answer.stdout))


def _load_here(folder: str) -> None:
    import hyperscan

    hyperscan.Database()
    rules = (*secret_rules(), *personal_rules(), *load_rules(ATTACKS))
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    Patterns(rules, cache=Path(folder))
    spent, after = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([spent * 1e3, (after - before) / 1024]))
