"""Rules: one form for everything that is found by its shape, and the match that a rule makes."""

from typing import NamedTuple

import msgspec

from bartizan.kernel.record import Slug


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to find, how to be sure, and how to know that it works."""

    id: Slug
    """Unique among the rules that are compiled together."""
    kind: Slug
    """What a match is: `secret`, `iban`, `hidden-text`..."""
    pattern: str
    """In RE2's syntax, over UTF-8."""
    part: int = 0
    """The group that is the match itself; 0 is all of it."""
    keywords: tuple[str, ...] = ()
    """One of these must stand in the text, in any case; none means always look."""
    check: str = ""
    """`module.function` below `bartizan.text.checks`: whether the match has the right structure or checksum."""
    whole: bool = False
    """The check is given all that the pattern matched, not only the part: a name and the value that goes with it."""
    entropy: float = 0.0
    """Bits per character that the match must have."""
    allow: tuple[str, ...] = ()
    """Patterns of known harmless values: a match that one of them finds is none."""
    context: tuple[str, ...] = ()
    """Words that make a match likelier when they stand near it."""
    against: tuple[str, ...] = ()
    """Words that make it less likely."""
    score: float = 1.0
    """How sure a match is by itself, from 0 to 1; words of the context move it."""
    languages: tuple[str, ...] = ()
    """Of the context; none means any."""
    matches: tuple[str, ...] = ()
    """Examples that must match. `{hex:32}` and its like stand for random letters, so that no secret is written down."""
    misses: tuple[str, ...] = ()
    """Innocent neighbours that must not."""


class Match(NamedTuple):
    """A rule matched: where in the text as it came, and what was read there."""

    rule: Rule
    start: int
    end: int
    score: float
    read: str
    """The matched text as the view has it."""
    how: tuple[str, ...]
    """The decodings that lead to the view; none for the text itself."""
