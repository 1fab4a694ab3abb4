"""The training of the names tagger: a chain of tags (Lafferty et al., 2001), by AdaGrad on hashed features."""

import time
from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bartizan.text.tagger import KINDS, NameTagger, Weights
from bartizan.text.tagger_words import (
    DIGITS,
    ROWS_BITS,
    TITLE,
    WHOLE,
    WINDOW,
    WORD,
    class_rows,
    manner,
    seen,
    shape,
    word_class,
    word_rows,
)
from training.names.corpus import paragraphs

VOCABULARY = 700
CHAINS = 64
"""So many stretches of text are learnt from at once,"""
STRETCH = 64
"""each so many words long."""
EPOCHS = 5
RATE = 0.12
FORGET = 0.4
"""Share of the capitalised words that are learnt from without their identity, so that their looks count."""
MISSED = 0.12
"""Share of all features that are missed at random, so that none is relied on alone."""
DECAY = 2e-6
LEVELS = 127


class Stream(NamedTuple):
    """Paragraphs one after the other, as words with their tags."""

    texts: list[tuple[str, int]]
    """Each word, and how the paragraph is written that it stands in."""
    tags: NDArray[np.int64]


def stream(seed: int, count: int) -> Stream:
    """So many paragraphs, each closed by a line break."""
    texts: list[tuple[str, int]] = []
    tags: list[int] = []
    for pieces in paragraphs(seed, count):
        whole = "".join(text for text, _ in pieces)
        written = manner(whole)
        marks: list[int] = []
        for text, kind in pieces:
            marks += [KINDS.index(kind)] * len(text)
        for word in WORD.finditer(whole):
            texts.append((word[0], written))
            tags.append(marks[word.start()])
        texts.append(("\n\n", written))
        tags.append(0)
    return Stream(texts, np.array(tags))


def trained(seed: int, count: int, say: bool = True) -> Weights:
    """Weights learnt from so many paragraphs."""
    began = time.perf_counter()
    learnt = stream(seed, count)
    vocabulary = _vocabulary(learnt)
    lesson = _Lesson(learnt, vocabulary, seed)
    for epoch in range(EPOCHS):
        loss = lesson.epoch(average=epoch >= EPOCHS - 2)
        if say:
            print(f"epoch {epoch + 1}: loss {loss:.4f} a word, {time.perf_counter() - began:.0f} s")
    return lesson.weights(vocabulary)


def rounded(weights: Weights) -> tuple[NDArray[np.int8], float]:
    """The rows in whole steps, and the step."""
    scale = float(np.quantile(np.abs(weights.rows), 0.9999) / LEVELS)
    return np.clip(np.rint(weights.rows / scale), -LEVELS, LEVELS).astype(np.int8), scale


def tagger(weights: Weights) -> NameTagger:
    """A tagger with the weights as they will be kept."""
    rows, scale = rounded(weights)
    return NameTagger(Weights(rows.astype(np.float32) * np.float32(scale), weights.steps, weights.vocabulary))


def _vocabulary(learnt: Stream) -> dict[str, int]:
    """The words that are frequent outside of names."""
    counts = Counter(text.lower() for (text, _), tag in zip(learnt.texts, learnt.tags.tolist(), strict=True) if not tag)
    kept = [word for word, _ in counts.most_common(4 * VOCABULARY) if not word[0].isdigit() and not word.isspace()]
    return {word: number for number, word in enumerate(kept[:VOCABULARY])}


