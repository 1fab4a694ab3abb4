"""`fanout` in this process and in worker processes: order, failures, crashes, time, memory, cancelling."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.kernel import UsageError
from bartizan.scale import Cancelled, Failure, Outcome, ScaleError, fanout, seed_of
from tests.scale import jobs

DIED = Failure("died", "", "the worker process ended while it ran this item")


def test_outcomes_come_in_the_order_of_the_items_with_the_seed_of_their_index() -> None:
    outcomes = list(fanout(jobs.draw, [5, 1, 3], seed=9))
    assert outcomes == [
        Outcome(index, (item * 3, random.Random(seed_of(9, index)).random())) for index, item in enumerate([5, 1, 3])
    ]


def test_seeds_are_fixed_for_all_time_and_differ_by_run_and_item() -> None:
    assert seed_of(0, 0) == 4882535941942829216
    assert len({seed_of(seed, index) for seed in range(50) for index in range(50)}) == 2_500
    assert all(0 <= seed_of(seed, 3) < 1 << 63 for seed in (-5, 0, 1 << 80))


@settings(max_examples=8)
@given(
    items=st.lists(st.integers(0, 5_000).filter(lambda item: item % 1_801 != 900), max_size=60),
    workers=st.integers(1, 3),
    window=st.one_of(st.none(), st.integers(1, 20)),
)
def test_worker_processes_give_what_this_process_gives(items: list[int], workers: int, window: int | None) -> None:
    here = list(fanout(jobs.mixed, items, seed=3))
    assert list(fanout(jobs.mixed, items, seed=3, on=f"local:{workers}", window=window)) == here


def test_one_and_four_workers_agree_on_thousands_of_items_some_of_which_end_their_worker() -> None:
    one = list(fanout(jobs.mixed, range(6_000), seed=1, on="local:1"))
    assert list(fanout(jobs.mixed, range(6_000), seed=1, on="local:4")) == one
    kinds = [outcome.error.kind for outcome in one if outcome.error]
    assert [outcome.index for outcome in one if outcome.error == DIED] == [900, 2_701, 4_502]
    assert len(kinds) == 77


def test_a_failed_item_is_a_result() -> None:
    good, failed, last = fanout(jobs.crash, ["a", "raise", "b"])
    assert (good, last) == (Outcome(0, "A"), Outcome(2, "B"))
    assert failed == Outcome(1, error=Failure("raised", "RuntimeError", "no"))
    assert failed.error is not None
    assert str(failed.error) == "RuntimeError: no"
    assert "jobs.py" in failed.error.trace


@pytest.mark.parametrize("end", ["exit", "segfault", "killed"])
def test_an_item_that_ends_its_worker_fails_alone(end: str) -> None:
    items = ["a", "b", end, "c", end, "d"]
    expected = [Outcome(i, error=DIED) if item == end else Outcome(i, item.upper()) for i, item in enumerate(items)]
    assert list(fanout(jobs.crash, items, on="local:2")) == expected


def test_an_item_that_hangs_is_ended_and_its_worker_replaced() -> None:
    overtime = Outcome(1, error=Failure("overtime", "", "more than 0.3 seconds"))
    outcomes = list(fanout(jobs.hang, ["a", "hang", "b", "c"], on="local:1", seconds=0.3))
    assert outcomes == [Outcome(0, "A"), overtime, Outcome(2, "B"), Outcome(3, "C")]


def test_time_that_the_caller_takes_is_not_counted_against_an_item() -> None:
    run = fanout(jobs.hang, ["a", "b", "c"], on="local:1", seconds=0.2, window=2)
    first = next(run)
    threading.Event().wait(0.5)
    assert [first, *run] == [Outcome(0, "A"), Outcome(1, "B"), Outcome(2, "C")]


def test_a_value_that_cannot_travel_fails_alone() -> None:
    back = [outcome.error for outcome in fanout(jobs.unsendable, range(4), on="local:1")]
    assert [error is None for error in back] == [True, True, False, True]
    assert "the value cannot be sent back" in str(back[2])
    read = [outcome.error for outcome in fanout(jobs.grumpy, range(3), on="local:1")]
    assert [error is None for error in read] == [True, False, True]
    assert str(read[1]) == "TypeError: the value cannot be read back: not here"


def test_an_item_that_cannot_travel_fails_alone() -> None:
    outcomes = list(fanout(jobs.draw, [1, threading.Lock(), 2], on="local:2"))
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    assert "the item cannot be sent to a worker" in str(outcomes[1].error)


def test_a_function_that_cannot_travel_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="Define it at the top of a module"):
        fanout(lambda item, seed: item, [1], on="local:1")


def test_a_function_that_workers_cannot_import_ends_the_run() -> None:
    with pytest.raises(ScaleError, match="a worker cannot import the function: TypeError: not here"):
        list(fanout(partial(jobs.draw_with, jobs.Grumpy()), range(10), on="local:1"))


@pytest.mark.parametrize("on", ["", "local:0", "local:4096", "local:x", "ray", "ray://", "ray:host", "ssh://host:1"])
def test_an_unknown_place_is_wrong_usage(on: str) -> None:
    with pytest.raises(UsageError, match="is no place to run at"):
        fanout(jobs.draw, [1], on=on)


def test_a_time_without_worker_processes_and_an_empty_window_are_wrong_usage() -> None:
    with pytest.raises(UsageError, match="needs worker processes"):
        fanout(jobs.draw, [1], seconds=1)
    with pytest.raises(UsageError, match="lets nothing run"):
        fanout(jobs.draw, [1], on="local:1", window=0)


def test_no_items_give_no_outcomes_and_start_no_worker() -> None:
    assert list(fanout(jobs.draw, [], on="local:4")) == []


@pytest.mark.parametrize("on", ["local", "local:2"])
def test_items_are_pulled_only_as_the_window_lets_them(on: str) -> None:
    pulled = 0

    def endless() -> Iterator[int]:
        nonlocal pulled
        while True:
            pulled += 1
            yield pulled

    run = fanout(jobs.draw, endless(), on=on, window=10)
    for count in range(1, 500):
        assert next(run).value is not None
        assert pulled <= count + 10
    run.close()


def test_an_error_of_the_items_themselves_reaches_the_caller() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(fanout(jobs.draw, broken(), on="local:1"))


@pytest.mark.parametrize("on", ["local", "local:2"])
def test_progress_counts_up_to_all_items(on: str) -> None:
    told: list[tuple[int, int | None]] = []
    list(fanout(jobs.draw, range(300), on=on, progress=lambda done, total: told.append((done, total))))
    assert told[-1] == (300, 300)
    assert told == sorted(told)
    told.clear()
    list(fanout(jobs.draw, iter(range(3)), on=on, progress=lambda done, total: told.append((done, total))))
    assert told[-1] == (3, None)


@pytest.mark.parametrize("on", ["local", "local:2"])
def test_cancelling_by_event_is_never_mistaken_for_the_end(on: str) -> None:
    cancel = threading.Event()
    run = fanout(jobs.draw, range(100_000), on=on, cancel=cancel)
    next(run)
    cancel.set()
    with pytest.raises(Cancelled, match="cancelled after 1 items"):
        list(run)


def test_closing_ends_busy_workers_and_what_they_started(listener: socket.socket) -> None:
    run = fanout(jobs.hold_or_draw, [0, listener.getsockname()[1]], on="local:1")
    next(run)
    with jobs.accept(listener) as line:
        run.close()
        assert line.recv(1) == b""


def test_an_event_set_by_another_thread_ends_busy_workers(listener: socket.socket) -> None:
    cancel = threading.Event()
    closed = threading.Event()

    def cancel_when_busy() -> None:
        with jobs.accept(listener) as line:
            cancel.set()
            if line.recv(1) == b"":
                closed.set()

    thread = threading.Thread(target=cancel_when_busy)
    thread.start()
    with pytest.raises(Cancelled):
        list(fanout(jobs.hold, [listener.getsockname()[1]], on="local:1", cancel=cancel))
    thread.join()
    assert closed.is_set()


def test_workers_end_when_their_parent_is_killed(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    run = f"list(fanout(jobs.hold, [{port}], on='local:1'))"
    code = f"from tests.scale import jobs; from bartizan.scale import fanout; {run}"
    parent = subprocess.Popen([sys.executable, "-c", code])
    with jobs.accept(listener) as line:
        os.kill(parent.pid, signal.SIGKILL)
        assert line.recv(1) == b""
    parent.wait()
