"""Morse code."""

import re
from collections.abc import Iterator

from bartizan.text.views.likely import likeness
from bartizan.text.views.piece import Piece, in_place
from bartizan.text.views.source import Source, kinds

SIGNS = """
    .- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..
    ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.
    .-.-.- --..-- ..--.. -.-.-- -....- -..-. .--.-. .----. -.--. -.--.- ---... -.-.-. -...-
    .-.-. ..--.- .-..-. ...-..- .-...
"""
LETTERS = dict(zip(SIGNS.split(), "abcdefghijklmnopqrstuvwxyz0123456789.,?!-/@'():;=+_\"$&", strict=True))
RUN = re.compile(r"(?<![^\s/|,;:(\"'`])[.-]{1,7}(?:[ \t\n/|]{1,5}[.-]{1,7}){3,}(?![^\s/|,;)\"'`])")
SIGN = re.compile(r"[.-]+|\s*[/|\n]\s*|\s{2,}|\s")
LEAST_LETTERS, LEAST_KINDS = 4, 3
DOTS = kinds(("#", bytes(range(256))), ("x", b".-"), (" ", b" \t\n"))


def morse(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    if b"x x" not in source.data.translate(DOTS):
        return
    pieces = []
    for match in RUN.finditer(source.text):
        read: list[str] = []
        begins: list[int] = []
        afters: list[int] = []
        for sign in SIGN.finditer(source.text, *match.span()):
            letter = LETTERS.get(sign[0], "") if sign[0][0] in ".-" else " " if sign[0] != " " else None
            if letter is None:
                continue
            if not letter:
                read = []
                break
            read.append(letter)
            begins.append(sign.start())
            afters.append(sign.end())
        words = "".join(read)
        letters = set(filter(str.isalpha, words))
        if len(words) >= LEAST_LETTERS and len(letters) >= LEAST_KINDS and likeness(words) > 0:
            pieces.append(Piece(*match.span(), words, (begins, afters)))
    if pieces:
        yield "morse", in_place(source.text, pieces)
