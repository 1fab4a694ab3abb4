"""Regular expressions as trees: RE2's syntax, read so that a pattern can be measured and said again for another engine.

Only patterns that RE2 itself has accepted are read here, so this reader is lenient where RE2 is strict. A construct it
does not know raises `Unknown`; the pattern then runs on RE2 alone.
"""

from functools import lru_cache
from typing import NamedTuple

from bartizan.text.letter_case import in_any_case
from bartizan.text.re2_regex import Regex

ASCII = (1 << 128) - 1
Range = tuple[int, int]
"""The first and the last code point."""


class Chars(NamedTuple):
    """One character out of a set."""

    ascii: int
    """Its members below 128, a bit for each."""
    beyond: tuple[Range, ...] | None = ()
    """Its other members, as ranges in order; None means that there may be any."""


class Edge(NamedTuple):
    """A place between characters: `^`, `$`, `m^`, `m$`, `b` or `B`."""

    kind: str


class Sequence(NamedTuple):
    """One after the other."""

    items: tuple["Node", ...]


class Choice(NamedTuple):
    """One or the other."""

    items: tuple["Node", ...]


class Repeat(NamedTuple):
    """The item, `low` to `high` times; None means without end."""

    item: "Node"
    low: int
    high: int | None


Node = Chars | Edge | Sequence | Choice | Repeat


class Unknown(Exception):
    """A construct that is not read here."""


def parse(pattern: str) -> Node:
    """The tree of a pattern that RE2 accepts."""
    reader = _Reader(pattern)
    node = reader.choice()
    if reader.at < len(pattern):
        raise Unknown(f"unbalanced {pattern[reader.at]!r}")
    return node


def bits(chars: str) -> int:
    """The set of these ASCII characters."""
    found = 0
    for char in chars:
        found |= 1 << ord(char)
    return found


def span_bits(first: int, last: int) -> int:
    """The set of all ASCII characters from first to last."""
    return ((1 << (last + 1)) - 1) & ~((1 << first) - 1)


DIGITS = span_bits(48, 57)
UPPER, LOWER = span_bits(65, 90), span_bits(97, 122)
WORD = DIGITS | UPPER | LOWER | bits("_")
TOKEN = WORD | bits("+/=%.~-")
SPACE = bits("\t\n\f\r ")
NEWLINE = bits("\n")
PERL = {"d": DIGITS, "w": WORD, "s": SPACE}
POSIX = {
    "alnum": DIGITS | UPPER | LOWER,
    "alpha": UPPER | LOWER,
    "ascii": ASCII,
    "blank": bits("\t "),
    "cntrl": span_bits(0, 31) | 1 << 127,
    "digit": DIGITS,
    "graph": span_bits(33, 126),
    "lower": LOWER,
    "print": span_bits(32, 126),
    "punct": span_bits(33, 126) & ~(DIGITS | UPPER | LOWER),
    "space": SPACE | bits("\v"),
    "upper": UPPER,
    "word": WORD,
    "xdigit": DIGITS | bits("abcdefABCDEF"),
}
CONTROL = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
# A set of more ranges beyond ASCII than this is as good as all of it.
MAX_RANGES = 8
# So many letters beyond ASCII are looked at in any case; a set of more is taken for all of them.
MAX_FOLDED = 512


