"""Query streams: who searches for an adversarial example is found by small steps, and others are left alone."""

from typing import Any

import numpy
import pytest

from bartizan.guard.inputs_queries import KEPT, RECENT, Queries, QueryWatch
from bartizan.kernel import UsageError
from tests.guard.input_data import interval, pictures, rows, table

WATCH = QueryWatch.fit(table(1_000, 2))


def asked(watch: QueryWatch, inputs: Any) -> tuple[list[str], Queries]:
    """What is said about each of a caller's inputs, and the caller's state in the end."""
    queries, actions = Queries(), []
    for x in inputs:
        verdict, queries = watch.check(x, queries)
        actions.append(verdict.action)
    return actions, queries


@pytest.mark.parametrize("data", [table, rows, pictures])
def test_innocent_callers_are_rarely_asked(data: Any) -> None:
    watch = QueryWatch.fit(data(600, 2))
    actions, _ = asked(watch, data(600, 3))
    k, n = sum(action != "allow" for action in actions), len(actions)
    assert interval(k, n)[0] <= 0.01
    assert k / n <= 0.02


@pytest.mark.parametrize("step", [0.001, 0.01, 0.1])
def test_a_search_by_small_steps_is_found_after_few(step: float) -> None:
    random = numpy.random.default_rng(1)
    actions, _ = asked(WATCH, table(1, 4)[0] + step * random.normal(size=(40, 8)))
    assert actions[0] == actions[1] == "allow", "one near neighbour is none"
    assert actions.index("block") <= 4
    assert set(actions[4:]) == {"block"}


def test_a_search_among_other_queries_is_found() -> None:
    random = numpy.random.default_rng(1)
    mixed = table(90, 5)
    mixed[::3] = table(1, 4)[0] + 0.01 * random.normal(size=(30, 8))
    assert "block" in asked(WATCH, mixed)[0]


def test_a_picture_with_noise_again_and_again_is_found() -> None:
    random = numpy.random.default_rng(1)
    watch = QueryWatch.fit(pictures(400, 2))
    noisy = pictures(1, 9)[0] + 4 / 255 * numpy.sign(random.normal(size=(20, 16, 16, 3)))
    assert "block" in asked(watch, noisy)[0]


def test_the_very_same_query_again_is_no_search() -> None:
    actions, queries = asked(WATCH, [table(1, 4)[0]] * 50)
    assert set(actions) == {"allow"}
    assert len(queries.near) == 1


def test_callers_are_apart_and_their_state_is_bounded_and_a_value() -> None:
    _, queries = asked(WATCH, table(400, 6))
    assert len(queries.points) == KEPT * 16 * 4
    assert len(queries.near) == RECENT
    before = (queries.points, queries.near)
    WATCH.check(table(1, 7)[0], queries)
    assert (queries.points, queries.near) == before


def test_what_is_no_input_is_not_counted() -> None:
    verdict, queries = WATCH.check(["x"] * 8, Queries())
    assert (verdict.action, queries) == ("unscanned", Queries())


def test_too_small_a_reference_is_refused() -> None:
    with pytest.raises(UsageError, match="too few"):
        QueryWatch.fit(table(100, 2))
