import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.kernel import Confidence, Interval, Severity


def test_severities_order_by_harm_and_not_by_letter() -> None:
    assert [s.value for s in sorted(Severity, key=lambda s: s.rank)] == ["info", "low", "medium", "high", "critical"]
    assert Severity.CRITICAL.at_least(Severity.HIGH)
    assert not Severity.INFO.at_least(Severity.LOW)
    assert Confidence.CERTAIN.at_least(Confidence.HIGH)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_wilson_interval_holds_the_share_and_stays_within_0_and_1(case: tuple[int, int]) -> None:
    hits, n = case
    interval = Interval.wilson(hits, n)
    assert 0 <= interval.low <= hits / n <= interval.high <= 1


def test_wilson_agrees_with_a_published_example() -> None:
    # Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    interval = Interval.wilson(81, 263)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(("hits", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_what_is_no_proportion_has_no_interval(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        Interval.wilson(hits, n)


@pytest.mark.parametrize(("low", "high", "level"), [(2, 1, 0.95), (float("nan"), 1, 0.95), (0, 1, 1.0)])
def test_a_senseless_interval_is_refused(low: float, high: float, level: float) -> None:
    with pytest.raises(ValueError, match=r"interval|level"):
        Interval(low, high, level)
