import pytest

from bartizan.kernel import Budget, Meter, OutOfBudget


@pytest.mark.parametrize("unit", ["bytes", "members", "steps"])
def test_the_first_unit_too_many_is_refused(unit: str) -> None:
    meter = Meter(Budget(**{unit: 10}), "bomb.zip")
    meter.spend(unit, 10)
    assert meter.left(unit) == 0
    with pytest.raises(OutOfBudget, match=rf"more than 10 {unit} \(bomb.zip\)"):
        meter.spend(unit)


def test_depth_is_bounded() -> None:
    meter = Meter(Budget(depth=2))
    assert meter.deeper(meter.deeper(0)) == 2
    with pytest.raises(OutOfBudget, match="nested deeper than 2"):
        meter.deeper(2)


def test_time_is_bounded() -> None:
    with pytest.raises(OutOfBudget, match="seconds"):
        Meter(Budget(seconds=-1)).check_time()
    Meter(Budget(seconds=60)).check_time()
