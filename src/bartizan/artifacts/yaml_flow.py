"""Flow collections of YAML, and what the nodes of a document have in common: anchors, aliases and tags."""

from dataclasses import dataclass, field

from bartizan.artifacts.json_document import Value, as_object
from bartizan.artifacts.reader import Look
from bartizan.artifacts.unpack import Bomb
from bartizan.artifacts.yaml_text import ALIAS, FLOW_PLAIN, PROPERTIES, QUOTED, spelt, unquoted

MAX_DEPTH = 100
MAX_EXPANDED = 1_000_000
STEPS_PER_NODE = 5


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag as it is written, spelt out by the document's own handles."""

    tag: str
    value: str
    """The text of a tagged scalar."""
    line: int


@dataclass(slots=True)
class Nodes:
    """The anchors and tags of one document."""

    look: Look
    tags: list[Tagged] = field(default_factory=list)
    anchors: dict[str, tuple[Value, int]] = field(default_factory=dict)
    """Each with its value, and how many values that stands for."""
    handles: dict[str, str] = field(default_factory=lambda: {"!!": "tag:yaml.org,2002:", "!": "!"})
    expanded: int = 0

    def spend(self) -> None:
        self.look.meter.spend("steps", STEPS_PER_NODE)

    def alias(self, name: str) -> Value:
        """The value of an anchor."""
        value, weight = self.anchors.get(name, (None, 0))
        self.expand(weight)
        return value

    def expand(self, weight: int) -> None:
        """An alias stands for all that its anchor holds; a few lines of them stand for billions."""
        self.expanded += weight
        if self.expanded > MAX_EXPANDED:
            raise Bomb(f"aliases that stand for more than {MAX_EXPANDED:,} values")

    def note(self, tag: str, anchor: str, value: Value, weight: int, line: int) -> None:
        """Keep the properties of a node."""
        if tag:
            self.tags.append(Tagged(self._in_full(tag), value if isinstance(value, str) else "", line))
        if anchor:
            self.anchors[anchor[1:]] = (value, 1 + weight)

    def _in_full(self, tag: str) -> str:
        if tag.startswith("!<"):
            return tag[2:-1]
        handle = tag[: tag.find("!", 1) + 1] or "!"
        handle = handle if handle in self.handles else "!"
        return spelt(self.handles.get(handle, "") + tag[len(handle) :])


class Flow:
    """A flow collection: `{a: 1, b: [2, 3]}`."""

    def __init__(self, nodes: Nodes, text: str, depth: int) -> None:
        self._nodes = nodes
        self._text = text
        self._at = 0
        self._base = depth

    def value(self, depth: int = 0) -> Value:
        if depth + self._base > MAX_DEPTH:
            raise Bomb(f"YAML nested deeper than {MAX_DEPTH}")
        self._nodes.spend()
        self._space()
        tag = anchor = ""
        while match := PROPERTIES.match(self._text, self._at):
            tag, anchor = match["tag"] or tag, match["anchor"] or anchor
            self._at = match.end()
            self._space()
        before = self._nodes.expanded
        found = self._bare(depth)
        self._nodes.note(tag, anchor, found, self._nodes.expanded - before, 0)
        return found

    def _bare(self, depth: int) -> Value:
        char = self._text[self._at : self._at + 1]
        if char in ("[", "{"):
            return self._collection("]" if char == "[" else "}", depth)
        if match := ALIAS.match(self._text, self._at):
            self._at = match.end()
            return self._nodes.alias(match[1])
        if match := QUOTED.match(self._text, self._at):
            self._at = match.end()
            return unquoted(match[0])
        if match := FLOW_PLAIN.match(self._text, self._at):
            self._at = match.end()
            return " ".join(match[0].split())
        return None

    def _collection(self, closing: str, depth: int) -> Value:
        items: list[Value] = []
        pairs: list[tuple[str, Value]] = []
        self._at += 1
        while self._at < len(self._text):
            self._space()
            char = self._text[self._at : self._at + 1]
            if char in ("]", "}"):
                self._at += 1
                break
            if char in (",", "?"):
                self._at += 1
                continue
            before = self._at
            value = None if char == ":" else self.value(depth + 1)
            self._space()
            if self._text[self._at : self._at + 1] == ":":
                self._at += 1
                inner = self.value(depth + 1)
                key = value if isinstance(value, str) else ""
                if closing == "}":
                    pairs.append((key, inner))
                else:
                    items.append({key: inner})
            elif closing == "}":
                pairs.append((value if isinstance(value, str) else "", None))
            else:
                items.append(value)
            if self._at == before:
                self._at += 1
        return as_object(pairs) if closing == "}" else items

    def _space(self) -> None:
        while self._at < len(self._text) and self._text[self._at] in " \t\n":
            self._at += 1
            if self._text[self._at : self._at + 1] == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
