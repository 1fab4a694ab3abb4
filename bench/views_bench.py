"""How long it takes to read a text in all its views, how many innocent texts have, and what is found at which length.

`python -m bench.views_bench` prints this section and writes nothing.
"""

import time
from collections.abc import Iterable
from random import Random
from statistics import median

from bartizan.kernel import Interval
from bartizan.text.view import views
from bench.view_texts import KINDS, texts
from tests.text import hostile
from tests.text.encoders import ENCODERS, NESTED
from tests.text.test_view_table import PAYLOADS, found

SIZES = (1024, 4096, 102_400)
TEXTS = 200
LONG_TEXTS = 10
RUNS = 5
LOOP = 1_000
"""Steps, by which runs on machines of different speeds or loads can be compared."""
HOSTILE_SIZE = 4096
HOSTILE_RUNS = 15
LENGTHS = (1_000, 10_000, 100_000)
PLACES = 5
WORST = 12


def run() -> str:
    """The section on views."""
    return "\n\n".join(["## Views of a text", _speed(), _hostile(), _recall()])


def _speed() -> str:
    rows = []
    for size in SIZES:
        all_times: list[float] = []
        for kind in KINDS:
            some = texts(kind, size, TEXTS if size < SIZES[-1] else LONG_TEXTS)
            times = [_seconds(text) for text in some]
            all_times += times
            read = [views(text) for text in some]
            made = sum(len(each.all) - 1 for each in read) / len(read)
            more = sum(len(view.text) for each in read for view in each.all[1:]) / sum(map(len, some))
            unread = sum(bool(each.unread) for each in read)
            rows.append([kind, f"{size:,}", *_quantiles(times), f"{made:.2f}", f"{more:.2f}", unread])
        rows.append(["**all**", f"{size:,}", *_quantiles(all_times), "", "", ""])
    head = ["text", "bytes", "p50 us", "p99 us", "views beside the text", "their characters per character", "unread"]
    notes = (
        f"{TEXTS} texts of each kind and size ({LONG_TEXTS} of the longest), the best of {RUNS} runs of each, `joined` "
        "included, on one core, by the processor's clock. The sources of this project are the code. In the same run a "
        f"loop of {LOOP:,} multiplications in plain Python took {_loop() * 1e6:.0f} us."
    )
    return f"{notes}\n\n{_table(head, rows)}"


def _hostile() -> str:
    rows = []
    for name, text in hostile.texts(HOSTILE_SIZE).items():
        times = [_once(text) for _ in range(HOSTILE_RUNS)]
        read = views(text)
        rows.append([name, f"{min(times) * 1e3:.2f}", f"{median(times) * 1e3:.2f}", len(read.all), read.unread or "-"])
    rows.sort(key=lambda row: -float(str(row[1])))
    within = sum(float(str(row[1])) <= 2 for row in rows)
    notes = (
        f"{len(rows)} hostile texts of {HOSTILE_SIZE:,} characters: {within} take 2 ms at most. The slowest {WORST}:"
    )
    return f"{notes}\n\n{_table(['full of', 'least ms', 'median ms', 'views', 'unread'], rows[:WORST])}"


def _recall() -> str:
    """Whether a payload is found wherever it stands in innocent texts."""
    dice = Random(5)
    rows: list[list[object]] = []
    missed: dict[str, int] = {}
    for length in LENGTHS:
        hits = tries = 0
        for name, encode in (ENCODERS | NESTED).items():
            for _ in range(PLACES):
                payload = dice.choice(PAYLOADS)
                (host,) = texts(dice.choice(KINDS[:4]), length, 1, dice.getrandbits(32))
                at = host.find(" ", dice.randrange(len(host))) + 1
                tries += 1
                if found(f"{host[:at]}{encode(payload)} {host[at:]}", payload):
                    hits += 1
                else:
                    missed[name] = missed.get(name, 0) + 1
        share = Interval.wilson(hits, tries)
        rows.append([f"{length:,}", tries, f"{hits / tries:.1%}", f"{share.low:.1%} - {share.high:.1%}"])
    worst = ", ".join(f"{name} {count}" for name, count in sorted(missed.items(), key=lambda item: -item[1])[:WORST])
    count = len(ENCODERS | NESTED)
    notes = f"A payload in each of {count} encodings, at {PLACES} places in English, German, Chinese or code:"
    return f"{notes}\n\n{_table(['bytes', 'tries', 'found', '95 %'], rows)}\n\nMissed most: {worst or 'none'}."


def _loop() -> float:
    times = []
    for _ in range(TEXTS):
        start = time.thread_time()
        total = 0
        for step in range(LOOP):
            total += step * step
        times.append(time.thread_time() - start)
    return min(times)


def _seconds(text: str) -> float:
    return min(_once(text) for _ in range(RUNS))


def _once(text: str) -> float:
    start = time.thread_time()
    _ = views(text).joined
    return time.thread_time() - start


def _quantiles(times: list[float]) -> list[str]:
    ordered = sorted(times)
    return [f"{ordered[int(len(ordered) * share)] * 1e6:,.0f}" for share in (0.5, 0.99)]


def _table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    lines = [list(map(str, row)) for row in (head, *rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    print(run())
