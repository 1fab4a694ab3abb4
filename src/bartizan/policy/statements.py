"""The rules of a policy text, told apart and counted before Cedar's parser, which recurses, sees them."""

import re
from collections.abc import Iterator

import msgspec

from bartizan.policy.errors import Fault, PolicyBroken

MAX_TEXT_BYTES = 1 << 20
MAX_RULES = 5_000
# Cedar 4.12 overflows a stack of 1 MiB (and takes the process along) some way above these.
MAX_DEPTH = 32
MAX_OPERATORS_PER_RULE = 500
MAX_OPERATORS = 100_000

# To Cedar a carriage return ends a comment too: what follows it is a rule.
BLANK = re.compile(r"(?:\s|//[^\n\r]*)*")
TOKEN = re.compile(
    r"""
    (?P<skip>"[^"\\]*(?:\\.[^"\\]*)*"|//[^\n\r]*)
    |(?P<end>;)
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<nest>\bif\b)
    |(?P<operator>&&|\|\||[=!<>]=|[-+*!<>.]|\b(?:has|like|in|is|then|else)\b)
    |(?P<quote>")
    """,
    re.VERBOSE | re.DOTALL,
)


class Statement(msgspec.Struct, frozen=True):
    """The text of one rule, and the line on which it begins."""

    line: int
    text: str


def split(text: str, *, source: str = "") -> tuple[Statement, ...]:
    """The statements of the text, which is refused if it is out of proportion; linear in its length."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise PolicyBroken((Fault("the text is not Unicode"),), source=source) from None
    if size > MAX_TEXT_BYTES:
        raise PolicyBroken((Fault(f"{size:,} bytes, more than {MAX_TEXT_BYTES:,}"),), source=source)
    if "\0" in text:
        raise PolicyBroken((Fault("a NUL byte", text.count("\n", 0, text.index("\0")) + 1),), source=source)
    statements: list[Statement] = []
    try:
        for statement in _statements(text):
            if len(statements) == MAX_RULES:
                raise _Excess(f"more than {MAX_RULES:,} rules", statement.line)
            statements.append(statement)
    except _Excess as excess:
        raise PolicyBroken((Fault(excess.what, excess.line),), source=source) from None
    return tuple(statements)


class _Excess(Exception):
    def __init__(self, what: str, line: int) -> None:
        self.what = what
        self.line = line


def _statements(text: str) -> Iterator[Statement]:
    start, line, depth, nests, operators, total = _after_blank(text, 0), 1, 0, 0, 0, 0
    line += text.count("\n", 0, start)
    for token in TOKEN.finditer(text, start):
        kind = token.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "nest":
            nests += 1
        elif kind == "operator":
            operators += 1
        elif kind == "quote":
            raise _Excess("a string that does not end", line)
        elif kind == "end":
            yield Statement(line, text[start : token.end()])
            following = _after_blank(text, token.end())
            line += text.count("\n", start, following)
            start, depth, nests, operators = following, 0, 0, 0
        if depth + nests > MAX_DEPTH:
            raise _Excess(f"a rule nested deeper than {MAX_DEPTH}", line)
        if operators > MAX_OPERATORS_PER_RULE:
            raise _Excess(f"a rule with more than {MAX_OPERATORS_PER_RULE} operators", line)
        total += kind == "operator"
        if total > MAX_OPERATORS:
            raise _Excess(f"more than {MAX_OPERATORS:,} operators", line)
    if start < len(text):
        yield Statement(line, text[start:])


def _after_blank(text: str, position: int) -> int:
    found = BLANK.match(text, position)
    return found.end() if found else position
