"""Words in disguise: letters set apart, and letters written as the digits and signs that look like them."""

import re
from collections.abc import Iterator

import numpy as np

from bartizan.text.views.likely import LIKELY, PER_NAT, totals
from bartizan.text.views.piece import TOGETHER_CHARS, Piece, in_place
from bartizan.text.views.source import DIGITS, FOREIGN, LOWER, UPPER, Source, kinds

LETTER = r"[^\W_]"
APART = re.compile(rf"(?<!{LETTER}){LETTER}([\W_]{{1,3}}){LETTER}(?:\1{LETTER}){{2,}}(?!{LETTER})")
REACH_CHARS = 64
"""Shorter words are taken to be set apart too, this close to one of four letters."""
GAP_CHARS = 7
"""The most that stands between two words whose letters are set apart."""
APART_SIGNS = (b" a a a ", b"  a  ")
WORDS = kinds(("a", UPPER + LOWER + DIGITS + bytes([FOREIGN])))


def apart(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """Letters with the same thing between any two, such as i-g-n-o-r-e or i g n o r e."""
    marked = b" " + source.data.translate(WORDS)
    signs = [sign for sign in APART_SIGNS if sign in marked]
    if not signs:
        return
    pieces: list[Piece] = []
    text, done = source.text, 0
    for at in sorted(_places(marked, signs)):
        match = APART.match(text, at) if at >= done else None
        if not match or sum(map(str.isalpha, match[0])) * 2 < len(match[0]) // (1 + len(match[1])):
            continue
        between = match[1]
        step = 1 + len(between)
        again = re.compile(rf"(?<!{LETTER}){LETTER}(?:{re.escape(between)}{LETTER})+(?!{LETTER})")
        for word in again.finditer(text, max(match.start() - REACH_CHARS, done)):
            if word.start() > max(match.end(), done) + REACH_CHARS:
                break
            gap = text[done : word.start()]
            if pieces and 1 < len(gap) <= GAP_CHARS and not any(map(str.isalnum, gap)):
                pieces.append(Piece(done, word.start(), " "))
            places = range(word.start(), word.end(), step)
            afters = range(word.start() + 1, word.end() + 1, step)
            pieces.append(Piece(*word.span(), word[0][::step], (places, afters)))
            done = word.end()
    if pieces:
        yield "apart", in_place(text, pieces)


def _places(marked: bytes, signs: list[bytes]) -> Iterator[int]:
    """Where letters may begin to be set apart: at those that stand alone after one that does not."""
    for sign in signs:
        lead = len(sign) - len(sign.lstrip())
        at = marked.find(sign)
        while at >= 0:
            yield at + lead - 1
            at = marked.find(sign, at + 1)


LEET_SIGNS = b"0134578@$!"
LEET = bytes.maketrans(LEET_SIGNS, b"oieastbasi")
LEET_KINDS = kinds(("a", UPPER + LOWER), ("0", LEET_SIGNS), ("9", b"269_=+/\\#&"))
"""What may be meant for a letter, and what stands in a word that is none."""
SIGN, LETTERS = rb"[0134578@$!]", rb"[A-Za-z]"
SURE = re.compile(rb"%b*%b+%b+%b|[0134578]+%b{3}" % (SIGN, LETTERS, SIGN, LETTERS, LETTERS))
"""A sign between letters, or a digit before three: no ordinal or unit, no version, no variable."""
EXCLAIMS, UNREAD = re.compile(r"!+(?![\w$@])"), re.compile(chr(FOREIGN) + "+")
LEAST_LEET, MOST_LEET = 4, 24
LIKE_A_WORD = 0.2 * PER_NAT
"""Per pair of letters, how much a word must look like one of a language once its signs are letters."""
DOMAIN = re.compile(rb"\.[A-Za-z]")
MEANT = re.compile(
    rb"0[xX]|[0-9a-f]+$|[aikl](?:18|10|11|8)[nys]$"
    rb"|[0-9]+(?:st|rd|th|am|pm|[kKmMgG]?[bBgm]|[cm]m|m?s|[hHkMxvVdwW]|px|em|pt|[kMG]?Hz)?$"
)
"""Numbers with an ordinal's or a unit's letters after them, or in place of letters that were left out."""


def leet(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """Words with digits and signs in place of letters."""
    marked = source.data.translate(LEET_KINDS)
    if b"0a" not in marked:
        return
    words = list(_candidates(source.data, marked))
    if not words:
        return
    read = _plain(source.data)
    likely = totals(read)
    sure = [(start, end) for start, end in words if likely[end + 1] - likely[start] > LIKE_A_WORD * (end - start)]
    if sure:
        yield "leet", in_place(source.text, _stretches(source, read, sure))


def _candidates(data: bytes, marked: bytes) -> Iterator[tuple[int, int]]:
    """The words with a sign before or between letters that are no number with its unit."""
    at = marked.find(b"0a")
    while at >= 0:
        start, end = marked.rfind(b" ", 0, at) + 1, marked.find(b" ", at)
        end = len(marked) if end < 0 else end
        at = marked.find(b"0a", end)
        if not LEAST_LEET <= end - start <= MOST_LEET:
            continue
        word = data[start:end].rstrip(b"!")
        size = len(word)
        if not SURE.match(word) or marked.find(b"9", start, start + size) >= 0 or MEANT.match(word):
            continue
        if b"@" not in word or not DOMAIN.match(data, start + size):
            yield start, start + size


def _plain(data: bytes) -> bytes:
    """All in letters. A one is an l beside another or where that reads better, and else an i."""
    read = np.frombuffer(b" " + data.translate(LEET) + b" ", np.uint8).copy()
    ones = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("1")) + 1
    if len(ones):
        before, after = read[ones - 1].astype(np.intp), read[ones + 1].astype(np.intp) << 8
        as_l = LIKELY[before | ord("l") << 8].astype(np.int16) + LIKELY[ord("l") | after]
        as_i = LIKELY[before | ord("i") << 8].astype(np.int16) + LIKELY[ord("i") | after]
        twins = np.diff(ones) == 1
        double = np.concatenate((twins, [False])) | np.concatenate(([False], twins))
        read[ones[(as_l > as_i) | double]] = ord("l")
    return read[1:-1].tobytes()


def _stretches(source: Source, read: bytes, words: list[tuple[int, int]]) -> Iterator[Piece]:
    """One sure word by itself; where there are more, all that stands between and beside them in letters."""
    first, last = words[0]
    count = 1
    for start, end in [*words[1:], (len(read) + 2 * TOGETHER_CHARS, 0)]:
        if start - last <= TOGETHER_CHARS:
            last, count = end, count + 1
            continue
        if count > 1:
            first = max(source.data.rfind(b" ", 0, max(first - REACH_CHARS, 0)) + 1, 0)
            last = source.data.find(b" ", min(last + REACH_CHARS, len(read)))
            last = len(read) if last < 0 else last
        yield Piece(first, last, _kept(source.text[first:last], read[first:last].decode("ascii", "replace")))
        first, last, count = start, end, 1


def _kept(text: str, read: str) -> str:
    """The letters, and as it was what is not ASCII or was read before, and an exclamation mark after a word."""
    kept = list(read)
    for match in (*UNREAD.finditer(read), *EXCLAIMS.finditer(text)):
        kept[match.start() : match.end()] = text[match.start() : match.end()]
    return "".join(kept)
