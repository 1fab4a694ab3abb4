"""Whatever a template shows is escaped, and what hides in it is written out."""

from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from bartizan.console.render import _short, _shown
from bartizan.kernel.unseen import unseen
from bartizan.text import visible


@given(st.text())
@example("\u202e\u2066\x00\x1b\u200b\ufeff\U000e0041\ue000\u3164\ufe0f\U000e0141")
def test_nothing_hidden_is_left(text: str) -> None:
    assert not any(map(unseen, visible(text)))
    kept = _shown(text)
    assert not any(map(unseen, kept.replace("\n", "").replace("\t", "")))
    assert "<" not in escape(kept)


@given(st.text(st.characters(categories=["L", "N", "P", "S"]).filter(lambda char: not unseen(char)), max_size=30))
def test_what_hides_nothing_is_left_alone(text: str) -> None:
    assert visible(text) == text


def test_markup_that_we_made_passes_and_nothing_else() -> None:
    assert _shown(Markup("<b>")) == Markup("<b>")
    assert not isinstance(_shown("<b>"), Markup)
    assert _shown(None) == ""


@given(st.text(max_size=300), st.integers(8, 100))
def test_a_long_name_keeps_both_its_ends(text: str, length: int) -> None:
    short = _short(text, length)
    assert len(short) <= max(length + 1, len(text) if len(text) <= length else 0)
    assert short[:4] == text[:4]
    assert short[-2:] == text[-2:]
