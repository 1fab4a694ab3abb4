"""Text upside down, in letters that look like others on their head; read from its end, as if the page were turned."""

import re
from collections.abc import Iterator

from bartizan.text.views.likely import likeness
from bartizan.text.views.piece import Piece, in_place

ON_THEIR_HEAD = "ɐɔǝɟƃɓɥᴉıɾʞןɯɹʇʌʍʎ∀ꓭƆꓷƎℲ⅁ſꓘ⅃ԀꓤꞱ⊥┴∩ɅΛ⅄˙"
UPRIGHT = "acefgghiijklmrtvwyABCDEFGJKLPRTTTUVVY."
TURNED = str.maketrans(ON_THEIR_HEAD + "bqdpnu" + "¡¿‾⅋'", UPRIGHT + "qbpdun" + "!?_&,")
ONE = re.compile("[ɐǝɟƃɥᴉɾʞɯɹʇʌʍʎ]")
STRETCH = re.compile(
    rf"(?:[a-zA-Z]{{0,24}}[{ON_THEIR_HEAD}][a-zA-Z]{{0,24}}|(?<=\s)[a-zA-Z]{{1,12}}(?=\s)|[\s.,!?¡¿˙']){{4,}}"
)
LEAST_TURNED = 3


def turned(text: str) -> Iterator[tuple[str, list[Piece]]]:
    """The text around what stands on its head, that set upright."""
    if not ONE.search(text):
        return
    pieces = []
    for match in STRETCH.finditer(text):
        start, end = match.span()
        read = match[0][::-1].translate(TURNED)
        if len(ONE.findall(match[0])) >= LEAST_TURNED and likeness(read) > 0:
            pieces.append(Piece(start, end, read, (range(end - 1, start - 1, -1), range(end, start, -1))))
    if pieces:
        yield "turned", in_place(text, pieces)
