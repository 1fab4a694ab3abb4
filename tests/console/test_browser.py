"""The pages in a real browser, with and without JavaScript."""

import re
from pathlib import Path

import pytest

from bartizan.kernel import Event, Stamp
from tests.console.chromium import PROGRAM, tab
from tests.console.conftest import HOSTILE, story
from tests.console.house import TOKEN, served

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed")


@pytest.mark.parametrize("javascript", [True, False])
def test_the_way_in_leads_to_the_overview(tmp_path: Path, javascript: bool) -> None:
    with served(tmp_path / "data", story()) as house, tab(tmp_path / "profile") as page:
        page.call("Emulation.setScriptExecutionDisabled", value=not javascript)
        page.call("Page.navigate", url=f"{house.origin}/enter?token={TOKEN}")
        document = page.until(lambda text: "<title>Overview · Bartizan</title>" in text and "Latest records" in text)
        page.call("Page.navigate", url=f"{house.origin}/search?text=alert")
        found = page.until(lambda text: "hostile.text" in text or "alert(1)" in text)
    assert re.search(r"<strong>\s*1 broken\s*</strong>", document)
    assert "misses its canary" in document
    assert "<script>alert" not in found
    assert page.complaints == []


def test_records_appear_by_themselves_where_there_is_javascript(tmp_path: Path) -> None:
    with served(tmp_path / "data", story()) as house, tab(tmp_path / "profile") as page:
        page.call("Page.navigate", url=f"{house.origin}/enter?token={TOKEN}")
        page.until(lambda text: "<title>Overview" in text)
        page.call("Page.navigate", url=f"{house.origin}/live")
        page.until(lambda text: 'data-state="open"' in text)
        with house.keep() as keep:
            keep.append([Stamp(actor="service:tests")(Event("tests.arrived", {"text": HOSTILE}))])
        document = page.until(lambda text: "tests.arrived" in text)
    row = next(part for part in document.split("<tr") if "tests.arrived" in part)
    assert 'class="fresh"' in row
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in row
    assert "\\u{202e}" in row
    assert "\u202e" not in row
    assert page.complaints == []


def test_without_javascript_the_live_page_reloads(tmp_path: Path) -> None:
    with served(tmp_path / "data", story()) as house:
        house.enter()
        assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in house.get("/live").text
