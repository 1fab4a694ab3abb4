"""What was said: everything that one side has brought into a session, and whether a value is in it."""

import secrets
from collections.abc import Iterable, Sequence

from bartizan.guard.flow_words import dates, numbers, times, words
from bartizan.text.view import views
from bartizan.text.windows import GRAM, Flags, Hashes, grams, normal

BORDER_LETTERS = "bcdfghjkmnpqrstvwxz"
BORDER_CHARS = 12
"""A word that no text holds, so that none can pretend to be two."""
RUN_GRAMS = GRAM + 5
"""So many overlapping grams are 20 letters in a row."""


class Said:
    """The texts of one side. It keeps them, so that short values are found too; how many is the session's business."""

    def __init__(self) -> None:
        self._texts: list[tuple[str, str]] = []
        self._numbers: dict[str, str] = {}
        self._dates: dict[str, str] = {}
        self._times: dict[str, str] = {}
        self._grams: list[Hashes] = []
        self._words: set[str] = set()
        self._border = f"\n|{''.join(secrets.choice(BORDER_LETTERS) for _ in range(BORDER_CHARS))}|\n"
        self.chars = 0
        self.unread = ""
        """Why some of what was said was not understood, or nothing."""

    def __bool__(self) -> bool:
        return bool(self._texts)

    def add(self, source: str, texts: Sequence[str]) -> None:
        """Takes in texts of this source, in all their readings; nothing is found across the border of two."""
        import numpy as np

        seen = views(self._border.join(texts))
        self.unread = self.unread or seen.unread
        for view in seen.all:
            parts = view.text.split(self._border.strip())
            spoken = "|".join([words(part) for part in parts])
            self._texts.append((source, spoken))
            self._words.update(spoken.replace("|", " ").split())
            self._grams.append(np.unique(grams(normal("\0".join(parts)))))
            self.chars += 2 * len(view.text)
            for found, known in (
                (numbers(view.text), self._numbers),
                (dates(spoken), self._dates),
                (times(spoken), self._times),
            ):
                known.update(dict.fromkeys(found - known.keys(), source or "?"))

    def whole(self, spoken: str) -> str:
        """The source that has these very words in a row, or nothing."""
        parts = spoken.split()
        if not parts or not all(part in self._words for part in parts):
            return ""
        return next((source or "?" for source, text in self._texts if spoken in text), "")

    def number(self, figure: str) -> str:
        """The source that has this number, or nothing."""
        return self._numbers.get(figure, "")

    def date(self, date: str) -> str:
        """The source that names this date, or nothing; where it names no year, any year will do."""
        return self._dates.get(date) or self._dates.get("-" + date[4:], "")

    def time(self, time: str) -> str:
        """The source that names this time of day, or nothing."""
        return self._times.get(time, "")

    def asks(self, stems: Iterable[str]) -> bool:
        """Whether words were said that begin so."""
        heads = [words(stem).rstrip() for stem in stems]
        return any(head in text for head in heads if head for _, text in self._texts)

    def has(self, letters: Hashes) -> Flags:
        """Which of the grams stand in what was said."""
        import numpy as np

        found: Flags = np.zeros(len(letters), np.bool_)
        for known in self._grams:
            if len(known) and len(letters):
                at = np.minimum(np.searchsorted(known, letters), len(known) - 1)
                found |= known[at] == letters
        return found

    def run(self, letters: Hashes, unless: Iterable["Said"] = ()) -> bool:
        """Whether 20 letters in a row stand in what was said, and not also in what another side said."""
        shared = self.has(letters)
        if not shared.any():
            return False
        for other in unless:
            shared &= ~other.has(letters)
        length = 0
        for bit in shared.tolist():
            length = length + 1 if bit else 0
            if length >= RUN_GRAMS:
                return True
        return False
