"""`python -m tools.letter_pairs FOLDER` writes how likely a pair of letters is in the languages of Latin script.

FOLDER holds one JSON file per language, `{"freq": {"th": 1234, " a": 99, ...}}`: counts of runs of letters,
such as the profiles of the PyPI package `langdetect` (`langdetect/profiles`). A space stands for the edge of a word.
"""

import json
import math
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

TABLE = Path(__file__).parent.parent / "src/bartizan/text/views/pairs.tsv"
SYMBOLS = " abcdefghijklmnopqrstuvwxyz"

# How much each language counts: English most, since most attacks are in it; the rest so that none looks like noise.
WEIGHTS = {"en": 6, "de": 3, "es": 3, "fr": 3, "it": 2, "pt": 2, "nl": 2} | dict.fromkeys(
    ("af", "ca", "cs", "da", "et", "fi", "hr", "hu", "id", "lt", "no", "pl", "ro", "sk", "sl", "sv", "sw", "tl", "tr"),
    1,
)
PER_NAT = 16
"""Steps of the table in one natural logarithm."""
RAREST = 2e-6


def main(folder: Path) -> None:
    share: dict[str, float] = defaultdict(float)
    for language, weight in WEIGHTS.items():
        counts = _pairs(json.loads((folder / language).read_text())["freq"])
        total = sum(counts.values())
        for pair, count in counts.items():
            share[pair] += weight * count / total / sum(WEIGHTS.values())
    even = 1 / (len(SYMBOLS) ** 2 - 1)
    lines = [
        "# Written by tools/letter_pairs.py: log(p / even) in sixteenths; first down, second across, _ a word's edge.",
        "\t".join(["", *SYMBOLS.replace(" ", "_")]),
    ]
    for first in SYMBOLS:
        row = [round(PER_NAT * math.log(max(share[first + second], RAREST) / even)) for second in SYMBOLS]
        row[0] = 0 if first == " " else row[0]
        lines.append("\t".join([first.replace(" ", "_"), *map(str, row)]))
    TABLE.write_text("\n".join(lines) + "\n")


def _pairs(frequencies: dict[str, int]) -> Counter[str]:
    """The counts of pairs, without accents and case."""
    counts: Counter[str] = Counter()
    for letters, count in frequencies.items():
        bare = "".join(
            char for char in unicodedata.normalize("NFKD", letters.lower()) if not unicodedata.combining(char)
        )
        if len(letters) == 2 and len(bare) == 2 and all(char in SYMBOLS for char in bare):
            counts[bare] += count
    return counts


if __name__ == "__main__":
    main(Path(sys.argv[1]))
