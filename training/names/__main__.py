"""Writes the weights of the names tagger: `python -m training.names`."""

import sys
from pathlib import Path

import numpy as np

from bartizan.text import tagger as runtime
from training.names import train
from training.names.trial import trial

SEED = 20261127
PARAGRAPHS = 90_000
TRIAL_SEED, TRIAL_PARAGRAPHS = 5, 3_000


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PARAGRAPHS
    weights = train.trained(SEED, count)
    rows, scale = train.rounded(weights)
    target = Path(runtime.__file__).with_name("tagger_names.npz")
    np.savez_compressed(
        target,
        rows=rows,
        scale=np.float32(scale),
        steps=weights.steps.astype(np.float32),
        vocabulary=np.frombuffer(" ".join(weights.vocabulary).encode(), dtype=np.uint8),
    )
    print(f"{target.name}: {target.stat().st_size:,} bytes")
    print(trial(train.tagger(weights), TRIAL_SEED, TRIAL_PARAGRAPHS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
