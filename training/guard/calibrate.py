"""Calibrates the scorer on innocent texts of families that it never saw, by script and by length."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bartizan.guard.calibration import Calibration, bucket, curve
from bartizan.guard.scoring import CALIBRATIONS, WEIGHTS, Question, strongest
from bartizan.text.scorer import Scorer
from bartizan.text.script import script
from bartizan.text.view import views
from training.guard.grammar import Family
from training.guard.texts import texts

QUESTIONS = {
    "asked": ("instruction-override", "jailbreak", "prompt-leak", "exfiltration"),
    "read": ("instruction-override", "jailbreak", "prompt-leak", "exfiltration", "embedded-task"),
    "abuse": ("harmful-ability",),
}
EACH = 400
FEWEST = 400
"""Texts that a curve of its own needs."""


def calibrate(folder: Path, kept: Sequence[Family], seed: int) -> None:
    """Write what the scores in this folder's weights mean."""
    scorer = Scorer(folder / WEIGHTS)
    innocent = [text.text for text in texts(kept, EACH, seed)]
    questions = {}
    for name, kinds in QUESTIONS.items():
        raw: dict[str, list[float]] = defaultdict(list)
        for text in innocent:
            seen = views(text)
            if best := strongest(scorer, seen, kinds):
                size = bucket(len(text))
                for key in ("*", f"*/{size}", f"{script(text)}/{size}"):
                    raw[key].append(best[0])
        curves = {key: curve(scores) for key, scores in sorted(raw.items()) if len(scores) >= FEWEST or key == "*"}
        questions[name] = Question(kinds, Calibration(curves))
    (folder / CALIBRATIONS).write_bytes(msgspec.json.format(msgspec.json.encode(questions), indent=1))
