"""The names tagger: people, places and organisations in running text, by the look of the words and of their neighbours.

A chain of four tags over words. What a word adds at each place of the window is summed up once and kept, so that a text
costs a few additions a word. The weights were trained on sentences composed for it (training/names); a token classifier
of the user's can take its place (text/tagger_onnx.py).
"""

import math
import re
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bartizan.text.tagger_words import MANNERS, WINDOW, WORD, class_rows, manner, seen, word_class, word_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KINDS = ("", "person", "place", "organisation")
KEPT_WORDS = 1 << 14
MAX_WORDS = KEPT_WORDS
"""A longer text is read in parts of so many words."""
ABBREVIATED_CHARS = 4
"""A full stop after a last word of so many letters is part of the name: Inc., Jr."""


_GLUE_BEFORE = frozenset("/\\@_#$&=")
_GLUE_AFTER = re.compile(r"[@_/\\=]|[.:(]\w|::")
"""A word that is stuck to its neighbours by such signs is part of an address or of code."""


class Name(NamedTuple):
    """A name: where it stands, whose it is, and how sure that is."""

    start: int
    end: int
    kind: str
    """`person`, `place` or `organisation`."""
    score: float


class Tagger(Protocol):
    """Finds names in a text."""

    def tag(self, text: str) -> list[Name]:
        """The names in order of place; no two overlap."""
        ...


class Weights(NamedTuple):
    """What was learnt."""

    rows: "NDArray[np.float32]"
    """For each row of features, what it adds to each tag."""
    steps: "NDArray[np.float32]"
    """From one tag to the next."""
    vocabulary: dict[str, int]
    """Words that are told apart as neighbours; all others count by their shape."""


