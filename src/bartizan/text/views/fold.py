"""Folding: the text as it looks, without what is unseen, each look-alike read as the plain character it passes for."""

import re
import unicodedata
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bartizan.text.views.folds import ACCENT, BARE, DROP, FOLD, FOLDED, KIND, LIKE, LOOKS, MANY, MARK, OTHER, READ, SIGN
from bartizan.text.views.piece import Piece, Spans

MARKS_KEPT = 3
"""Marks on one character that a language may need. Sorting longer runs would take time that grows with their square."""
VOUCHED_CHARS = 24
"""A letter that looks Latin is no disguise this close to a letter of its script that does not."""
ACCENTED_CHARS = 32
ACCENTS = 5
"""That many accented letters among so many characters may be a disguise."""
ANY_MARK = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
STEERS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
CONTROLS = bytes({*range(32), 127} - {9, 10, 13})

Codes = NDArray[np.uint32]
Kinds = NDArray[np.uint8]
Flags = NDArray[np.bool_]


def folded(text: str) -> list[Piece]:
    """All of the text as it looks, in one piece; none if it looks as it is."""
    if text.isascii():
        return _without_controls(text)
    fold = _Fold(text)
    return [] if fold.text in {text, ""} else [Piece(0, len(text), fold.text, fold.spans)]


def unaccented(text: str) -> list[Piece]:
    """All of the text without accents, if it has more of them than most languages."""
    if text.isascii():
        return []
    accent = (KIND.take(_codes(text)) & ACCENT) != 0
    padded = np.concatenate((accent, np.zeros(ACCENTED_CHARS, np.bool_))).cumsum(dtype=np.int32)
    if (padded[ACCENTED_CHARS:] - padded[:-ACCENTED_CHARS]).max(initial=padded[ACCENTED_CHARS - 1]) < ACCENTS:
        return []
    return [Piece(0, len(text), text.translate(BARE))]


def _without_controls(text: str) -> list[Piece]:
    """An ASCII text without the characters and sequences that steer a terminal."""
    data = text.encode()
    if len(data.translate(None, CONTROLS)) == len(data):
        return []
    pieces, at = [], 0
    for steer in STEERS.finditer(text):
        if at < steer.start():
            pieces.append(Piece(at, steer.start(), text[at : steer.start()]))
        at = steer.end()
    if at < len(text):
        pieces.append(Piece(at, len(text), text[at:]))
    return pieces


class _Fold:
    """The steps from a text to how it looks, kept for the way back."""

    def __init__(self, text: str) -> None:
        self._codes = codes = _codes(text)
        kinds = KIND.take(codes)
        self.any = int(np.bitwise_or.reduce(kinds))
        self.text = text
        self._kept: NDArray[np.intp] | None = None
        self._loose = ""
        if not self.any & (DROP | FOLD | MANY | MARK | SIGN | LIKE):
            return
        if self.any & (DROP | MARK | SIGN) and (dropped := _dropped(kinds)).any():
            self._kept = np.flatnonzero(~dropped)
            codes, kinds = codes[self._kept], kinds[self._kept]
        if self.any & LIKE:
            codes = _undisguised(codes, kinds)
        codes = np.where(codes < FOLDED, READ.take(codes, mode="clip"), codes)
        self.text = codes.tobytes().decode("utf-32-le", "surrogatepass")
        if self.any & (MANY | MARK | SIGN):
            self._loose, self.text = self.text, _composed(self.text)

    def spans(self) -> Spans:
        """Where each character of the text as it looks comes from."""
        begins = self._kept if self._kept is not None else np.arange(len(self._codes))
        afters = begins + 1
        if not self._loose or self._loose == self.text:
            return begins, afters
        clusters = _clusters(self._loose)
        lengths = [len(_composed(self._loose[first:end])) for first, end in pairwise(clusters)]
        if sum(lengths) != len(self.text):
            return [0] * len(self.text), [len(self._codes)] * len(self.text)
        firsts, ends = np.array(clusters[:-1]), np.array(clusters[1:])
        return np.repeat(begins[firsts], lengths), np.repeat(afters[ends - 1], lengths)


def _clusters(text: str) -> list[int]:
    """Where the text can be cut so that each part has its normal form by itself; its end too."""
    kinds = KIND.take(_codes(text))
    melts = (kinds & (MARK | SIGN)) != 0
    for at in np.flatnonzero(kinds & MANY).tolist():
        melts[at] = len(unicodedata.normalize("NFKC", text[at])) == 1
    melts[:1] = False
    return [*np.flatnonzero(~melts).tolist(), len(text)]


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _dropped(kinds: Kinds) -> Flags:
    """Which characters are not seen, or are marks on marks on marks."""
    dropped = (kinds & DROP) != 0
    marks = (kinds & (MARK | SIGN | DROP)) != 0
    if not marks.any():
        return dropped
    at = np.arange(len(kinds))
    base = np.maximum.accumulate(np.where(marks, 0, at))
    height = np.cumsum(marks & ~dropped, dtype=np.int32)
    dropped |= marks & (height - height[base] > MARKS_KEPT)
    return dropped


def _undisguised(codes: Codes, kinds: Kinds) -> Codes:
    """The codes with letters of other scripts as the Latin ones that they pass for, where they do pass."""
    like = (kinds & LIKE) != 0
    latin = (kinds & ACCENT) != 0
    latin |= (codes < 0x80) & ((codes | 0x20) - 0x61 < 26)
    others = np.concatenate(([0], ((kinds & OTHER) != 0).cumsum(dtype=np.int32)))
    at = np.arange(len(codes))
    near = others[np.minimum(at + VOUCHED_CHARS, len(codes))] - others[np.maximum(at - VOUCHED_CHARS, 0)]
    disguised = like & (near == 0)
    if (like[1:] & latin[:-1]).any() or (like[:-1] & latin[1:]).any():
        disguised |= _in_mixed_words(codes, like, latin, (kinds & OTHER) != 0)
    if not disguised.any():
        return codes
    codes = codes.copy()
    codes[disguised] = LOOKS.take(codes[disguised], mode="clip")
    return codes


def _in_mixed_words(codes: Codes, like: Flags, latin: Flags, other: Flags) -> Flags:
    """The look-alikes in words that have Latin letters too, and no letter that could not be Latin."""
    letters = like | latin | other
    words = np.concatenate(([0], (letters[1:] & ~letters[:-1]).cumsum())) if len(letters) else letters.cumsum()
    count = int(words[-1]) + 1
    has_latin = np.zeros(count, np.bool_)
    has_latin[words[latin]] = True
    has_other = np.zeros(count, np.bool_)
    has_other[words[other]] = True
    mixed: Flags = like & (has_latin & ~has_other)[words]
    return mixed


def _composed(text: str) -> str:
    """In form NFKC, with what is left of the marks of no script taken away."""
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return ANY_MARK.sub("", text)
