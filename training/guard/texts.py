"""The texts that the scorer learns from: the corpus folded, and innocent texts strewn with attackers' words.

A network learns single rare words by heart if it may: whoever asks how to "survive" is then an attacker. So words of
attacks come again strewn into innocent texts; what is left to learn is how they stand together.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bartizan.text.words import words
from training.guard.corpus import corpus
from training.guard.grammar import BENIGN, Family

APART = 0.125
"""Share of innocent families that nobody learns from."""
PER_CARRIER = 300
"""Documents of each carrier with an attack, and as many without."""
STREWN, JOINED, DEEP = 0.4, 0.2, 0.2
"""Shares of texts that come again: with an attacker's words, after another text, and within another."""


@dataclass(frozen=True, slots=True)
class Text:
    """A folded text and what it is."""

    text: str
    kinds: frozenset[str]
    """None for an innocent text; an attack in a document is both its own kind and an embedded task."""
    family: str


def apart(families: Sequence[Family], seed: int) -> list[Family]:
    """The families to learn from: an eighth of the innocent ones is left for the calibration."""
    return [
        family
        for family in families
        if family.part != "benign" or random.Random(f"{seed} {family.id}").random() >= APART
    ]


def texts(families: Sequence[Family], per_seed: int, seed: int) -> list[Text]:
    """All samples of these families, and what is made of them."""
    rng = random.Random(seed)
    kinds = {family.id: family.kind for family in families}
    drawn = []
    for sample in corpus(families, per_seed, PER_CARRIER, seed):
        # Of a carried text the last seed is the attack's own.
        own = kinds[sample.seed_id.split()[-1].rpartition(":")[0]]
        named = {sample.kind, own} - {BENIGN}
        drawn.append(Text(sample.text.lower(), frozenset(named), f"{sample.language}/{sample.family}"))
    hostile, innocent = [text for text in drawn if text.kinds], [text for text in drawn if not text.kinds]
    strewn = _strewn(innocent, hostile, rng) if hostile else ()
    return [*drawn, *_within(hostile, innocent, rng), *strewn, *_joined(innocent, rng)]


def _within(hostile: Iterable[Text], innocent: Sequence[Text], rng: random.Random) -> Iterator[Text]:
    """Attacks before, after or between the lines of innocent texts."""
    for text in hostile:
        if rng.random() < DEEP:
            lines = rng.choice(innocent).text.split("\n")
            at = rng.randrange(len(lines) + 1)
            yield Text("\n".join((*lines[:at], text.text, *lines[at:])), text.kinds, text.family)


def _strewn(innocent: Iterable[Text], hostile: Sequence[Text], rng: random.Random) -> Iterator[Text]:
    """Innocent texts in which a word here and there is an attacker's."""
    for text in innocent:
        seen = words(text.text)
        if seen and rng.random() < STREWN:
            given = [word for word in words(rng.choice(hostile).text) if len(word) > 1] or ["."]
            for _ in range(1 + len(seen) // rng.choice((6, 10, 20))):
                seen[rng.randrange(len(seen))] = rng.choice(given)
            yield Text(" ".join(seen), frozenset(), text.family)


def _joined(innocent: Sequence[Text], rng: random.Random) -> Iterator[Text]:
    """Innocent texts one after the other."""
    for text in innocent:
        if rng.random() < JOINED:
            between = rng.choice(("\n", "\n\n", " "))
            yield Text(text.text + between + rng.choice(innocent).text, frozenset(), text.family)
