"""The cache keeps what was used last, within its weight."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.policy.lru import Lru

STEPS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5)), max_size=60)


@given(STEPS, st.integers(1, 12))
def test_the_entries_used_last_stay_as_far_as_they_fit(steps: list[tuple[int, int]], limit: int) -> None:
    cache: Lru[int, str] = Lru(limit)
    model: dict[int, int] = {}
    for key, weight in steps:
        if weight == 0:
            found = cache.get(key)
            assert (found is not None) == (key in model)
            if key in model:
                model[key] = model.pop(key)
        elif weight <= limit:
            cache.put(key, str(key), weight)
            model.pop(key, None)
            model[key] = weight
            while sum(model.values()) > limit:
                del model[next(iter(model))]
        assert len(cache) == len(model)


def test_an_entry_heavier_than_the_limit_is_not_kept() -> None:
    cache: Lru[str, int] = Lru(3)
    cache.put("light", 1)
    cache.put("heavy", 2, weight=4)
    assert (cache.get("light"), cache.get("heavy")) == (1, None)
