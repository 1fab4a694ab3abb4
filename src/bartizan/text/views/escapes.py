"""Escapes: characters written as their numbers or names, in URLs, HTML, JSON and other languages, CSS and e-mail."""

import re
from binascii import a2b_qp
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from typing import NamedTuple
from unicodedata import lookup
from urllib.parse import unquote_to_bytes

from bartizan.text.views.piece import TOGETHER_CHARS, Piece, Spans, in_place, of_bytes
from bartizan.text.views.source import Source

HEX = "[0-9a-fA-F]"


class Escape(NamedTuple):
    """One way to write characters as numbers."""

    name: str
    sign: str
    """Every escape begins with it."""
    one: str
    """An escape, as a pattern; escapes of escapes, however deep, are one."""
    read: Callable[[str], bytes]
    """What a text with escapes stands for, in UTF-8 or in bytes of its own."""
    trusted: Callable[[list[str], str], bool] | None = None
    """Whether they are likely to be escapes, from them and what they read as, if such signs also mean other things."""


def unescaped(source: Source) -> Iterator[tuple[str, list[Piece]]]:
    """For each way of escaping that is there, the text around the escapes with what they stand for."""
    text = source.text
    for escape, one, run in ESCAPES:
        if escape.sign in text and (pieces := _pieces(text, escape, one, run)):
            yield escape.name, in_place(text, pieces)


def _pieces(text: str, escape: Escape, one: re.Pattern[str], run: re.Pattern[str]) -> list[Piece]:
    pieces = []
    for match in run.finditer(text):
        written = match[0]
        data = escape.read(written)
        read = _decoded(data)
        if read != written and (not escape.trusted or escape.trusted(one.findall(written), read)):
            spans = partial(_spans, read, match.start(), written, escape, one)
            pieces.append(Piece(match.start(), match.end(), read, spans))
    return pieces


def _decoded(data: bytes) -> str:
    """UTF-8; a byte that is none stands for the character of its number."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape").translate(LATIN)


def _spans(read: str, start: int, written: str, escape: Escape, one: re.Pattern[str]) -> Spans:
    """Each byte comes from the escape, or from the character, that stands for it."""
    data = escape.read(written)
    begins: list[int] = []
    afters: list[int] = []
    at = 0
    for match in [*one.finditer(written), None]:
        literal = range(at, match.start() if match else len(written))
        for first, end in [*((at, at + 1) for at in literal), *([match.span()] if match else [])]:
            count = len(escape.read(written[first:end]))
            begins += [start + first] * count
            afters += [start + end] * count
        at = match.end() if match else at
    if len(begins) != len(data):
        return [start] * len(read), [start + len(written)] * len(read)
    return of_bytes(data.decode("utf-8", "surrogateescape"), begins, afters)


def _url(written: str) -> bytes:
    flat = DEEPER_PERCENT.sub("%", written)
    if "%u" in flat:
        flat = PERCENT_U.sub(lambda match: "".join(f"%{byte:02x}" for byte in _utf8(int(match[1], 16))), flat)
    return unquote_to_bytes(flat)


def _html(written: str) -> bytes:
    return unescape(DEEPER_AMP.sub("&", written)).encode("utf-8", "replace")


def _backslash(written: str) -> bytes:
    return BACKSLASH.sub(_backslashed, written).encode("utf-8", "replace")


def _backslashed(match: re.Match[str]) -> str:
    sign = match[0].lstrip("\\")
    if sign in SHORT:
        return SHORT[sign]
    if sign[0] == "N":
        try:
            return lookup(sign[2:-1])
        except KeyError:
            return match[0]
    if "\\" in sign:
        high, low = (int(half[1:], 16) for half in sign.replace("\\", " ").split())
        return chr(0x10000 + (high - 0xD800 << 10) + (low - 0xDC00))
    code = int(sign.strip("uUx{}"), 16) if sign[0] in "uUx" else int(sign, 8)
    return chr(code) if code < 0x110000 else match[0]


def _css(written: str) -> bytes:
    return CSS.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), written).encode("utf-8", "replace")


def _quoted(written: str) -> bytes:
    return a2b_qp(written.encode("utf-8", "replace"))


def _utf8(code: int) -> bytes:
    return chr(code).encode("utf-8", "replace")


def _is_quoted(escapes: list[str], read: str) -> bool:
    """Whether there are too many for a chance such as x=20, or a line goes on after an equals sign."""
    return len(escapes) > 2 or (any("\n" in escape for escape in escapes) and "\0" not in read)


def _is_url(escapes: list[str], _: str) -> bool:
    """Whether it is more than a percent sign before two letters."""
    return len(escapes) > 1 or "u" in escapes[0] or int(escapes[0][-2:], 16) < 0x80


def _is_css(escapes: list[str], _: str) -> bool:
    return len(escapes) > 2


LATIN = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
SHORT = {"n": "\n", "r": "\r", "t": "\t", "/": "/", '"': '"', "'": "'"}
DEEPER_PERCENT = re.compile(rf"%(?:25)+(?={HEX}{{2}}|u{HEX}{{4}})")
PERCENT_U = re.compile(rf"%u({HEX}{{4}})")
DEEPER_AMP = re.compile(r"&(?:amp;)+(?=#|\w)")
PERCENT_ONE = rf"%(?:25)*(?:u{HEX}{{4}}|{HEX}{{2}})"
AMP_ONE = rf"&(?:amp;)*(?:#[xX]{HEX}{{1,8}}|#[0-9]{{1,9}}|[A-Za-z][A-Za-z0-9]{{1,30}}(?=;));?"
BACKSLASH_ONE = (
    rf"\\(?<!\\\\)\\*+(?:u[dD][89abAB]{HEX}{{2}}\\{{1,9}}u[dD][c-fC-F]{HEX}{{2}}|u{HEX}{{4}}|U{HEX}{{8}}|[ux]\{{{HEX}{{1,8}}\}}"
    rf"|x{HEX}{{2}}|N\{{[A-Za-z -]{{2,60}}\}}|[0-7]{{3}}(?!{HEX})|[nrt])"
)
BACKSLASH = re.compile(BACKSLASH_ONE)
CSS_ONE = rf"\\({HEX}{{2,6}}) ?"
CSS = re.compile(CSS_ONE)

ESCAPES = tuple(
    (
        escape,
        re.compile(escape.one),
        re.compile(rf"(?:{escape.one})(?:[^{re.escape(escape.sign)}]{{0,{TOGETHER_CHARS}}}(?:{escape.one}))*"),
    )
    for escape in (
        Escape("url", "%", PERCENT_ONE, _url, _is_url),
        Escape("html", "&", AMP_ONE, _html),
        Escape("backslash", "\\", BACKSLASH_ONE, _backslash),
        Escape("css", "\\", CSS_ONE, _css, _is_css),
        Escape("quoted-printable", "=", r"=(?:[0-9A-F]{2}|(?<![=\s]=)\r?\n)", _quoted, _is_quoted),
    )
)
