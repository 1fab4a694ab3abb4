"""The corpus: the grammar's samples, folded as the guard folds them, and innocent texts made of the attacks' words.

A network learns single rare words by heart if it may: whoever asks how to "survive" is then an attacker. So each
attack's words come again in random order, and strewn into innocent texts, as innocent: what is left to learn is how
they stand together.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bartizan.text.words import words
from training.guard.grammar import BENIGN, SEEDS, load, samples

SHUFFLED, STREWN, JOINED, DEEP = 0.25, 0.4, 0.15, 0.15


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    kinds: frozenset[str]
    language: str
    family: str


def corpus(each: int, seed: int, root: Path = SEEDS) -> Iterator[Text]:
    """Up to `each` texts of every family of attacks, as many innocent ones, and what is made of both."""
    rng = random.Random(seed)
    families = load(root, parts=("attack", "benign"))
    attacks = [family for family in families if family.part == "attack"]
    quiet = [family for family in families if family.part == "benign"]
    hostile = [Text(s.text.lower(), frozenset({s.kind}), s.language, s.family) for s in samples(attacks, each, seed)]
    more = max(each, each * len(attacks) // max(1, len(quiet)))
    innocent = [Text(s.text.lower(), frozenset(), s.language, s.family) for s in samples(quiet, more, seed)]
    yield from hostile
    yield from innocent
    for text in hostile:
        if rng.random() < SHUFFLED:
            yield Text(_shuffled(text.text, rng), frozenset(), text.language, text.family)
        if rng.random() < DEEP:
            yield Text(_around(text.text, rng.choice(innocent).text, rng), text.kinds, text.language, text.family)
    for text in innocent:
        if rng.random() < STREWN:
            yield Text(_strewn(text.text, rng.choice(hostile).text, rng), frozenset(), text.language, text.family)
        if rng.random() < JOINED:
            joined = text.text + rng.choice(["\n", "\n\n", " "]) + rng.choice(innocent).text
            yield Text(joined, frozenset(), text.language, text.family)


def _shuffled(text: str, rng: random.Random) -> str:
    return " ".join(_mixed(text, rng))


def _mixed(text: str, rng: random.Random) -> Sequence[str]:
    seen = words(text)
    return rng.sample(seen, len(seen))


def _strewn(text: str, donor: str, rng: random.Random) -> str:
    """The text with some of its words replaced by words of the donor."""
    seen = words(text)
    given = [word for word in words(donor) if len(word) > 1] or ["."]
    for _ in range(1 + len(seen) // rng.choice((6, 10, 20))):
        seen[rng.randrange(len(seen))] = rng.choice(given)
    return " ".join(seen)


def _around(text: str, host: str, rng: random.Random) -> str:
    """The text at the end of another, at its beginning, or between its lines."""
    lines = host.split("\n")
    at = rng.randrange(len(lines) + 1)
    return "\n".join((*lines[:at], text, *lines[at:]))
