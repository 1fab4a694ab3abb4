"""Sentences with their names marked: what the tagger is trained and tried on."""

import random
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from training.guard.template import Choice, Slot, Template, read
from training.names.grammar import Fillers, Pieces, people

SENTENCES = Path(__file__).parent / "sentences"
CULTURES = {
    "english": (),
    "english-people": (),
    "english-loose": (),
    "english-plain": (),
    "english-words": (),
    "german": ("german", "german", "german", "greek-turkish"),
    "french": ("french",),
    "spanish": ("spanish",),
    "italian": ("italian",),
    "portuguese": ("portuguese",),
    "dutch": ("dutch",),
    "nordic": ("nordic",),
    "finnish": ("finnish",),
    "polish": ("polish",),
    "czech-hungarian-romanian": ("czech-slovak", "hungarian", "romanian"),
    "slavic-south": ("south-slavic",),
    "east-slavic": ("east-slavic",),
    "turkish-greek-indonesian": ("greek-turkish", "east-asian"),
    "no-case": (),
}
SHARES = {
    "english": 20,
    "english-people": 22,
    "english-loose": 18,
    "english-plain": 12,
    "english-words": 26,
    "no-case": 1,
}
"""How often a file is drawn from; the other languages are drawn alike."""


def paragraphs(seed: int, count: int) -> Iterator[Pieces]:
    """Paragraphs of one to four sentences, as plain texts and names in a row."""
    dice = random.Random(seed)
    files = tuple(CULTURES)
    weights = [SHARES.get(file, 2.5) for file in files]
    for _ in range(count):
        file = dice.choices(files, weights)[0]
        pieces: Pieces = []
        for number in range(dice.choices((1, 2, 3, 4), (6, 3, 2, 1))[0]):
            if number:
                pieces.append((dice.choices((" ", "\n", "\n\n"), (6, 3, 1))[0], ""))
                if file.startswith("english"):
                    file = dice.choice(("english", "english-people", "english-loose", "english-plain", "english-words"))
            pieces += sentence(file, dice)
        yield disguised(pieces, dice)


def sentence(file: str, dice: random.Random) -> Pieces:
    """One sentence out of the file."""
    filled: Pieces = []
    template = dice.choice(templates(file))
    cyrillic = any("А" <= char <= "я" for part in template.parts if isinstance(part, str) for char in part)
    _expand(template, Fillers(dice, CULTURES[file], cyrillic=cyrillic or file == "east-slavic"), filled)
    return filled


@cache
def templates(file: str) -> tuple[Template, ...]:
    """The sentences of a file; those after a line `=` have no names, and are as frequent as the others."""
    lines = (SENTENCES / f"{file}.txt").read_text("utf-8").splitlines()
    return tuple(read(line) for line in lines if line and line != "=" and not line.startswith("# "))


def disguised(pieces: Pieces, dice: random.Random) -> Pieces:
    """The paragraph as somebody careless might write it."""
    how = dice.random()
    if how < 0.05:
        return [(text.lower(), kind) for text, kind in pieces]
    if how < 0.08:
        return [(text.upper(), kind) for text, kind in pieces]
    if how < 0.18:
        return [(unaccented(text), kind) for text, kind in pieces]
    if how < 0.23:
        return [(text.upper() if kind else text, kind) for text, kind in pieces]
    return pieces


def unaccented(text: str) -> str:
    """The text without accents, as it is typed on an English keyboard."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _expand(template: Template, fillers: Fillers, filled: Pieces) -> None:
    for part in template.parts:
        if isinstance(part, Slot):
            filled += fillers.fill(part.name)
        elif isinstance(part, Choice):
            _expand(fillers.dice.choice(part.options), fillers, filled)
        else:
            filled.append((part, ""))


def cultures() -> tuple[str, ...]:
    """All cultures that names are drawn from."""
    return tuple(people())
