"""Ciphers of letters: turned round, moved along the alphabet, mirrored in it. Told by how unlikely the letters look."""

import re
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from bartizan.text.views.likely import PAIRS, PER_NAT, SYMBOL, SYMBOLS, likeness, neighbours, of_neighbours
from bartizan.text.views.piece import Piece, Spans, in_place
from bartizan.text.views.source import LOWER, UPPER, Source

BLOCK_CHARS = 16
"""Two neighbouring blocks are judged together."""
UNLIKELY = -0.15
"""Nats per pair, below which letters look like none of the languages."""
BACKWARDS = -0.2
"""Nats per pair, below which letters rather stand the other way round."""
LETTERS_47, LIKELY_47 = 16, 0.6
"""So many letters that rot47 makes of two blocks, and so few nats per pair, are not what other texts have."""
APART_BLOCKS = 3
"""Odd blocks that are no further apart belong together."""
REACH_CHARS = 24
"""How far the cipher may go on beyond the blocks that look odd."""
WIDER_CHARS = 512
LIKELY_ENOUGH = 0.4
"""Nats per pair that letters have to reach to be taken for what was meant."""
BETTER = 1.0
TURNED_BETTER = 0.3
"""Nats per pair that they have to gain."""
LEAST_PAIRS = 16
LEAST_WORDS = 2
GAIN, TURNED_GAIN = 20, 10
"""Nats that undoing a cipher has to gain in all."""
SHORT_CHARS, STEP_CHARS = 192, 8
MOST_REGIONS = 8
"""Odd places looked at in the first KB, and one more in each further one; if there are more, neighbours are one."""
MOSTLY = 0.75
"""Of what rot47 stood for so much has to be letters."""
LEAST_LETTERS = 8
"""Different ones in what was deciphered: fewer can be likely by chance."""


def _gain_47(byte: int) -> float:
    """How much it speaks for rot47 that this byte was written."""
    if not 33 <= byte < 127:
        return 0.0
    return float(chr(33 + (byte - 33 + 47) % 94).isalpha()) - MOSTLY


def _packed() -> NDArray[np.uint32]:
    """For two neighbours, in one number: how likely they are, how much more so than turned round, and of rot47."""
    turned = np.clip(PAIRS.astype(np.int16) - PAIRS.T, -120, 120).astype(np.int8)
    likely, forwards = (of_neighbours(table).astype(np.int64) + 128 for table in (PAIRS, turned))
    letters = np.array([_gain_47(byte) > 0 for byte in range(256)], np.int64)
    return (likely | forwards << 13 | np.tile(letters, 256) << 26).astype(np.uint32)


PACKED = _packed()
FIELD = np.uint32(0x1FFF)
NEXT, LAST = np.uint32(13), np.uint32(26)
LEAST_LIKELY = 2 * BLOCK_CHARS * (128 + int(UNLIKELY * PER_NAT))
MOST_LIKELY_47 = 2 * BLOCK_CHARS * 128 + int(2 * BLOCK_CHARS * PER_NAT * LIKELY_47)
LEAST_FORWARDS = 2 * BLOCK_CHARS * (128 + int(BACKWARDS * PER_NAT))

MIRROR = "mirrored"
SHIFTS = {f"rot{by}": [0, *((letter + by) % 26 + 1 for letter in range(26))] for by in range(1, 26)}
SHIFTS |= {MIRROR: [0, *range(26, 0, -1)]}


def _ciphers() -> tuple[list[str], NDArray[np.float32]]:
    """Each cipher's name, and how likely it makes each pair of symbols when it is undone; first the text as it is."""
    names = ["", "reversed", *SHIFTS, *SHIFTS]
    moved = [PAIRS[np.ix_(shift, shift)] for shift in SHIFTS.values()]
    tables = [PAIRS, PAIRS.T, *moved, *(table.T for table in moved)]
    rows = np.array([np.pad(table, (0, 1)).ravel() for table in tables], np.float32)
    return names, rows / np.float32(PER_NAT)


NAMES, TABLES = _ciphers()
ALPHABET = frozenset(LOWER.decode())
BLANKS = (b" ", b"\n")
GAINS = np.ascontiguousarray((TABLES - TABLES[0]).T)
TELLS = np.pad(np.ones((SYMBOLS, SYMBOLS), np.int8), (0, 1)).ravel()
TELLS[0] = 0


