"""The pickle machine beside the C unpickler on random programs, and its speed beside the standard parser."""

import collections
import datetime
import os
import pickle
import pickletools
import random
import statistics
import time

from bartizan.artifacts import Held, scan
from tests.artifacts.pickle_differential import compare

PROGRAMS = int(os.environ.get("BENCH_PROGRAMS", "1000000"))
CHUNK = 20_000
PROTOCOL = 4
SMALL_FILES = 200


def run() -> str:
    return "\n\n".join(["## Pickle machine", _proof(), _speed(), _small()])


def _proof() -> str:
    """Programs, how many reach STOP, opcodes tried, and disagreements; zero is the only good number of the last."""
    programs = stopped = wrong = 0
    opcodes: set[str] = set()
    began = time.perf_counter()
    for first in range(0, PROGRAMS, CHUNK):
        result = compare(range(first, min(PROGRAMS, first + CHUNK)), opcodes_every=100)
        programs, stopped = programs + result.programs, stopped + result.stopped
        wrong += len(result.disagreements)
        opcodes |= result.opcodes
    return (
        f"{programs:,} random programs through the C unpickler and the machine: {wrong} disagreements, "
        f"{stopped / programs:.1%} reach STOP, {len(opcodes)} opcodes tried, {time.perf_counter() - began:.0f} s "
        f"(`BENCH_PROGRAMS={PROGRAMS} python -m bench pickle_bench`)."
    )


def _speed() -> str:
    """MB/s on streams with many opcodes, beside `pickletools.genops`, which only splits them."""
    dice = random.Random(1)
    streams = {
        "small integers": [dice.randrange(256) for _ in range(500_000)],
        "nested empties": [[[], [], {}, ()] for _ in range(100_000)],
        "small dicts": [{"a": i, "b": 2, "c": None} for i in range(100_000)],
        "tuples": [(i, "x", 1.5) for i in range(100_000)],
        "dates": [datetime.datetime(2020, 1, 1, 1, 1, i % 60) for i in range(30_000)],
        "counters": [collections.Counter(a=i) for i in range(30_000)],
    }
    rows = ["| stream, protocol 4 | MB | machine MB/s | genops MB/s |", "|---|---|---|---|"]
    for name, value in streams.items():
        data = pickle.dumps(value, PROTOCOL)
        ours = _seconds(lambda data=data: scan(Held("x", data), digest=False))  # type: ignore[misc]
        theirs = _seconds(lambda data=data: collections.deque(pickletools.genops(data), 0))  # type: ignore[misc]
        size = len(data) / 1e6
        rows.append(f"| {name} | {size:.1f} | {size / ours:.1f} | {size / theirs:.1f} |")
    return "\n".join(rows)


def _small() -> str:
    files = [
        pickle.dumps({"a": [1, 2, 3], "b": collections.OrderedDict(c="x" * i)}, PROTOCOL) for i in range(SMALL_FILES)
    ]
    scan(Held("warm", files[0]))
    times = [_seconds(lambda data=data: scan(Held("x", data))) for data in files]  # type: ignore[misc]
    return f"Small files: median {statistics.median(times) * 1e3:.2f} ms of {SMALL_FILES}."


def _seconds(act: collections.abc.Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began
