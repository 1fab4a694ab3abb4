"""Facts: what an artifact can do to whoever opens it. A fact judges nothing; the profile does that."""

from typing import Literal, TypeAlias

import msgspec

MAX_TEXT = 240

Grade: TypeAlias = Literal["inert", "container", "code", "io", "unknown"]
"""What calling or building a global can do: nothing, hold others, run code, touch files or the net, nobody knows."""


class Fact(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", forbid_unknown_fields=True):
    """One thing that the artifact can do or is. The profile looks up `kind` and `rule`."""

    rule: str
    """Which case of its kind it is: a slug that the profile has a line for."""
    what: str
    """The object of it: a global, a path, a URL, what is wrong. Made of `shown()` text."""
    at: int | None = None
    """The byte offset in this artifact."""
    where: str = ""
    """The place in the format's own terms: `REDUCE`, `$.auto_map`, `cell 3`, `line 12`."""


class Calls(Fact, frozen=True, tag=True):
    """Opening the artifact calls this. Rule: the grade of what is called, or `computed`."""


class Imports(Fact, frozen=True, tag=True):
    """Opening the artifact imports or names this, without calling it. Rule: its grade."""


class ReadsPath(Fact, frozen=True, tag=True):
    """Opening the artifact reads a file beside it. Rule: `inside` its folder, or `outside`."""


class WritesPath(Fact, frozen=True, tag=True):
    """Unpacking or opening the artifact writes a file. Rule: `inside` the target folder, or `outside`."""


class FetchesUrl(Fact, frozen=True, tag=True):
    """Opening or using the artifact fetches this. Rule: `load` or `use`."""


class Template(Fact, frozen=True, tag=True):
    """A template that the artifact's user renders. Rule: `plain`, `odd` or `escape` (it leaves the sandbox)."""


class Structure(Fact, frozen=True, tag=True):
    """Something about the layout.

    Rules: `broken` (a loader stops here), `malformed` (sizes that lie, as no saver writes them), `ambiguous` (two
    loaders would see two things), `trailing` (bytes that nobody reads), `padded` (gaps), `duplicate`, `unrecognised`,
    `unsupported`, `encrypted`, `link`, `changed` (while it was read). A reader may add its own.
    """


class Opaque(Fact, frozen=True, tag=True):
    """Something that cannot be computed without running it. Rule: what it is used for, `name` or `code`."""


class Spent(Fact, frozen=True, tag="Budget"):
    """The budget ended here, so nothing is known about the rest. Rule: `spent`, or `bomb` (it is built to exhaust)."""


AnyFact: TypeAlias = Calls | Imports | ReadsPath | WritesPath | FetchesUrl | Template | Structure | Opaque | Spent


def shown(text: str | bytes, limit: int = MAX_TEXT) -> str:
    """Hostile text made safe to print and to write as JSON: printable, on one line, and short."""
    if isinstance(text, bytes):
        text = text[: limit + 1].decode("utf-8", "backslashreplace")
    cut = text[: limit + 1]
    safe = cut if cut.isascii() and cut.isprintable() else "".join(map(_printable, cut))
    return safe if len(text) <= limit and len(safe) <= limit else safe[:limit] + "..."


def _printable(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode()
