"""Regular expressions of Python said in RE2's syntax, as far as that goes.

RE2 looks neither ahead nor behind. Where a pattern only asks for what stands right before or after it, that is matched
with it, and the pattern itself becomes a group: `(?<!\\w)a(?!\\d)` is `(?:^|\\W)(a)(?:\\D|$)`. `\\d`, `\\w` and `\\b`
are of ASCII, and a repetition of more than a thousand has no upper bound.
"""

import re
from typing import NamedTuple

FLAGS = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"))
MAX_REPEAT = 1000
_OPPOSITE = {r"\w": r"\W", r"\W": r"\w", r"\d": r"\D", r"\D": r"\d", r"\s": r"\S", r"\S": r"\s"}
_CHAR = r"\\[wWdDsS]|\\[^\w]|[^\\\[\](){}|.*+?^$]"
_SET = r"\[(?:[^\]\\]|\\.)+\]"
_ONE = re.compile(f"{_CHAR}|{_SET}")
_BEFORE = re.compile(rf"\(\?<(?P<sign>[=!])(?P<one>{_CHAR}|{_SET})\)")
_AFTER = re.compile(rf"\(\?(?P<sign>[=!])(?P<one>{_CHAR}|{_SET})\)\Z")
_WORD_BEGINS = (r"(?:(?<=\W)|(?<=^))", r"(?:^|(?<=\W))", r"(?:(?<=^)|(?<=\W))")
_WORD_ENDS = (r"(?:(?=\W)|$)", r"(?:$|(?=\W))", r"(?=\W|$)", r"(?=$|\W)")


class Said(NamedTuple):
    """A pattern in RE2's syntax."""

    pattern: str
    part: int
    """The group that is what the pattern's group was."""


def in_re2(pattern: str, flags: int = 0, part: int = 0) -> Said:
    """The pattern for RE2, which may yet refuse it."""
    begins, inner, ends = _around(pattern)
    inner = _rewritten(inner)
    if begins or ends:
        inner, part = f"{begins}({inner}){ends}", part + 1
    letters = "".join(letter for flag, letter in FLAGS if flags & flag)
    return Said(f"(?{letters}){inner}" if letters else inner, part)


def _around(pattern: str) -> tuple[str, str, str]:
    """What must stand before, the pattern, and what must stand after."""
    if _has_branches(pattern):
        return "", pattern, ""
    begins = ends = ""
    for word in _WORD_BEGINS:
        if pattern.startswith(word):
            begins, pattern = r"(?:^|\W)", pattern[len(word) :]
    if found := _BEFORE.match(pattern):
        begins, pattern = _beside(found, "^"), pattern[found.end() :]
    for word in _WORD_ENDS:
        if pattern.endswith(word):
            ends, pattern = r"(?:\W|$)", pattern[: -len(word)]
    if found := _AFTER.search(pattern):
        ends, pattern = _beside(found, "$"), pattern[: found.start()]
    return begins, pattern, ends


def _beside(found: re.Match[str], edge: str) -> str:
    one = found["one"]
    if found["sign"] == "=":
        return f"(?:{one})"
    if one in _OPPOSITE:
        opposite = _OPPOSITE[one]
    elif one.startswith("[^"):
        opposite = f"[{one[2:]}"
    else:
        opposite = f"[^{one[1:]}" if one.startswith("[") else f"[^{one}]"
    return f"(?:{edge}|{opposite})" if edge == "^" else f"(?:{opposite}|{edge})"


def _has_branches(pattern: str) -> bool:
    """True if the pattern has `|` outside of all groups, so that its ends are not those of each branch."""
    depth, at = 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif char == "[":
            one = _ONE.match(pattern, at)
            at = one.end() - 1 if one else at
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            return True
        at += 1
    return False


def _rewritten(pattern: str) -> str:
    """The pattern with what RE2 writes differently."""
    return re.sub(r"\\\\|\\Z|\\u[0-9a-fA-F]{4}|(?<=[^\\]){\d*,\d+}", _again, pattern)


def _again(found: re.Match[str]) -> str:
    text = found[0]
    if text == r"\Z":
        return r"\z"
    if text.startswith(r"\u"):
        return rf"\x{{{text[2:]}}}"
    if text.startswith("{"):
        low, high = text[1:-1].split(",")
        return f"{{{low or 0},{high if int(high) <= MAX_REPEAT else ''}}}"
    return text
