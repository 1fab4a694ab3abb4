"""Calibration: shares fall as scores rise, and hold on texts drawn from the same source."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.guard.calibration import ALL, SHARES, Calibration, curve, group

RAW = st.lists(st.floats(-50, 50), min_size=1, max_size=400)


@given(RAW, st.floats(-100, 100), st.floats(0, 50))
def test_a_higher_score_is_never_commoner(raw: list[float], score: float, more: float) -> None:
    made = curve(raw)
    assert 0 <= made.share(score + more) <= made.share(score) <= 1


@pytest.mark.parametrize("rate", [0.1, 0.01])
def test_the_share_holds_on_new_draws(rate: float) -> None:
    rng = random.Random(5)
    made = curve([rng.gauss(0, 3) for _ in range(20_000)])
    fresh = [made.share(rng.gauss(0, 3)) <= rate for _ in range(20_000)]
    assert sum(fresh) / len(fresh) == pytest.approx(rate, rel=0.2)


def test_few_texts_show_no_small_share() -> None:
    assert len(curve([0.0] * 30).at) == sum(share * 31 >= 1 for share in SHARES)


def test_what_was_never_calibrated_is_judged_by_all() -> None:
    both = Calibration({ALL: curve([0.0] * 2000), "english": curve([10.0] * 2000)})
    assert both.share(5.0, group("plain text")) == 1.0
    assert both.share(5.0, group("Grüße")) < 0.5