class _Lesson:
    """The state of one training."""

    def __init__(self, learnt: Stream, vocabulary: dict[str, int], seed: int) -> None:
        self.dice = np.random.default_rng(seed)
        known = {text: number for number, text in enumerate(dict.fromkeys(learnt.texts))}
        self.ids = np.array([known[text] for text in learnt.texts])
        self.tags = learnt.tags
        # The last row is nobody's: what is forgotten points there.
        self.nothing = 1 << ROWS_BITS
        self.places = word_rows([seen(text, written) for text, written in known])
        self.capital = np.array([TITLE <= shape(text) < DIGITS or written > 0 for text, written in known])
        classes = np.array([word_class(text, written, vocabulary) for text, written in known], dtype=np.uint64)
        self.around = class_rows(classes[self.ids])
        size = self.nothing + 1
        self.rows = np.zeros((size, len(KINDS)), dtype=np.float32)
        self.squares = np.full((size, len(KINDS)), 1e-6, dtype=np.float32)
        self.steps = np.zeros((len(KINDS), len(KINDS)), dtype=np.float32)
        self.step_squares = np.full_like(self.steps, 1e-6)
        self.mean_rows, self.mean_steps, self.averaged = np.zeros_like(self.rows), np.zeros_like(self.steps), 0

    def epoch(self, *, average: bool) -> float:
        """One pass over all stretches in a new order; the mean loss of a word."""
        starts = np.arange(0, len(self.ids) - STRETCH - 1, STRETCH) + self.dice.integers(0, STRETCH)
        starts = self.dice.permutation(starts[starts + STRETCH + 2 < len(self.ids)])
        losses = []
        for at in range(0, len(starts) - CHAINS + 1, CHAINS):
            losses.append(self._learn(starts[at : at + CHAINS]))
            if average:
                self.mean_rows += self.rows
                self.mean_steps += self.steps
                self.averaged += 1
        return float(np.mean(losses))

    def weights(self, vocabulary: dict[str, int]) -> Weights:
        """The mean of the weights of the last passes."""
        return Weights(self.mean_rows[: self.nothing] / self.averaged, self.mean_steps / self.averaged, vocabulary)

    def _learn(self, starts: NDArray[np.int64]) -> float:
        places = starts[:, None] + np.arange(STRETCH)
        features = self._features(places)
        scores = self.rows[features].sum(axis=2)
        gold = self.tags[places]
        loss, beliefs, moves = _beliefs(scores, self.steps)
        truth = np.eye(len(KINDS), dtype=np.float32)[gold]
        true_moves = np.einsum("nta,ntb->ab", truth[:, :-1], truth[:, 1:])
        true_score = (scores * truth).sum() + (self.steps * true_moves).sum()
        self._row_step(features, beliefs - truth)
        slope = (moves - true_moves) / gold.size
        self.step_squares += slope**2
        self.steps -= RATE * slope / np.sqrt(self.step_squares)
        return float(loss - true_score) / gold.size

    def _features(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of each word of the stretches, some words without their identity."""
        parts = []
        forgotten = self.dice.random(len(self.capital)) < FORGET
        forgotten &= self.capital
        for place, wanted in enumerate(WINDOW):
            near = np.clip(places + place - len(WINDOW) // 2, 0, len(self.ids) - 1)
            ids = self.ids[near]
            rows = self.places[place][ids]
            whole = [at for at, feature in enumerate(wanted) if feature in WHOLE]
            rows[:, :, whole] = np.where(forgotten[ids][:, :, None], self.nothing, rows[:, :, whole])
            parts.append(rows)
        features = np.concatenate([*parts, self.around[places]], axis=2)
        features[self.dice.random(features.shape, dtype=np.float32) < MISSED] = self.nothing
        return features

    def _row_step(self, features: NDArray[np.int64], slopes: NDArray[np.float32]) -> None:
        flat = features.reshape(-1)
        for tag in range(len(KINDS)):
            weight = np.repeat(slopes[:, :, tag].reshape(-1), features.shape[2]) / slopes.shape[0]
            slope = np.bincount(flat, weight, self.nothing + 1).astype(np.float32)
            slope[self.nothing] = 0
            touched = slope.nonzero()[0]
            part = slope[touched] + DECAY * self.rows[touched, tag]
            self.squares[touched, tag] += part**2
            self.rows[touched, tag] -= RATE * part / np.sqrt(self.squares[touched, tag])


def _beliefs(
    scores: NDArray[np.float32], steps: NDArray[np.float32]
) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
    """The log of the sum over all ways, how likely each tag is at each word, and each step all in all."""
    chains, length, tags = scores.shape
    ahead, behind = np.empty_like(scores), np.zeros_like(scores)
    ahead[:, 0] = scores[:, 0]
    for at in range(1, length):
        ahead[:, at] = scores[:, at] + _log_sum(ahead[:, at - 1][:, :, None] + steps, 1)
    for at in range(length - 2, -1, -1):
        behind[:, at] = _log_sum(steps + (scores[:, at + 1] + behind[:, at + 1])[:, None, :], 2)
    total = _log_sum(ahead[:, -1], 1)
    beliefs = np.exp(ahead + behind - total[:, None, None])
    after = scores[:, 1:] + behind[:, 1:]
    pairs = ahead[:, :-1, :, None] + steps + after[:, :, None, :] - total[:, None, None, None]
    return float(total.sum()), beliefs, np.exp(pairs).sum(axis=(0, 1))


def _log_sum(values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    top = values.max(axis=axis, keepdims=True)
    summed: NDArray[np.float32] = np.log(np.exp(values - top).sum(axis=axis)) + top.squeeze(axis)
    return summed