class NameTagger:
    """The tagger with its own weights. Threads may share it."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._kept = [_Kept(written) for written in MANNERS]
        self._lock = threading.Lock()
        steps = weights.steps - weights.steps[0, 0]
        self._into = [tuple(map(float, column)) for column in steps.T]
        # No word of a name gains more than this by the steps around it: one that lies further below is in none.
        self._slack = float(steps.max())

    def tag(self, text: str) -> list[Name]:
        """The names in order of place."""
        texts = WORD.findall(text)
        written = manner(text)
        names: list[Name] = []
        starts: list[int] = []
        for first in range(0, len(texts), MAX_WORDS):
            part = texts[first : first + MAX_WORDS]
            scores = self._scores(part, written)
            gains = scores[:, 1:] - scores[:, :1]
            likely = (gains.max(axis=1) > -2 * self._slack).nonzero()[0].tolist()
            if likely and not starts:
                starts = [found.start() for found in WORD.finditer(text)]
            for begin, end in _runs(likely):
                run = gains[begin:end].tolist()
                here = starts[first + begin : first + end]
                names += _names(text, here, part[begin:end], self._best(run), run)
        return names

    def _scores(self, texts: list[str], written: int) -> "NDArray[np.float32]":
        """For each word, the score of each tag."""
        kept = self._holding(set(texts), written)
        index = kept.index
        ids = [index[text] for text in texts]
        added = kept.added.take(ids, axis=0)
        scores: NDArray[np.float32] = self._weights.rows.take(class_rows(kept.classes[ids]), axis=0).sum(axis=1)
        scores[2:] += added[:-2, 0]
        scores[1:] += added[:-1, 1]
        scores += added[:, 2]
        scores[:-1] += added[1:, 3]
        scores[:-2] += added[2:, 4]
        return scores

    def _holding(self, texts: set[str], written: int) -> "_Kept":
        """A table that holds all these words as they are in a text that is written so."""
        place = MANNERS.index(written)
        if not texts - self._kept[place].index.keys():
            return self._kept[place]
        with self._lock:
            kept = self._kept[place]
            missing = texts - kept.index.keys()
            if len(kept.index) + len(missing) > KEPT_WORDS:
                kept, missing = _Kept(written), texts
            if missing:  # not if another thread was here first
                kept.add(list(missing), self._weights)
                self._kept[place] = kept
            return kept

    def _best(self, gains: list[list[float]]) -> list[int]:
        """The best tags for words in a row, with no names before and after (Viterbi, 1967)."""
        none = -math.inf
        totals = (0.0, none, none, none)
        back: list[list[int]] = []
        for gain in gains:
            came, reached = [], []
            for (to0, to1, to2, to3), more in zip(self._into, (0.0, *gain), strict=True):
                best, source = totals[0] + to0, 0
                if (other := totals[1] + to1) > best:
                    best, source = other, 1
                if (other := totals[2] + to2) > best:
                    best, source = other, 2
                if (other := totals[3] + to3) > best:
                    best, source = other, 3
                came.append(source)
                reached.append(best + more)
            back.append(came)
            totals = (reached[0], reached[1], reached[2], reached[3])
        tag = max(range(len(KINDS)), key=lambda last: totals[last] + self._into[0][last])
        tags = [tag]
        for came in back[:0:-1]:
            tag = came[tag]
            tags.append(tag)
        return tags[::-1]


class _Kept:
    """Words that were seen, with what each adds at each place of the window."""

    def __init__(self, written: int) -> None:
        import numpy as np

        self.written = written
        self.index: dict[str, int] = {}
        self.added = np.zeros((KEPT_WORDS, len(WINDOW), len(KINDS)), dtype=np.float32)
        self.classes = np.zeros(KEPT_WORDS, dtype=np.uint64)

    def add(self, texts: list[str], weights: Weights) -> None:
        """Takes in words that it does not hold."""
        first, last = len(self.index), len(self.index) + len(texts)
        for place, rows in enumerate(word_rows([seen(text, self.written) for text in texts])):
            self.added[first:last, place] = weights.rows.take(rows, axis=0).sum(axis=1)
        self.classes[first:last] = [word_class(text, self.written, weights.vocabulary) for text in texts]
        # Last, because other threads read it without the lock.
        self.index.update(zip(texts, range(first, last), strict=True))


@cache
def own_tagger() -> NameTagger:
    """The tagger with the weights that come with Bartizan."""
    import numpy as np

    with resources.files("bartizan.text").joinpath("tagger_names.npz").open("rb") as file:
        kept = np.load(file, allow_pickle=False)
        rows = kept["rows"].astype(np.float32) * np.float32(kept["scale"])
        vocabulary = {word: number for number, word in enumerate(bytes(kept["vocabulary"]).decode().split(" "))}
        return NameTagger(Weights(rows, kept["steps"], vocabulary))


def _runs(places: list[int]) -> Iterator[tuple[int, int]]:
    """The first of each unbroken run, and the one after its last."""
    begin = 0
    for at in range(1, len(places) + 1):
        if at == len(places) or places[at] != places[at - 1] + 1:
            yield places[begin], places[at - 1] + 1
            begin = at


def _names(
    text: str, starts: Sequence[int], texts: Sequence[str], tags: Sequence[int], gains: Sequence[Sequence[float]]
) -> Iterator[Name]:
    """Words with the same tag, in a row, as names."""
    at = 0
    while at < len(tags):
        first, tag = at, tags[at]
        while at < len(tags) and tags[at] == tag:
            at += 1
        last = at
        # No sign begins or ends a name.
        while tag and first < last and not texts[first][0].isalnum():
            first += 1
        while tag and last > first and not texts[last - 1][0].isalnum():
            last -= 1
        if not tag or first == last:
            continue
        end = starts[last - 1] + len(texts[last - 1])
        if text[starts[first] - 1 : starts[first]] in _GLUE_BEFORE or _GLUE_AFTER.match(text, end):
            continue
        if last < at and text[end] == "." and len(texts[last - 1]) <= ABBREVIATED_CHARS:
            end += 1
        mean = sum(gain[tag - 1] for gain in gains[first:last]) / (last - first)
        yield Name(starts[first], end, KINDS[tag], 1 / (1 + math.exp(-max(-30.0, min(30.0, mean / 2)))))
