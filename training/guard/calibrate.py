"""Calibrates the scorer on innocent texts of families that it never saw: `python -m training.guard.calibrate`."""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from bartizan.guard.calibration import ALL, Calibration, curve, group
from bartizan.guard.scoring import CALIBRATION, FOLDER, WEIGHTS, strengths
from bartizan.text.scorer import Scorer
from bartizan.text.view import views
from training.guard.grammar import SEEDS, Family, load
from training.guard.texts import texts

PER_SEED = 20
FEWEST = 400
"""Texts that a curve of its own needs."""


def calibrate(folder: Path, families: Sequence[Family], seed: int) -> int:
    """Write what the logits of this folder's weights mean; how many texts that rests on."""
    with np.load(folder / WEIGHTS, allow_pickle=False) as saved:
        learned = set(saved["learned"].tolist())
    kept = [family for family in families if family.part == "benign" and family.id not in learned]
    scorer = Scorer(folder / WEIGHTS)
    logits: dict[str, dict[str, list[float]]] = {kind: defaultdict(list) for kind in scorer.kinds}
    innocent = texts(kept, PER_SEED, seed)
    for text in innocent:
        for kind, strength in strengths(scorer, views(text.text)).items():
            for key in (ALL, group(text.text)):
                logits[kind][key].append(strength.logit)
    calibrations = {
        kind: Calibration({key: curve(of) for key, of in sorted(keyed.items()) if len(of) >= FEWEST or key == ALL})
        for kind, keyed in logits.items()
    }
    (folder / CALIBRATION).write_bytes(msgspec.json.format(msgspec.json.encode(calibrations), indent=1))
    return len(innocent)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.guard.calibrate", description="Calibrate the scorer.")
    parser.add_argument("--seed", type=int, default=0, help="of the draw of texts")
    parser.add_argument("--seeds", type=Path, default=SEEDS, help="folder of the seed files")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the weights")
    given = parser.parse_args(arguments)
    n = calibrate(given.out, load(given.seeds), given.seed)
    print(f"calibrated on {n:,} texts")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
