"""Hostile texts are read in bounded time, and in time that grows with their length and no faster."""

import time

import pytest

from bartizan.text.view import views

from .hostile import texts

SHORT, LONG = 4096, 65_536
NAMES = tuple(texts(64))
MOST_SECONDS = 0.25
"""Fifty times what is to be expected: enough for a busy machine, and far from what a blow-up takes."""


def seconds(text: str) -> float:
    """Of the processor, the best of three."""
    times = []
    for _ in range(3):
        start = time.thread_time()
        assert views(text).joined
        times.append(time.thread_time() - start)
    return min(times)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_text_is_read_in_bounded_time(name: str):
    short = seconds(texts(SHORT)[name])
    long = seconds(texts(LONG)[name])
    assert short < MOST_SECONDS
    assert long < max(short, 0.0005) * (LONG / SHORT) * 4
