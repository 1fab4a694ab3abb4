"""Writes the table of letter pairs: how many bits each letter costs after the one before it, in text that people write.

Counted over the standard library beside this interpreter, its tests left out (they hold keys and hashes).
"""

import re
import sys
import sysconfig
from collections import Counter
from math import log2
from pathlib import Path

TABLE = Path(__file__).parents[1] / "src/bartizan/text/checks/written.txt"
SYMBOLS = "\0abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0" + "".join(
    chr(code) for code in range(33, 127) if not chr(code).isalnum()
)
"""What is counted: the end of a word, each letter, all digits as one, each mark."""
FLATTEN = 0.5
"""Added to each count, so that no pair is impossible."""


def main() -> int:
    counts: Counter[str] = Counter()
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if not {"test", "tests", "idle_test", "site-packages", "encodings"} & set(path.parts):
            text = path.read_text("utf-8", errors="replace")
            for word in re.findall(r"[!-~]{2,64}", re.sub("[0-9]", "0", text)):
                counts.update(map("".join, zip("\0" + word, word + "\0", strict=True)))
    lines = [" ".join(str(_cost(counts, before, after)) for after in SYMBOLS) for before in SYMBOLS]
    TABLE.write_text("\n".join(lines) + "\n", "ascii")
    return 0


def _cost(counts: Counter[str], before: str, after: str) -> int:
    """Tenths of a bit."""
    total = sum(counts[before + any_] for any_ in SYMBOLS) + FLATTEN * len(SYMBOLS)
    return round(-10 * log2((counts[before + after] + FLATTEN) / total))


if __name__ == "__main__":
    sys.exit(main())