class _Reader:
    """Reads a pattern from left to right; the flags hold until the group ends."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.flags = frozenset[str]()

    def choice(self) -> Node:
        branches = [self._sequence()]
        while self._eat("|"):
            branches.append(self._sequence())
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _sequence(self) -> Node:
        items: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            if self._eat("\\Q"):
                end = self.text.find("\\E", self.at)
                quoted = self.text[self.at : end if end >= 0 else len(self.text)]
                self.at += len(quoted) + 2
                items.extend(self._one(ord(char)) for char in quoted)
            elif (atom := self._atom()) is not None:
                items.append(atom)
            if items:
                items[-1] = self._repeated(items[-1])
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _atom(self) -> Node | None:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return self._set()
        if char == ".":
            return Chars(ASCII if "s" in self.flags else ASCII & ~NEWLINE, None)
        if char in "^$":
            return Edge("m" + char if "m" in self.flags else char)
        if char == "\\":
            return self._escape()
        return self._one(ord(char))

    def _repeated(self, item: Node) -> Node:
        while self.at < len(self.text):
            bounds = self._bounds()
            if bounds is None:
                break
            self._eat("?")
            item = Repeat(item, *bounds)
        return item

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._eat(sign):
                return bounds
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : end].partition(",")
        if not self.text.startswith("{", self.at) or end < 0 or not low.isdecimal() or (high and not high.isdecimal()):
            return None
        self.at = end + 1
        return int(low), int(high) if high else None if comma else int(low)

    def _group(self) -> Node | None:
        before = self.flags
        if self._eat("?"):
            if self._eat("P<") or self._eat("<"):
                self.at = self.text.index(">", self.at) + 1
            elif self._flags() == ")":
                return None
        node = self.choice()
        if not self._eat(")"):
            raise Unknown("an open group")
        self.flags = before
        return node

    def _flags(self) -> str:
        """Takes in flags; says whether they end in `:` or `)`."""
        add = True
        while (char := self._next()) not in ":)":
            if char == "-":
                add = False
            elif char in "imsU":
                self.flags = self.flags | {char} if add else self.flags - {char}
            else:
                raise Unknown(f"(?{char}")
        return char

    def _escape(self) -> Node:
        char = self._next()
        if char in "bB":
            return Edge(char)
        if char in "Az":
            return Edge("^" if char == "A" else "$")
        if char.lower() in PERL:
            return _perl(char)
        if char in "pP":
            return self._unicode(char)
        if char == "C":
            raise Unknown("\\C")
        return self._one(self._code(char))

    def _code(self, char: str) -> int:
        """The code point that an escape stands for."""
        if char in CONTROL:
            return CONTROL[char]
        if char == "x":
            if self._eat("{"):
                end = self.text.index("}", self.at)
                code, self.at = int(self.text[self.at : end], 16), end + 1
            else:
                code, self.at = int(self.text[self.at : self.at + 2], 16), self.at + 2
            return code
        if char in "01234567":
            octal = char
            while len(octal) < 3 and self.at < len(self.text) and self.text[self.at] in "01234567":
                octal += self._next()
            return int(octal, 8)
        if char.isalnum():
            raise Unknown(f"\\{char}")
        return ord(char)

    def _unicode(self, letter: str) -> Chars:
        """A class of Unicode's: exact below 128, everything above."""
        if self._eat("{"):
            end = self.text.index("}", self.at)
            name, self.at = self.text[self.at : end], end + 1
        else:
            name = self._next()
        return Chars(_unicode_ascii(letter, name), None)

    def _set(self) -> Chars:
        negated = self._eat("^")
        below = 0
        beyond: list[Range] | None = []
        first = True
        while first or not self._eat("]"):
            first = False
            item = self._set_item()
            if isinstance(item, Chars):
                below |= item.ascii
                beyond = None if beyond is None or item.beyond is None else [*beyond, *item.beyond]
                continue
            last = item
            if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
                self.at += 1
                end = self._set_item()
                if isinstance(end, Chars):
                    raise Unknown("a class as the end of a range")
                last = end
            below |= span_bits(item, min(last, 127)) if item < 128 else 0
            if last >= 128 and beyond is not None:
                beyond.append((max(item, 128), last))
        if negated:
            return Chars(ASCII & ~self._folded(below), None)
        return self._in_any_case(Chars(below, _merged(beyond)))

    def _set_item(self) -> int | Chars:
        if self._eat("[:"):
            end = self.text.index(":]", self.at)
            name, self.at = self.text[self.at : end], end + 2
            inside = POSIX[name.lstrip("^")]
            return Chars(ASCII & ~inside, None) if name.startswith("^") else Chars(inside)
        char = self._next()
        if char != "\\":
            return ord(char)
        char = self._next()
        if char.lower() in PERL:
            return _perl(char)
        if char in "pP":
            return self._unicode(char)
        return self._code(char)

    def _one(self, code: int) -> Chars:
        return self._in_any_case(Chars(1 << code) if code < 128 else Chars(0, ((code, code),)))

    def _in_any_case(self, chars: Chars) -> Chars:
        """The set, or if the flags say so one that has all its members in any case."""
        if "i" not in self.flags:
            return chars
        below, beyond = self._folded(chars.ascii), chars.beyond
        if beyond is None or sum(high - low for low, high in beyond) > MAX_FOLDED:
            return Chars(below | bits("kKsS"), None)
        letters = {letter for low, high in beyond for code in range(low, high + 1) for letter in in_any_case(code)}
        below |= bits("".join(chr(letter) for letter in letters if letter < 128))
        return Chars(below, _merged([(letter, letter) for letter in letters if letter >= 128]))

    def _folded(self, below: int) -> int:
        return below | (below & UPPER) << 32 | (below & LOWER) >> 32 if "i" in self.flags else below

    def _next(self) -> str:
        if self.at >= len(self.text):
            raise Unknown("an open end")
        self.at += 1
        return self.text[self.at - 1]

    def _eat(self, expected: str) -> bool:
        if not self.text.startswith(expected, self.at):
            return False
        self.at += len(expected)
        return True


def _merged(ranges: list[Range] | None) -> tuple[Range, ...] | None:
    """The ranges in order, those that touch as one; None if they are too many."""
    if ranges is None:
        return None
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged) if len(merged) <= MAX_RANGES else None


def _perl(letter: str) -> Chars:
    inside = PERL[letter.lower()]
    return Chars(inside) if letter.islower() else Chars(ASCII & ~inside, None)


@lru_cache(maxsize=256)
def _unicode_ascii(letter: str, name: str) -> int:
    """The ASCII members of a class of Unicode's, as RE2 knows them."""
    member = Regex(f"\\{letter}{{{name}}}").finds
    return bits("".join(char for char in map(chr, range(128)) if member(char)))
