"""One line of a seed file as a template, and its expansions.

`{name}` is a slot, filled afresh each time; `{name:tag}` is filled once per sample for each tag. `[a|b|]` is a choice,
which may nest. `\\n` and `\\t` are what they look like, and a backslash before any sign that is no letter or digit
takes its meaning away.
"""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bartizan.kernel import BartizanError

MAX_DEPTH = 24
_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)(?::([a-z0-9]+))?\}")
_SIGNS = {"n": "\n", "t": "\t"}


class BadTemplate(BartizanError):
    """The line is no template."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that one of the fillers of that name takes."""

    name: str
    tag: str = ""
    """Places with the same name and tag are filled alike within one sample."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A place that one of these takes."""

    options: tuple["Template", ...]


@dataclass(frozen=True, slots=True)
class Template:
    """Text, slots and choices in a row."""

    parts: tuple[str | Slot | Choice, ...]

    def slots(self) -> Iterator[Slot]:
        """Every slot, those within choices too."""
        for part in self.parts:
            if isinstance(part, Slot):
                yield part
            elif isinstance(part, Choice):
                for option in part.options:
                    yield from option.slots()


Slots = Mapping[str, tuple[Template, ...]]


def read(line: str) -> Template:
    """The template that the line writes down."""
    template, end = _sequence(line, 0, 0)
    if end != len(line):
        raise BadTemplate("a choice ends that did not begin", todo=r"Write \] for the bracket.")
    return template


def expand(template: Template, slots: Slots, rng: random.Random, fixed: Mapping[str, str] | None = None) -> str:
    """One text that the template stands for; `fixed` slots have but one filler."""
    return _expand(template, slots, rng, {(name, ""): text for name, text in (fixed or {}).items()})


def expansions(template: Template, slots: Slots) -> float:
    """How many texts the template stands for; texts that arise in two ways count twice."""
    return _count(template, slots, {})


def _sequence(line: str, at: int, depth: int) -> tuple[Template, int]:
    """The template from `at` to the end of the line, or of this option of a choice."""
    if depth > MAX_DEPTH:
        raise BadTemplate(f"choices nest more than {MAX_DEPTH} deep")
    parts: list[str | Slot | Choice] = []
    text: list[str] = []
    while at < len(line):
        sign = line[at]
        if sign == "]" or (sign == "|" and depth):
            break
        if sign == "\\":
            text.append(_escaped(line, at))
            at += 2
            continue
        if sign not in "{[":
            text.append(sign)
            at += 1
            continue
        if text:
            parts.append("".join(text))
            text.clear()
        part, at = _slot(line, at) if sign == "{" else _choice(line, at, depth)
        parts.append(part)
    if text:
        parts.append("".join(text))
    return Template(tuple(parts)), at


def _escaped(line: str, at: int) -> str:
    follows = line[at + 1 : at + 2]
    if follows in _SIGNS and follows:
        return _SIGNS[follows]
    if not follows or follows.isalnum():
        raise BadTemplate(f"\\{follows} at column {at + 1} means nothing", todo=r"Write \\ for a backslash.")
    return follows


def _slot(line: str, at: int) -> tuple[Slot, int]:
    found = _SLOT.match(line, at)
    if not found:
        raise BadTemplate(f"the brace at column {at + 1} begins no slot", todo=r"Write \{ for the brace.")
    return Slot(found[1], found[2] or ""), found.end()


def _choice(line: str, at: int, depth: int) -> tuple[Choice, int]:
    begin, options = at, []
    while True:
        option, at = _sequence(line, at + 1, depth + 1)
        options.append(option)
        if at == len(line):
            raise BadTemplate(f"the choice at column {begin + 1} does not end", todo=r"Write \[ for the bracket.")
        if line[at] == "]":
            break
    if len(options) < 2:
        raise BadTemplate(
            f"the choice at column {begin + 1} has one option",
            todo=r"Write \[ for the bracket, or [x|] for x or nothing.",
        )
    return Choice(tuple(options)), at + 1


def _expand(template: Template, slots: Slots, rng: random.Random, bound: dict[tuple[str, str], str]) -> str:
    out = ""
    left_out = False
    for part in template.parts:
        if isinstance(part, str):
            piece = part
        elif isinstance(part, Choice):
            piece = _expand(rng.choice(part.options), slots, rng, bound)
        else:
            piece = _fill(part, slots, rng, bound)
        # What a choice leaves out takes its space along.
        if left_out and piece.startswith(" ") and (not out or out[-1] in " \n"):
            piece = piece[1:]
        left_out = not piece
        out += piece
    return out


def _fill(slot: Slot, slots: Slots, rng: random.Random, bound: dict[tuple[str, str], str]) -> str:
    for key in ((slot.name, ""), (slot.name, slot.tag)):
        if key in bound:
            return bound[key]
    text = _expand(rng.choice(slots[slot.name]), slots, rng, bound)
    if slot.tag:
        bound[slot.name, slot.tag] = text
    return text


def _count(template: Template, slots: Slots, known: dict[str, float]) -> float:
    total = 1.0
    tagged: set[Slot] = set()
    for part in template.parts:
        if isinstance(part, Choice):
            total *= sum(_count(option, slots, known) for option in part.options)
        elif isinstance(part, Slot) and part not in tagged:
            if part.name not in known:
                known[part.name] = sum(_count(filler, slots, known) for filler in slots[part.name])
            total *= known[part.name]
            if part.tag:
                tagged.add(part)
    return min(total, 1e300)
