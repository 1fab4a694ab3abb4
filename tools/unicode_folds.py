"""`python -m tools.unicode_folds CONFUSABLES` writes what the views make of each character beyond ASCII.

CONFUSABLES is a JSON file `{"X": [{"c": "a"}], ...}` of the characters that Unicode's confusables.txt (UTS 39) takes
for one another, such as `confusables.json` in the PyPI package `confusable_homoglyphs`; the rest is Python's own
`unicodedata`.
"""
# ruff: noqa: RUF001

import json
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bartizan.kernel.unseen import IGNORED

TABLE = Path(__file__).parent.parent / "src/bartizan/text/views/folds.tsv"
HEADER = "# Written by tools/unicode_folds.py: first, last (hexadecimal), step, what, how far to what it is read as."

# Symbols that are a Latin letter in another dress.
DRESSED = re.compile(r"(LATIN SMALL LETTER|SMALL CAPITAL|LATIN CAPITAL LETTER|SYMBOL LETTER|LETTER TURNED) ([A-Z])$")
ACCENTED = re.compile(r"LATIN (CAPITAL|SMALL) LETTER ([A-Z]) WITH .+")

# Scripts with letters that pass for Latin ones, and whose words are told apart by spaces, so that a mixed word is odd.
ALPHABET = re.compile(
    "(?:ARMENIAN|CANADIAN SYLLABICS|CARIAN|CHEROKEE|COPTIC|CYRILLIC|DESERET|ELBASAN|GEORGIAN|GOTHIC|GREEK"
    r"|LISU|LYCIAN|LYDIAN|OLD ITALIC|OSAGE|TIFINAGH|VAI|WARANG CITI)\b"
)
# What passes for a letter in most fonts, though UTS 39 does not take it all the way to ASCII.
CLOSE = dict(zip("ктмнвпαβεηικνπτυχω", "ktmhbnabenikvntuxw", strict=True))

PUNCTUATION = {
    "'": "‘’‚‛′‹›ʹʻʼʽˈ",
    '"': "“”„‟″«»",
    "-": "‐‑‒–—―−⁃",
    ".": "․·•∙⋅・",
    "/": "⁄∕",
    ":": "∶ː",
    "\n": "\x85\u2028\u2029",
    " ": "\u2800",
}
# Grade 1, a to z.
BRAILLE = "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵"
BY_HAND = (
    {char: to for to, chars in PUNCTUATION.items() for char in chars}
    | dict(zip(BRAILLE, "abcdefghijklmnopqrstuvwxyz", strict=True))
    | dict(zip("ĸᴉɛɔ", "kieo", strict=True))
)

# Blocks of marks that combine with the letters of any script.
ANY_SCRIPT = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
JAMO = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}


def main(confusables: Path) -> None:
    alike = _alike(json.loads(confusables.read_text()))
    joining = _joining()
    codes = defaultdict(list)
    for code in range(0x80, 0x110000):
        for fact in _facts(chr(code), alike, joining):
            codes[fact].append(code)
    rows = sorted((*run, *fact) for fact, found in codes.items() for run in _runs(found))
    lines = [f"{first:X}\t{last:X}\t{step}\t{what}\t{shift}" for first, last, step, what, shift in rows]
    TABLE.write_text("\n".join([HEADER, *lines]) + "\n")


def _facts(char: str, alike: dict[str, str], joining: set[str]) -> Iterator[tuple[str, int]]:
    """What the character is, and how far it is to what it is read as."""
    name, category = unicodedata.name(char, ""), unicodedata.category(char)
    if char not in BY_HAND and (char in IGNORED or category in {"Cc", "Cf", "Cs", "Co"}):
        yield "drop", 0
        return
    if ANY_SCRIPT.match(char) or unicodedata.combining(char):
        yield ("mark" if ANY_SCRIPT.match(char) else "sign"), 0
    to = _one(char, name, category, alike)
    if to and to != char:
        yield "fold", ord(to) - ord(char)
    if not to or char in joining:
        yield "many", 0
    if ALPHABET.match(name) and category[0] in "LN":
        letter = CLOSE.get(char) or alike.get(char)
        yield ("like", ord(letter) - ord(char)) if letter else ("other", 0)
    if match := ACCENTED.fullmatch(name):
        letter = match[2] if match[1] == "CAPITAL" else match[2].lower()
        yield "accent", ord(letter) - ord(char)


def _one(char: str, name: str, category: str, alike: dict[str, str]) -> str:
    """The one character that it is read as wherever it stands, in lower case unless ASCII; or nothing."""
    if char in BY_HAND:
        return BY_HAND[char]
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Zs":
        return " "
    if match := DRESSED.search(name):
        return match[2].lower() if match[1] in {"LATIN SMALL LETTER", "SMALL CAPITAL", "LETTER TURNED"} else match[2]
    plain = unicodedata.normalize("NFKC", char)
    if name.startswith("LATIN") and not ACCENTED.fullmatch(name) and char in alike:
        return alike[char]
    lower = plain if plain.isascii() else plain.lower()
    return lower if len(lower) == 1 else ""


def _alike(table: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """The ASCII letter or digit that a character is taken for."""
    alike = {}
    for char, others in table.items():
        plain = [
            other["c"] for other in others if len(other["c"]) == 1 and other["c"].isascii() and other["c"].isalnum()
        ]
        if len(char) == 1 and not char.isascii() and plain:
            alike[char] = "I" if plain[0] == "l" and char.isupper() else plain[0]
    return alike


def _joining() -> set[str]:
    """Characters that are no marks and yet melt into the one before."""
    parts = (unicodedata.decomposition(chr(code)).split() for code in range(0x80, 0x30000))
    seconds = {chr(int(pair[1], 16)) for pair in parts if len(pair) == 2 and "<" not in pair[0]}
    return {char for char in seconds if not unicodedata.combining(char)} | set(map(chr, JAMO))


def _runs(codes: list[int]) -> Iterator[tuple[int, int, int]]:
    """The codes as (first, last, step): neighbours, or every other one."""
    at = 0
    while at < len(codes):
        step = codes[at + 1] - codes[at] if at + 1 < len(codes) else 1
        step = step if step <= 2 else 1
        end = at
        while end + 1 < len(codes) and codes[end + 1] - codes[end] == step:
            end += 1
        yield codes[at], codes[end], step
        at = end + 1


if __name__ == "__main__":
    main(Path(sys.argv[1]))
