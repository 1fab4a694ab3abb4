"""References: models as a workload, an annotation or a person names them, `name@sha256:<root>`."""

import re
from typing import Self

import msgspec

from bartizan.kernel import UsageError

MAX_NAME_CHARS = 256
# Each segment begins with a letter or digit, so that no name is `..`, absolute or hidden.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")
ROOT = re.compile(r"[0-9a-f]{64}\Z")
FORM = "Write name@sha256: and 64 hex digits in lower case"


class Reference(msgspec.Struct, frozen=True):
    """A model by the digest that its signature has; the name is only what it is called there."""

    root: str
    """SHA-256 over the digests of its files, in hex."""
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The model that `name@sha256:...` or `sha256:...` refers to; UsageError if it could be read otherwise."""
        name, _, digest = text.strip(" ").rpartition("@")
        if not digest.startswith("sha256:") or (not name and "@" in text):
            raise UsageError(f"{text[:MAX_NAME_CHARS]!r} names no model by its digest", todo=FORM)
        if name and (len(name) > MAX_NAME_CHARS or not NAME.match(name)):
            raise UsageError(f"{name[:MAX_NAME_CHARS]!r} is no name of a model", todo=FORM)
        return cls(checked_root(digest.removeprefix("sha256:")), name)

    def __str__(self) -> str:
        return f"{self.name}@sha256:{self.root}" if self.name else f"sha256:{self.root}"


def checked_root(text: str) -> str:
    """The text, if it is a digest in hex: the only part of a reference that ever becomes part of a path."""
    if not ROOT.match(text):
        raise UsageError(f"{text[:80]!r} is no SHA-256 digest in hex", todo=FORM)
    return text
