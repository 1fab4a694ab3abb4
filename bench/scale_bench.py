"""What `fanout` costs for each item beside concurrent.futures and bare Ray tasks, and what the bus moves."""

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from statistics import median

from bartizan.scale import bus, fanout

ITEMS = 50_000
SINGLE_ITEMS = 5_000
RAY_ITEMS = 50_000
RAY_SINGLE_ITEMS = 2_000
MESSAGES = 50_000
ROUNDS = 3
STARTS = 5
CHUNK = 256


def tiny(item: int, seed: int) -> int:
    """Work that costs next to nothing, so that the way to it is what is measured."""
    return item ^ seed


def tiny_alone(item: int) -> int:
    return item


def run() -> str:
    rows = [_row(*row) for row in (*_local_rows(), *_ray_rows())]
    forkserver_ms, spawn_ms = _start_ms("forkserver"), _start_ms("spawn")
    return f"""## scale

{os.cpu_count()} cores. Items that cost nothing; workers are started within the time; median of {ROUNDS} rounds.

| way | items | items/s | us per item |
|---|---|---|---|
{"".join(rows)}
Start of a worker process, median of {STARTS}: {forkserver_ms:.0f} ms by fork server, {spawn_ms:.0f} ms by spawn.

`bus("memory:")`, publish, take and acknowledge in one thread: {_bus_rate():,.0f} messages/s.
"""


def _row(way: str, items: int, seconds: float) -> str:
    return f"| {way} | {items:,} | {items / seconds:,.0f} | {seconds / items * 1e6:,.1f} |\n"


def _local_rows() -> list[tuple[str, int, float]]:
    return [
        ("fanout, local", ITEMS, _timed(lambda: fanout(tiny, range(ITEMS)))),
        ("fanout, local:1", ITEMS, _timed(lambda: fanout(tiny, range(ITEMS), on="local:1"))),
        ("fanout, local:2", ITEMS, _timed(lambda: fanout(tiny, range(ITEMS), on="local:2"))),
        ("the same, timing each item", ITEMS, _timed(lambda: fanout(tiny, range(ITEMS), on="local:2", seconds=9))),
        (f"concurrent.futures, 2 processes, chunks of {CHUNK}", ITEMS, _timed(partial(_futures, ITEMS, CHUNK))),
        ("concurrent.futures, 2 processes, no chunks", SINGLE_ITEMS, _timed(partial(_futures, SINGLE_ITEMS, 1))),
    ]


def _futures(items: int, chunk: int) -> Iterable[int]:
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool:
        return list(pool.map(tiny_alone, range(items), chunksize=chunk))


def _ray_rows() -> list[tuple[str, int, float]]:
    import ray

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        task = ray.remote(tiny_alone)
        ray.get([task.remote(item) for item in range(10)])
        spread = _timed(lambda: fanout(tiny, range(RAY_ITEMS), on="ray:auto"))
        single = _timed(lambda: ray.get([task.remote(item) for item in range(RAY_SINGLE_ITEMS)]))
        return [
            ("fanout, Ray with 2 CPUs", RAY_ITEMS, spread),
            ("Ray, a task for each item, workers started before", RAY_SINGLE_ITEMS, single),
        ]
    finally:
        ray.shutdown()


def _timed(work: Callable[[], Iterable[object]]) -> float:
    """The median time in seconds in which all of it was had."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in work():
            pass
        times.append(time.perf_counter() - began)
    return median(times)


def _start_ms(method: str) -> float:
    context = get_context(method)
    times = []
    for _ in range(STARTS):
        began = time.perf_counter()
        mine, theirs = context.Pipe()
        process = context.Process(target=theirs.send, args=(1,))
        process.start()
        mine.recv()
        times.append((time.perf_counter() - began) * 1e3)
        process.join()
    return median(times)


def _bus_rate() -> float:
    events = bus("memory:")
    consumer = events.subscribe("bench", "one")
    began = time.perf_counter()
    for number in range(MESSAGES):
        events.publish("bench", str(number % 1_000), b"x" * 200)
        if letter := consumer.next(timeout=0):
            letter.ack()
    return MESSAGES / (time.perf_counter() - began)
