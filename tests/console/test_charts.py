"""Charts are SVG that can be read by a parser, a screen reader, and a strict browser."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from bartizan.console.charts import HEIGHT, WIDTH, share_bar, stacked_bars

KINDS = ("event", "verdict")
LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
BARS = st.lists(
    st.tuples(LABELS, st.dictionaries(st.sampled_from(KINDS), st.integers(0, 10**9))),
    max_size=60,
)


@given(BARS)
def test_bars_stay_inside_whatever_is_counted(bars: list[tuple[str, dict[str, int]]]) -> None:
    drawing = ElementTree.fromstring(stacked_bars(bars, KINDS, title="<&>\"'"))
    assert drawing.get("aria-label") == "<&>\"'"
    for part in drawing.iter("rect"):
        x, y = float(part.get("x", "nan")), float(part.get("y", "nan"))
        assert 0 <= x <= x + float(part.get("width", "nan")) <= WIDTH + 1.1
        assert -4 <= y <= y + float(part.get("height", "nan")) <= HEIGHT + 0.1
    titles = [title.text for title in drawing.iter("title")]
    assert len(titles) == len(bars)


def test_a_bar_says_what_it_counts() -> None:
    drawing = stacked_bars([("12:00", {"event": 1200, "verdict": 0}), ("13:00", {})], KINDS, title="t")
    assert "<title>12:00: 1,200 event</title>" in drawing
    assert "<title>13:00: nothing</title>" in drawing


def test_shares_are_as_long_as_their_numbers() -> None:
    drawing = ElementTree.fromstring(share_bar([("high", 1), ("low", 3), ("info", 0)], title="t"))
    widths = {part.get("class"): float(part.get("width", "nan")) for part in drawing.iter("rect")}
    assert widths == {"s-high": WIDTH / 4 - 2, "s-low": WIDTH * 3 / 4 - 2}
