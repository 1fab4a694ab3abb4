"""The colours can be told apart: WCAG 2.2 AA, in the light and in the dark."""

import re
from pathlib import Path

import pytest

import bartizan.console

CSS = (Path(bartizan.console.__file__).parent / "static/console.css").read_text()
TEXT = ["ink", "dim", "accent", "good", "bad", "critical", "high", "medium", "low", "info"]
PAINT = ["event", "verdict", "finding", "measure", "action"]


def palettes() -> dict[str, dict[str, str]]:
    light, dark = CSS.split("@media (prefers-color-scheme: dark)", 1)
    first = re.compile(r"--([a-z]+): (#[0-9a-f]{6});")
    return {"light": dict(first.findall(light)), "dark": dict(first.findall(dark.split("* {", 1)[0]))}


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["bg", "panel", "raise"])
@pytest.mark.parametrize("name", TEXT)
def test_text_stands_out(scheme: str, ground: str, name: str) -> None:
    palette = palettes()[scheme]
    assert contrast(palette[name], palette[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAINT)
def test_bars_stand_out(scheme: str, name: str) -> None:
    palette = palettes()[scheme]
    assert contrast(palette[name], palette["panel"]) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_button_can_be_read(scheme: str) -> None:
    palette = palettes()[scheme]
    assert contrast(palette["bg"], palette["accent"]) >= 4.5


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
