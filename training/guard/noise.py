"""How people really write: the same text in other cases, with slips of the hand, and in other company.

Applied alike to attacks and to innocent texts, so that neither is known by its tidiness.
"""

import random
import re
from collections.abc import Callable

SLIPS_PER_LETTER = 0.02
_SENTENCE = re.compile(r"(^|[.!?]\s+|\n)([^\W\d_])")
_LETTERS = re.compile(r"[^\W\d_]{4,}")
_NEIGHBOURS = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l",
    "l": "k", "m": "n", "n": "m", "o": "p", "p": "o", "q": "w", "r": "t", "s": "d", "t": "y", "u": "i", "v": "b",
    "w": "e", "x": "c", "y": "u", "z": "x",
}  # fmt: skip


def roughen(text: str, rng: random.Random) -> str:
    """The text as one of many hands would have typed it; half of the time just as tidy as it can be."""
    change = rng.choices([kind for kind, _ in _KINDS], [weight for _, weight in _KINDS])[0]
    return change(text, rng)


def _tidy(text: str, _rng: random.Random) -> str:
    """Sentences begin with a capital letter."""
    return _SENTENCE.sub(lambda found: found[1] + found[2].upper(), text)


def _as_written(text: str, _rng: random.Random) -> str:
    return text


def _lower(text: str, _rng: random.Random) -> str:
    return text.lower()


def _upper(text: str, _rng: random.Random) -> str:
    return text.upper()


def _no_stops(text: str, _rng: random.Random) -> str:
    """In lower case and without punctuation."""
    return re.sub(r"[.,;:!?'\"]", "", text.lower())


def _no_last_stop(text: str, rng: random.Random) -> str:
    return _tidy(text.rstrip(".!?"), rng)


def _hasty(text: str, rng: random.Random) -> str:
    """With slips of the hand."""
    return _LETTERS.sub(lambda found: _slip(found[0], rng), text)


def _slip(word: str, rng: random.Random) -> str:
    if rng.random() > SLIPS_PER_LETTER * len(word):
        return word
    at = rng.randrange(1, len(word) - 1)
    letter, after = word[at], word[at + 1]
    instead = rng.choice((after + letter, after, letter * 2 + after, _NEIGHBOURS.get(letter, letter) + after))
    return word[:at] + instead + word[at + 2 :]


def _stressed(text: str, rng: random.Random) -> str:
    """One word in capitals, and loud at the end."""
    words = text.split(" ")
    at = rng.randrange(len(words))
    words[at] = words[at].upper()
    return " ".join(words) + rng.choice(("!", "!!", "!!!", "", "..."))


_KINDS: tuple[tuple[Callable[[str, random.Random], str], float], ...] = (
    (_tidy, 50),
    (_as_written, 12),
    (_lower, 12),
    (_upper, 3),
    (_no_stops, 5),
    (_no_last_stop, 8),
    (_hasty, 7),
    (_stressed, 3),
)
