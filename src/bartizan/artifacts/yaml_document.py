"""The part of YAML that configurations use, under a budget: a document becomes the same values as one of JSON.

Block and flow collections, all styles of scalars, tags, anchors, aliases and merge keys. Tags are kept, because an
unsafe loader acts on them. What is odd is taken as text and does not stop the reader, so that nothing is hidden behind.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bartizan.artifacts.json_document import Object, Value, as_object, pairs_of
from bartizan.artifacts.reader import Look
from bartizan.artifacts.unpack import Bomb
from bartizan.artifacts.yaml_flow import MAX_DEPTH, Flow, Nodes, Tagged
from bartizan.artifacts.yaml_text import (
    ALIAS,
    BLANK,
    BLOCK_SCALAR,
    COMMENT,
    DOCUMENT,
    ENDING,
    EXPLICIT_KEY,
    NULLS,
    PLAIN_KEY,
    PROPERTIES,
    QUOTED,
    SEQUENCE_ITEM,
    level,
    unquoted,
)  # fmt: skip
from bartizan.kernel import OutOfBudget

MAX_BYTES = 8 << 20
MAX_QUOTED_LINES = 5_000
STEPS_PER_NODE = 6


PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in "str int float bool null map seq set omap binary timestamp merge pairs".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Yaml:
    """What a stream of documents holds."""

    documents: list[Value]
    tags: list[Tagged]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    indent: int
    text: str
    """Without the indentation."""


def read_yaml(data: bytes, look: Look) -> Yaml:
    """The documents in these bytes."""
    if len(data) > MAX_BYTES:
        raise OutOfBudget(f"YAML of {len(data):,} bytes, the most is {MAX_BYTES:,}")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return _Parser(data.decode(encoding, "replace"), look).parse()


class _Parser:
    """One pass over the lines; each method leaves `_at` behind what it took."""

    def __init__(self, text: str, look: Look) -> None:
        self._look = look
        self._nodes = Nodes(look)
        self._documents: list[Value] = []
        raw = text.splitlines()
        look.meter.spend("steps", len(raw) + len(text) // 16)
        self._raw = raw
        self._lines = [
            _Line(number, len(line) - len(line.lstrip(" ")), line.strip(" \t")) for number, line in enumerate(raw, 1)
        ]
        self._at = 0

    def parse(self) -> Yaml:
        while (line := self._next()) is not None:
            before = self._at
            if line.text.startswith("%"):
                self._directive(line.text)
                self._at += 1
                continue
            if line.indent == 0 and (match := DOCUMENT.match(line.text)):
                self._nodes.anchors = {}
                rest = line.text[match.end() :].strip()
                self._at += 1
                if rest and not BLANK.match(rest):
                    self._documents.append(self._value(rest, line, -1, 0))
                continue
            self._documents.append(self._block(line.indent, 0))
            self._at = max(self._at, before + 1)
        return Yaml(self._documents, self._nodes.tags)

    def _directive(self, text: str) -> None:
        words = text.split()
        if len(words) == 3 and words[0] == "%TAG":
            self._nodes.handles[words[1]] = words[2]

    def _next(self) -> _Line | None:
        """The next line that says something; the place moves there."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.text and line.text[0] != "#":
                return line
            self._at += 1
        return None

    def _block(self, indent: int, depth: int) -> Value:
        """The collection or scalar that begins at this line."""
        if depth > MAX_DEPTH:
            raise Bomb(f"YAML nested deeper than {MAX_DEPTH}")
        self._look.meter.spend("steps", STEPS_PER_NODE)
        line = self._next()
        if line is None:
            return None
        if SEQUENCE_ITEM.match(line.text):
            return self._sequence(line.indent, depth)
        key = None if EXPLICIT_KEY.match(line.text) else self._key(line.text)
        if key is not None or EXPLICIT_KEY.match(line.text):
            return self._mapping(line.indent, depth, key)
        self._at += 1
        return self._value(line.text, line, indent - 1, depth)

    def _sequence(self, indent: int, depth: int) -> Value:
        items: list[Value] = []
        while (line := self._next()) is not None and line.indent == indent and SEQUENCE_ITEM.match(line.text):
            items.append(self._nested(line, 1, depth))
        return items

    def _nested(self, line: _Line, skip: int, depth: int) -> Value:
        """What follows an indicator on the same line (`- a: 1`), as if it stood on a line of its own."""
        rest = line.text[skip:]
        inner = rest.lstrip(" \t")
        if not inner or BLANK.match(inner):
            self._at += 1
            following = self._next()
            if following is not None and following.indent > line.indent and not self._ends(following):
                return self._block(following.indent, depth + 1)
            return None
        column = line.indent + skip + len(rest) - len(inner)
        self._lines[self._at] = _Line(line.number, column, inner)
        return self._block(column, depth + 1)

    def _mapping(self, indent: int, depth: int, first: tuple[str, str] | None) -> Value:
        """A mapping, the first key of which may be known already."""
        pairs: list[tuple[str, Value]] = []
        while (line := self._next()) is not None and line.indent == indent and not self._ends(line):
            self._look.meter.spend("steps", STEPS_PER_NODE)
            if EXPLICIT_KEY.match(line.text):
                key = self._nested(line, 1, depth)
                following = self._next()
                value = None
                if following is not None and following.indent == indent and following.text.startswith(":"):
                    value = self._nested(following, 1, depth)
                pairs.append((key if isinstance(key, str) else "", value))
                continue
            found, first = first or self._key(line.text), None
            if found is None:
                break
            key_text, rest = found
            self._at += 1
            pairs.append((key_text, self._value(rest, line, indent, depth)))
        return self._merged(pairs)

    def _merged(self, pairs: list[tuple[str, Value]]) -> Object:
        """The pairs, with those that `<<` brings in where the mapping has none of its own."""
        own = {key for key, _ in pairs}
        merged: list[tuple[str, Value]] = []
        for key, value in pairs:
            for source in (value if isinstance(value, list) else [value]) if key == "<<" else ():
                if isinstance(source, dict):
                    self._nodes.expand(len(source))
                    merged += [(name, inner) for name, inner in pairs_of(source) if name not in own]
        merged += [(key, value) for key, value in pairs if key != "<<"]
        return as_object(merged)

    def _key(self, text: str) -> tuple[str, str] | None:
        """The key with which the line begins, and what is after its colon."""
        at = 0
        anchor = ""
        while match := PROPERTIES.match(text, at):
            anchor = match["anchor"] or anchor
            at = match.end()
        at += len(text[at:]) - len(text[at:].lstrip())
        if alias := ALIAS.match(text, at):
            rest = text[alias.end() :].lstrip()
            if rest[:1] == ":" and rest[1:2] in ("", " ", "\t"):
                value = self._nodes.alias(alias[1])
                return (value if isinstance(value, str) else "", rest[1:])
            return None
        if text[at : at + 1] in ("'", '"'):
            quoted = QUOTED.match(text, at)
            rest = text[quoted.end() :].lstrip() if quoted else ""
            if quoted and rest[:1] == ":":
                return self._named(anchor, unquoted(quoted[0])), rest[1:]
            return None
        plain = PLAIN_KEY.match(text, at)
        if plain is None:
            return None
        rest = text[plain.end() :].lstrip()
        return self._named(anchor, plain[0].strip()), rest[1:]

    def _named(self, anchor: str, key: str) -> str:
        if anchor:
            self._nodes.anchors[anchor[1:]] = (key, 1)
        return key

    def _value(self, text: str, line: _Line, indent: int, depth: int) -> Value:
        """What a key or an item has after it: on the line, and on those below that are indented more."""
        tag = anchor = ""
        at = 0
        while match := PROPERTIES.match(text, at):
            tag, anchor = match["tag"] or tag, match["anchor"] or anchor
            at = match.end()
        rest = text[at:].strip()
        before = self._nodes.expanded
        value = self._content(rest, indent, depth, tagged=bool(tag))
        self._nodes.note(tag, anchor, value, self._nodes.expanded - before, line.number)
        return value

    def _content(self, rest: str, indent: int, depth: int, *, tagged: bool = False) -> Value:
        if BLOCK_SCALAR.match(rest):
            return self._literal(indent, folded=rest.startswith(">"))
        if not rest or BLANK.match(rest):
            following = self._next()
            deeper = following is not None and following.indent > indent
            listed = following is not None and following.indent == indent and SEQUENCE_ITEM.match(following.text)
            if following is None or not (deeper or listed) or self._ends(following):
                return None
            return self._block(following.indent, depth + 1)
        if alias := ALIAS.match(rest):
            return self._nodes.alias(alias[1])
        if rest[0] in "[{":
            return Flow(self._nodes, self._gathered(rest, indent), depth).value()
        if rest[0] in "'\"":
            whole = self._quoted(rest, indent)
            return unquoted(whole)
        plain = self._plain(rest, indent)
        return None if plain in NULLS and not tagged else plain

    def _literal(self, indent: int, *, folded: bool) -> str:
        lines = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.text and line.indent <= indent:
                break
            lines.append(self._raw[self._at].strip(" ") if folded else self._raw[self._at])
            self._at += 1
        cut = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
        return (" " if folded else "\n").join(line[0 if folded else cut :] for line in lines)

    def _quoted(self, rest: str, indent: int) -> str:
        """A quoted scalar that may go on over lines."""
        if closed := QUOTED.match(rest):
            return closed[0]
        parts, quote = [rest], rest[0]
        ends = ENDING[quote]
        while len(parts) < MAX_QUOTED_LINES and (line := self._below(indent)) is not None:
            self._at += 1
            if end := ends.match(line.text):
                return " ".join([*parts, end[0]])
            parts.append(line.text)
        return " ".join(parts)

    def _plain(self, rest: str, indent: int) -> str:
        words = [COMMENT.sub("", rest).strip()]
        while (line := self._below(indent)) is not None and not COMMENT.match(line.text):
            words.append(COMMENT.sub("", line.text).strip())
            self._at += 1
        return " ".join(words)

    def _gathered(self, rest: str, indent: int) -> str:
        """A flow collection to its last bracket, over lines."""
        parts = [rest]
        open_brackets = level(rest)
        while open_brackets > 0 and self._at < len(self._lines):
            line = self._lines[self._at]
            parts.append(line.text)
            open_brackets += level(line.text)
            self._at += 1
        return "\n".join(parts)

    def _below(self, indent: int) -> _Line | None:
        line = self._lines[self._at] if self._at < len(self._lines) else None
        return line if line is not None and line.text and line.indent > indent and not self._ends(line) else None

    def _ends(self, line: _Line) -> bool:
        return line.indent == 0 and DOCUMENT.match(line.text) is not None


def all_tags(found: Yaml) -> Iterator[Tagged]:
    """Every tag that is not one of YAML's own for plain values."""
    return (tagged for tagged in found.tags if tagged.tag not in PLAIN_TAGS and tagged.tag != "!")
