"""The whole corpus: every family, every carrier with and without an attack, each text in one of many hands.

python -m training.guard.corpus --per-seed 6 --per-carrier 200 > corpus.jsonl
"""

import argparse
import json
import random
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from training.guard.carriers import carried, innocent
from training.guard.grammar import PARTS, SEEDS, Family, Sample, load
from training.guard.noise import roughen

MOST_OF_ONE_FAMILY = 600


def corpus(families: Iterable[Family], per_seed: int, per_carrier: int, seed: int) -> Iterator[Sample]:
    """All samples, the same for the same seed; leave families out to keep them for the evaluation.

    A family counts by its seed lines: with one number for all, the languages that have few and long families starve.
    """
    parts: dict[str, list[Family]] = {part: [] for part in PARTS}
    for family in families:
        parts[family.part].append(family)
    attacks, benign, carriers = (parts[part] for part in PARTS)
    rng = random.Random(f"{seed} hands")
    for family in (*attacks, *benign):
        for sample in family.samples(min(per_seed * len(family.seeds), MOST_OF_ONE_FAMILY), seed):
            yield replace(sample, text=roughen(sample.text, rng))
    # A document is left as it is: its form may depend on it.
    yield from carried(carriers, attacks, benign, per_carrier, seed)
    yield from innocent(carriers, benign, per_carrier, seed)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.guard.corpus", description="Print the corpus as JSON lines."
    )
    parser.add_argument("--per-seed", type=int, default=6)
    parser.add_argument("--per-carrier", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--root", type=Path, default=SEEDS)
    given = parser.parse_args(arguments)
    for sample in corpus(load(given.root), given.per_seed, given.per_carrier, given.seed):
        sys.stdout.write(json.dumps(asdict(sample), ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
