"""What is known of tools: which are sinks, what their arguments are for, and which fields of their results to trust.

It is data, written by whoever runs the agent; what follows from it is decided by Cedar rules.

[tool.send_email]
kind = "send"
words = ["send", "mail"]            # one of these in the user's own text asks for the action
target = ["recipients"]             # where it goes or what it is done to: has to be the user's
content = ["subject", "body"]       # has to be free of what strangers wrote
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from bartizan.kernel import UsageError

MAX_BYTES = 1 << 20

Kind: TypeAlias = Literal["read", "fetch", "write", "send", "pay", "delete", "execute", "unknown"]
Role: TypeAlias = Literal["target", "content", "free"]
OUTSIDE: frozenset[Kind] = frozenset({"fetch", "send", "pay", "execute", "unknown"})
"""Kinds that take data to where others see it."""
ALL = "*"


class BadTools(UsageError):
    """A file of facts about tools that cannot be used."""


class Tool(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One tool. Every kind but `read` is a sink; one that nobody described is a sink of kind `unknown`."""

    kind: Kind = "unknown"
    outside: bool | None = None
    """Whether others see what it is given; if it is not said, its kind tells."""
    words: tuple[str, ...] = ()
    """Beginnings of words by which a user asks for this action."""
    target: tuple[str, ...] = ()
    """Arguments that say where something goes or what is acted on; every argument not named is one."""
    content: tuple[str, ...] = ()
    """Arguments that are passed on."""
    free: tuple[str, ...] = ()
    """Arguments that can do no harm; secrets are looked for in them all the same."""
    trust: bool = False
    """Whether its whole result is by people who may give orders. Of a web page, a mail or a file it is not."""
    facts: tuple[str, ...] = ()
    """Fields of its result that the system behind it fills in, and no stranger; `*` is all."""
    keys: tuple[str, ...] = ()
    """Fields that are the user's choice if the user's own words chose exactly one record."""
    secret: tuple[str, ...] = ()
    """Fields that must not get outside; `*` is all."""

    @property
    def sink(self) -> bool:
        return self.kind != "read"

    @property
    def gets_outside(self) -> bool:
        return self.kind in OUTSIDE if self.outside is None else self.outside

    @property
    def labels(self) -> tuple[str, ...]:
        """What a Cedar rule sees of the tool."""
        found = (self.kind, *(["sink"] if self.sink else []), *(["outside"] if self.gets_outside else []))
        return tuple(sorted(found))

    def role(self, argument: str) -> Role:
        """What an argument is for."""
        if argument in self.free:
            return "free"
        return "content" if argument in self.content else "target"


UNKNOWN = Tool()
Tools: TypeAlias = Mapping[str, Tool]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    tool: dict[str, Tool]


def load_tools(path: Path) -> Tools:
    """The tools that a TOML file describes; BadTools in one line if it is no such file."""
    try:
        text = path.read_bytes()
        if len(text) > MAX_BYTES:
            raise BadTools(f"{len(text):,} bytes about tools, more than {MAX_BYTES:,}", where=path)
        found = msgspec.convert(tomllib.loads(text.decode()), _File).tool
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as wrong:
        raise BadTools(f"no file of tools: {wrong}", where=path, todo="See docs/flow.md for the form") from None
    for name, tool in found.items():
        if twice := {*tool.target} & {*tool.content} | ({*tool.target} | {*tool.content}) & {*tool.free}:
            raise BadTools(f"{name}: {', '.join(sorted(twice))} has two roles", where=path)
    return found
