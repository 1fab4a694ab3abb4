"""Scripts: in which letters a text is mostly written, told from a sample."""

import re

SAMPLE = 2_000
"""Characters that are looked at."""
SCRIPTS = {
    "han": "\u2e80-\u2fff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "kana": "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "hangul": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "cyrillic": "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff",
    "arabic": "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "indic": "\u0900-\u0dff",
    "southeast": "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff",
    "latin": "a-zA-Z\u00c0-\u024f\u1e00-\u1eff",
}
_RUNS = {name: re.compile(f"[{letters}]+") for name, letters in SCRIPTS.items()}
KANA_IN_JAPANESE = 0.1
"""Japanese is written in Han letters too; this share of kana tells it from Chinese."""


def script(text: str) -> str:
    """The name of the script that most letters belong to; `english` for a text in ASCII."""
    if text.isascii():
        return "english"
    sample = text[:SAMPLE]
    counts = {name: sum(map(len, runs.findall(sample))) for name, runs in _RUNS.items()}
    if counts["kana"] > KANA_IN_JAPANESE * (counts["kana"] + counts["han"]):
        return "kana"
    return max(counts, key=lambda name: counts[name] * (1 if name == "latin" else 2))
