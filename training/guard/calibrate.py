"""Calibrates the scorer on innocent texts of families that it never saw: `python -m training.guard.calibrate`."""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bartizan.guard.calibration import Calibration, bucket, curve
from bartizan.guard.scoring import CALIBRATIONS, FOLDER, WEIGHTS, Question, strongest
from bartizan.text.scorer import Scorer
from bartizan.text.script import script
from bartizan.text.view import views
from training.guard.grammar import SEEDS, Family, load
from training.guard.texts import apart, texts

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


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.guard.calibrate", description="Calibrate the scorer.")
    parser.add_argument("--seed", type=int, default=0, help="the one that the weights were trained with")
    parser.add_argument("--seeds", type=Path, default=SEEDS, help="folder of the seed files")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the weights")
    given = parser.parse_args(arguments)
    calibrate(given.out, apart(load(given.seeds), given.seed)[1], given.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
