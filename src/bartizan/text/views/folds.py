"""What each character beyond ASCII is, and what it is read as: the table that tools/unicode_folds.py writes."""

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

DROP, FOLD, MANY, MARK, SIGN, LIKE, OTHER, ACCENT = (1 << bit for bit in range(8))
"""Is not seen; is read as one other; has several in it, or melts into the one before; a mark of any script;
a mark of one; a letter of another script that looks Latin; one that does not; a Latin letter with an accent."""
KINDS = {
    "drop": DROP,
    "fold": FOLD,
    "many": MANY,
    "mark": MARK,
    "sign": SIGN,
    "like": LIKE,
    "other": OTHER,
    "accent": ACCENT,
}
CONTROLS = frozenset({*range(32), 127} - {9, 10, 13})
FOLDED = 0x20000
"""No character from here on is read as one other; Unicode's normal forms do those few."""


def _rows() -> list[tuple[int, int, int, str, int]]:
    lines = (files(__package__) / "folds.tsv").read_text("utf-8").splitlines()[1:]
    cells = (line.split("\t") for line in lines)
    return [
        (int(first, 16), int(last, 16) + 1, int(step), what, int(shift)) for first, last, step, what, shift in cells
    ]


def _table() -> tuple[NDArray[np.uint8], NDArray[np.uint32], NDArray[np.uint32], dict[int, int]]:
    kind = np.zeros(0x110000, np.uint8)
    kind[[*CONTROLS]] = DROP
    read, looks = np.arange(FOLDED, dtype=np.uint32), np.arange(FOLDED, dtype=np.uint32)
    bare: dict[int, int] = {}
    for first, end, step, what, shift in _rows():
        if what == "fold" and first >= FOLDED:
            what = "many"
        kind[first:end:step] |= KINDS[what]
        if what in {"fold", "like"}:
            (read if what == "fold" else looks)[first:end:step] = range(first + shift, end + shift, step)
        elif what == "accent":
            bare |= {code: code + shift for code in range(first, end, step)}
    return kind, read, looks, bare


KIND, READ, LOOKS, BARE = _table()
"""By character: what it is, what it is read as, what it passes for, and the letter below its accent."""