def deciphered(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """For each cipher that was found, the text around what was enciphered with what was meant."""
    data = source.data.ljust(2 * BLOCK_CHARS + 1, b".")
    values = PACKED.take(neighbours(data))
    whole = len(values) // BLOCK_CHARS
    blocks = values[: whole * BLOCK_CHARS].reshape(whole, BLOCK_CHARS).sum(axis=1, dtype=np.uint32)
    pairs = blocks[1:] + blocks[:-1]
    odd = ((pairs & FIELD) < LEAST_LIKELY) | ((pairs >> NEXT & FIELD) < LEAST_FORWARDS)
    if odd.any():
        yield from _moved(source, _regions(odd, len(source.data), APART_BLOCKS))
    lettered = (pairs >> LAST >= LETTERS_47) & ((pairs & FIELD) < MOST_LIKELY_47)
    if lettered.any():
        yield from _rot47(source, _regions(lettered, len(source.data), APART_BLOCKS))


def _regions(odd: NDArray[np.bool_], length: int, apart: int) -> list[tuple[int, int]]:
    """Where odd blocks stand together, and a little around them."""
    regions: list[tuple[int, int]] = []
    first = last = -1
    for at in [*np.flatnonzero(odd).tolist(), len(odd) + 2 * apart]:
        if first >= 0 and at - last > apart:
            end = min((last + 2) * BLOCK_CHARS + REACH_CHARS, length)
            regions.append((max(first * BLOCK_CHARS - REACH_CHARS, 0), end))
            first = -1
        first, last = at if first < 0 else first, at
    return regions if len(regions) <= MOST_REGIONS + length // 1024 else _regions(odd, length, 2 * apart)


def _moved(source: Source, regions: list[tuple[int, int]]) -> Iterator[tuple[str, list[Piece]]]:
    found: dict[str, list[Piece]] = {}
    for start, end in regions:
        cipher, begin, after = _undoing(source.data, start, end)
        if cipher == "reversed":
            for name, turn in TURNS.items():
                piece = Piece(begin, after, *turn(source.text, begin, after))
                if piece.text != source.text[begin:after]:
                    found.setdefault(name, []).append(piece)
        elif cipher:
            moved = source.text[begin:after].translate(SHIFTED[cipher])
            found.setdefault(cipher, []).append(Piece(begin, after, moved))
    for name, pieces in found.items():
        yield name, in_place(source.text, pieces)


def _undoing(data: bytes, start: int, end: int) -> tuple[str, int, int]:
    """The cipher that makes the most of this region, and where it gains; no name if none does."""
    best = _best(_pairs(data, start, end))
    none = "", start, end
    if best == 0:
        return none
    start, end = max(start - WIDER_CHARS, 0), min(end + WIDER_CHARS, len(data))
    pairs = _pairs(data, start, end)
    gains = np.concatenate(([0], (TABLES[best].take(pairs) - TABLES[0].take(pairs)).cumsum()))
    last = int((gains - np.minimum.accumulate(gains)).argmax())
    first = int(gains[: last + 1].argmin())
    said = data[start + first : start + last + 1].decode()
    telling = int(TELLS.take(pairs[first:last]).sum())
    if telling < LEAST_PAIRS or len(said.split()) < LEAST_WORDS or not _diverse(said):
        return none
    likely = float(TABLES[best].take(pairs[first:last]).sum()) / telling
    better = float(gains[last] - gains[first]) / telling
    if likely < LIKELY_ENOUGH or better < (TURNED_BETTER if NAMES[best] == "reversed" else BETTER):
        return none
    return NAMES[best], *_whole_words(data, start + first, start + last + 1)


def _pairs(data: bytes, start: int, end: int) -> NDArray[np.intp]:
    """Each pair of neighbouring symbols as one number, as the rows of the tables have them."""
    symbols = SYMBOL.take(np.frombuffer(data, np.uint8, end - start, start)).astype(np.intp)
    return symbols[:-1] * (SYMBOLS + 1) + symbols[1:]


def _diverse(text: str) -> bool:
    return len(ALPHABET.intersection(text.lower())) >= LEAST_LETTERS


def _best(pairs: NDArray[np.intp]) -> int:
    """The cipher that gains most on all of a long text, or on some part of a short one; 0 if it is not enough."""
    if len(pairs) > SHORT_CHARS:
        counts = np.bincount(pairs, minlength=(SYMBOLS + 1) ** 2).astype(np.float32)
        return int((TABLES @ counts).argmax())
    steps = np.add.reduceat(GAINS.take(pairs, axis=0), np.arange(0, len(pairs), STEP_CHARS), axis=0)
    totals = np.zeros((len(steps) + 1, len(NAMES)), np.float32)
    np.cumsum(steps, axis=0, out=totals[1:])
    gains = (totals - np.minimum.accumulate(totals, axis=0)).max(axis=0)
    best = int(gains.argmax())
    return best if gains[best] > (TURNED_GAIN if best == 1 else GAIN) else 0


def _whole_words(data: bytes, start: int, end: int) -> tuple[int, int]:
    """With a few more words on either side, since what is odd about a short word may not be enough to tell it by."""
    begin, after = max(start - REACH_CHARS, 0), min(end + REACH_CHARS, len(data))
    if begin:
        begin = _blank(data, begin, start) + 1 or start
    if after < len(data):
        after = max(data.rfind(blank, end, after) for blank in BLANKS)
    return begin, max(after, end)


def _blank(data: bytes, start: int, end: int) -> int:
    """Where the first blank is; -1 if there is none."""
    return min((at for blank in BLANKS if (at := data.find(blank, start, end)) >= 0), default=-1)


def _rot47(source: Source, regions: list[tuple[int, int]]) -> Iterator[tuple[str, list[Piece]]]:
    pieces = []
    for start, end in regions:
        begin, after = _lettered(source.data, *_whole_words(source.data, start, end))
        begin, after = _whole_words(source.data, begin, after) if begin < after else (begin, after)
        if after - begin < LEAST_PAIRS:
            continue
        read = source.text[begin:after].translate(SHIFTED_47)
        if likeness(read) > LIKELY_ENOUGH and _diverse(read):
            pieces.append(Piece(begin, after, read))
    if pieces:
        yield "rot47", in_place(source.text, pieces)


def _lettered(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Where rot47 makes letters rather than digits and signs, with the words cut in two there."""
    gains = np.concatenate(([0], LETTERED.take(np.frombuffer(data, np.uint8, end - start, start)).cumsum()))
    last = int((gains - np.minimum.accumulate(gains)).argmax())
    first = int(gains[: last + 1].argmin())
    if last - first < LEAST_PAIRS:
        return start, start
    blanks = [at for blank in BLANKS if (at := data.find(blank, start + last)) >= 0]
    begin = max(data.rfind(blank, 0, start + first + 1) for blank in BLANKS) + 1
    return max(begin, start), min([*blanks, end])


def _backwards(text: str, start: int, end: int) -> tuple[str, Callable[[], Spans]]:
    return text[start:end][::-1], lambda: (range(end - 1, start - 1, -1), range(end, start, -1))


def _word_by_word(text: str, start: int, end: int) -> tuple[str, Callable[[], Spans]]:
    return _part_by_part(WORD, text, start, end)


def _line_by_line(text: str, start: int, end: int) -> tuple[str, Callable[[], Spans]]:
    return _part_by_part(LINE, text, start, end)


def _part_by_part(part: re.Pattern[str], text: str, start: int, end: int) -> tuple[str, Callable[[], Spans]]:
    """Each part turned round where it stands."""

    def spans() -> Spans:
        order = list(range(start, end))
        for match in part.finditer(text, start, end):
            order[match.start() - start : match.end() - start] = range(match.end() - 1, match.start() - 1, -1)
        return order, [at + 1 for at in order]

    return part.sub(lambda match: match[0][::-1], text[start:end]), spans


WORD, LINE = re.compile(r"\S+"), re.compile(r"[^\r\n]+")
TURNS = {"reversed": _backwards, "reversed-lines": _line_by_line, "reversed-words": _word_by_word}
SHIFTED = {
    name: str.maketrans((LOWER + UPPER).decode(), "".join(chr(base + to - 1) for base in b"aA" for to in shift[1:]))
    for name, shift in SHIFTS.items()
}
LETTERED = np.array([_gain_47(byte) for byte in range(256)], np.float32)
SHIFTED_47 = {code: 33 + (code - 33 + 47) % 94 for code in range(33, 127)}
