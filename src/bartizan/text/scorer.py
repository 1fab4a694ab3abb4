"""The scorer: a small network over words that says how much a text looks like each kind of attack.

Each word is the sum of hashed features (`words.py`). Two convolutions look at words in their neighbourhood. A window
slides over the text by one word at a time and keeps the strongest of what they see; a last layer turns that into one
logit for each kind. So an attack counts the same wherever it stands in a text, however long.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bartizan.text.words import features, words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

WINDOW = 32
"""Words that one judgement sees."""
NEAR, FAR = 5, 3
"""Words that the convolutions see; those of the second lie FAR words apart."""
ROWS_AT_ONCE = 16
"""OpenBLAS gives larger products to threads, which on a busy machine wait for each other a hundred times longer."""
KNOWN_WORDS = 1 << 15
"""Vectors of words that are kept; beyond that they are all forgotten and made again."""


class Peak(NamedTuple):
    """Where one kind of attack shows most."""

    logit: float
    window: int
    """The number of the first word of the window."""


class Scorer:
    """One trained network, with the vectors of the words that it met lately."""

    def __init__(self, weights: Path) -> None:
        import numpy as np

        self._np = np
        with np.load(weights, allow_pickle=False) as saved:
            self.kinds: tuple[str, ...] = tuple(saved["kinds"].tolist())
            self._table = saved["table"].astype(np.float32) * saved["table_scale"].astype(np.float32)
            self._layers = [saved[name].astype(np.float32) for name in ("near", "near_bias", "far", "far_bias")]
            self._head = [saved[name].astype(np.float32) for name in ("hidden", "hidden_bias", "out", "out_bias")]
        self._rows: dict[str, int] = {}
        self._vectors = np.empty((KNOWN_WORDS, self._table.shape[1]), np.float32)

    def peaks(self, text: str) -> dict[str, Peak]:
        """The highest logit of each kind over all windows of a folded text."""
        logits = self.logits(words(text))
        if not len(logits):
            return {}
        best = logits.argmax(axis=0)
        return {
            kind: Peak(float(logits[at, n]), int(at)) for n, (kind, at) in enumerate(zip(self.kinds, best, strict=True))
        }

    def logits(self, seen: Sequence[str]) -> "Floats":
        """A row for each window, a column for each kind."""
        np = self._np
        if not seen:
            nothing: Floats = np.empty((0, len(self.kinds)), np.float32)
            return nothing
        near, near_bias, far, far_bias = self._layers
        hidden, hidden_bias, out, out_bias = self._head
        rows = self._known(seen)
        first = self._near(self._vectors[rows], near, near_bias)
        second = self._far(first, far, far_bias)
        strongest = self._slide(np.concatenate((first, second), axis=1))
        logits: Floats = self._layer(strongest, hidden, hidden_bias) @ out + out_bias
        return logits

    def _near(self, vectors: "Floats", weights: "Floats", bias: "Floats") -> "Floats":
        np = self._np
        count, width = vectors.shape
        padded = np.zeros((count + NEAR - 1, width), np.float32)
        padded[NEAR // 2 : NEAR // 2 + count] = vectors
        step = padded.strides[0]
        seen = np.lib.stride_tricks.as_strided(padded, (count, NEAR * width), (step, padded.itemsize))
        return self._layer(seen, weights, bias)

    def _far(self, inner: "Floats", weights: "Floats", bias: "Floats") -> "Floats":
        np = self._np
        count, width = inner.shape
        padded = np.zeros((count + 2 * FAR, width), np.float32)
        padded[FAR : FAR + count] = inner
        seen = np.concatenate((padded[:count], inner, padded[2 * FAR :]), axis=1)
        return self._layer(seen, weights, bias)

    def _layer(self, rows: "Floats", weights: "Floats", bias: "Floats") -> "Floats":
        """One layer for all rows, ROWS_AT_ONCE by ROWS_AT_ONCE."""
        np = self._np
        count, width = rows.shape
        whole = count - count % ROWS_AT_ONCE
        result: Floats = np.empty((count, weights.shape[1]), np.float32)
        if whole:
            stacked = rows[:whole].reshape(-1, ROWS_AT_ONCE, width)
            np.matmul(stacked, weights, out=result[:whole].reshape(-1, ROWS_AT_ONCE, weights.shape[1]))
        if whole < count:
            np.matmul(rows[whole:], weights, out=result[whole:])
        result += bias
        np.maximum(result, 0, out=result)
        return result

    def _slide(self, values: "Floats") -> "Floats":
        """The maximum over each window, by doubling."""
        np = self._np
        span = 1
        while span < WINDOW and len(values) > 1:
            step = min(span, WINDOW - span, len(values) - 1)
            values = np.maximum(values[:-step], values[step:])
            span += step
        return values

    def _known(self, seen: Sequence[str]) -> list[int]:
        rows = self._rows
        try:
            return [rows[word] for word in seen]
        except KeyError:
            self._learn(seen)
            return [self._rows[word] for word in seen]

    def _learn(self, seen: Sequence[str]) -> None:
        """Make the vectors of words that are new, and forget the old ones when there are too many."""
        np = self._np
        new = list(dict.fromkeys(word for word in seen if word not in self._rows))
        if len(self._rows) + len(new) > KNOWN_WORDS:
            self._rows = {}
            new = list(dict.fromkeys(seen))
            if len(new) > len(self._vectors):
                self._vectors = np.empty((len(new), self._table.shape[1]), np.float32)
        buckets = [features(word) for word in new]
        counts = np.fromiter(map(len, buckets), np.int64, len(buckets))
        flat = np.fromiter((bucket for word in buckets for bucket in word), np.int64, int(counts.sum()))
        starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
        made = np.add.reduceat(self._table[flat], starts, axis=0) / np.sqrt(counts)[:, None]
        first = len(self._rows)
        self._vectors[first : first + len(new)] = made
        self._rows.update(zip(new, range(first, first + len(new)), strict=True))
