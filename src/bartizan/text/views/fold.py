"""Folding: the text as it looks, without what is unseen, each look-alike read as the plain character it passes for."""

import re
import unicodedata
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bartizan.text.views.folds import (
    ACCENT,
    BARE,
    CONTROLS,
    DROP,
    FOLD,
    FOLDED,
    KIND,
    LIKE,
    LOOKS,
    MANY,
    MARK,
    OTHER,
    READ,
    SIGN,
)
from bartizan.text.views.piece import Piece, Spans
from bartizan.text.views.source import numbers

MARKS_KEPT = 3
"""Marks on one character that a language may need. Sorting longer runs would take time that grows with their square."""
VOUCHED_CHARS = 24
"""A letter that looks Latin is no disguise this close to a letter of its script that does not."""
ACCENTED_CHARS = 32
ACCENTS = 5
"""That many accented letters among so many characters may be a disguise."""
TURNED = range(0x250, 0x2B0)
"""The block that has most of the letters that stand on their heads."""
ANY_MARK = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
STEERING = bytes(CONTROLS)
STEERS = re.compile(r"\x1b(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\))")
"""Sequences that set colours, move the cursor or name the window."""

Codes = NDArray[np.uint32]
Kinds = NDArray[np.uint8]
Flags = NDArray[np.bool_]


def clean(text: str) -> bool:
    """Whether an ASCII text is without characters that steer a terminal, so that it looks as it is."""
    data = text.encode()
    return len(data.translate(None, STEERING)) == len(data)


class Fold:
    """A text that may look other than it is: what kinds of characters it has, and what it looks like."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._codes = codes = numbers(text)
        self._kinds = kinds = KIND.take(codes)
        self._any = int(np.bitwise_or.reduce(kinds))
        self._kept: NDArray[np.intp] | None = None
        self._loose = ""
        self.looks = text
        """How it looks: the same if nothing is read as anything else."""
        if not self._any & (DROP | FOLD | MANY | MARK | SIGN | LIKE):
            return
        if self._any & (DROP | MARK | SIGN) and (dropped := _dropped(kinds, text)).any():
            self._kept = np.flatnonzero(~dropped)
            codes, kinds = codes[self._kept], kinds[self._kept]
        if self._any & LIKE:
            codes = _undisguised(codes, kinds)
        read = READ.take(codes, mode="clip")
        if (codes >= FOLDED).any():
            read = np.where(codes < FOLDED, read, codes)
        self.looks = read.tobytes().decode("utf-32-le")
        if self._any & (MANY | MARK | SIGN):
            self._loose, self.looks = self.looks, _composed(self.looks)

    @property
    def smuggles(self) -> bool:
        """Whether there is anything that is not seen."""
        return bool(self._any & DROP)

    @property
    def turns(self) -> bool:
        """Whether there may be letters that stand on their heads."""
        return bool((self._codes - TURNED.start < len(TURNED)).any())

    @property
    def pieces(self) -> list[Piece]:
        """All of the text as it looks, in one piece; none if it looks as it is, or like nothing."""
        return [] if self.looks in {self.text, ""} else [Piece(0, len(self.text), self.looks, self.spans)]

    @property
    def bare(self) -> str:
        """How it looks without accents, if it has more of them than most languages; or nothing."""
        if not self._any & (ACCENT | MARK):
            return ""
        kinds = self._kinds
        if self._any & MARK:
            kinds = KIND.take(numbers(self.looks))
        accents = np.flatnonzero(kinds & ACCENT)
        if not (accents[ACCENTS - 1 :] - accents[: 1 - ACCENTS] < ACCENTED_CHARS).any():
            return ""
        bare = self.looks.translate(BARE)
        return "" if bare == self.looks else bare

    def spans(self) -> Spans:
        """Where each character of the text as it looks comes from."""
        begins = self._kept if self._kept is not None else np.arange(len(self._codes))
        afters = begins + 1
        if not self._loose or self._loose == self.looks:
            return begins.tolist(), afters.tolist()
        clusters = _clusters(self._loose)
        lengths = [len(_composed(self._loose[first:end])) for first, end in pairwise(clusters)]
        if sum(lengths) != len(self.looks):
            return [0] * len(self.looks), [len(self._codes)] * len(self.looks)
        firsts, ends = np.array(clusters[:-1]), np.array(clusters[1:])
        return np.repeat(begins[firsts], lengths).tolist(), np.repeat(afters[ends - 1], lengths).tolist()


def _clusters(text: str) -> list[int]:
    """Where the text can be cut so that each part has its normal form by itself; its end too."""
    kinds = KIND.take(numbers(text))
    melts = (kinds & (MARK | SIGN)) != 0
    for at in np.flatnonzero(kinds & MANY).tolist():
        melts[at] = len(unicodedata.normalize("NFKC", text[at])) == 1
    melts[:1] = False
    return [*np.flatnonzero(~melts).tolist(), len(text)]


def _dropped(kinds: Kinds, text: str) -> Flags:
    """Which characters are not seen, or are marks on marks on marks."""
    dropped: Flags = (kinds & DROP) != 0
    for steers in STEERS.finditer(text) if "\x1b" in text else ():
        dropped[steers.start() : steers.end()] = True
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
        disguised |= _in_mixed_words(like, latin, (kinds & OTHER) != 0)
    if not disguised.any():
        return codes
    codes = codes.copy()
    codes[disguised] = LOOKS.take(codes[disguised], mode="clip")
    return codes


def _in_mixed_words(like: Flags, latin: Flags, other: Flags) -> Flags:
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
