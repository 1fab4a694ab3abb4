"""Assets: the things to protect, written `kind:name@digest`."""

import re
import unicodedata
from typing import Self

import msgspec

from bartizan.kernel.errors import UsageError
from bartizan.kernel.unseen import unseen

KIND = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
MAX_NAME_CHARS = 1024


class Asset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something to protect. Without a digest it means the thing, with one this very content of it."""

    kind: str
    name: str
    digest: str | None = None

    def __post_init__(self) -> None:
        if not KIND.match(self.kind):
            raise ValueError(f"{self.kind!r} is no asset kind: lower-case letters, digits and hyphens")
        if self.digest is not None and not DIGEST.match(self.digest):
            raise ValueError(f"{self.digest!r} is no digest: sha256: and 64 hex digits")
        _check_name(self.name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" + (f"@{self.digest}" if self.digest else "")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The asset that `str()` wrote; a name may itself hold `:` and `@`."""
        kind, colon, rest = text.partition(":")
        name, at, digest = rest.rpartition("@")
        if not (at and DIGEST.match(digest)):
            name, digest = rest, ""
        if not colon:
            raise UsageError(f"{text!r} is no asset", todo="Write kind:name or kind:name@sha256:...")
        try:
            return cls(kind, name, digest or None)
        except ValueError as error:
            raise UsageError(str(error), where=text) from None

    @property
    def thing(self) -> Self:
        """This asset whatever its content: the same without the digest."""
        return type(self)(self.kind, self.name)

    @property
    def thing_text(self) -> str:
        """`str(thing)`, without making the thing."""
        return f"{self.kind}:{self.name}"


def _check_name(name: str) -> None:
    """Refuse names that could pass for others: invisible, unnormalised, or ending in a digest."""
    if not name or len(name) > MAX_NAME_CHARS:
        raise ValueError(f"an asset name has 1 to {MAX_NAME_CHARS} characters, not {len(name)}")
    if name.isascii() and name.isprintable() and name == name.strip():
        if "@" not in name or not DIGEST.match(name.rpartition("@")[2]):
            return
        raise ValueError("an asset name cannot end in a digest")
    if name != name.strip() or not unicodedata.is_normalized("NFC", name):
        raise ValueError(f"asset name {name!r} has outer blanks or is not in Unicode normal form C")
    if any(unseen(char) or (char != " " and unicodedata.category(char) == "Zs") for char in name):
        raise ValueError(f"asset name {name!r} holds invisible characters, or blanks other than the plain one")
    if DIGEST.match(name.rpartition("@")[2]):
        raise ValueError("an asset name cannot end in a digest")
