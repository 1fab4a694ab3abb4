"""What the name of a value says: `dbPassword` names a password, `api_key` a key, `key_name` and `tokenId` neither.

A name is read from its end, as English compounds are: the last word says what the thing is, the words before of which
kind. Words that say nothing (`value`, `prod`, `2`) are passed over.
"""

import re
from functools import lru_cache
from typing import Literal

from bartizan.text.checks.words import words

Kind = Literal["password", "key", "bare", ""]
"""A password somebody chose; a key that a machine drew; something called just a key or a credential; no secret."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_CACHED_NAMES = 4096

_PASSWORDS = words("passwords")
_KEYS = words("keys")
_KEY_OF = words("key-of")
_FILLERS = words("fillers")
_NOT_SECRET = words("not-secret")
_NOT_LAST = words("not-last")
_ENDINGS = tuple(
    sorted((word for word in _PASSWORDS | _KEYS if len(word) > 5 or word == "token"), key=len, reverse=True)
)
"""A word may end in one of these without a mark or a capital between: `mysqlpassword`."""


@lru_cache(_CACHED_NAMES)
def kind_of(name: str) -> Kind:
    """What a value of this name is."""
    parts = [word.lower() for word in _WORD.findall(name)]
    if not parts or not _NOT_SECRET.isdisjoint(parts):
        return ""
    while len(parts) > 1 and parts[-1] in _FILLERS:
        parts.pop()
    kind = _kind_of_last(parts)
    if kind or parts[-1] in _NOT_LAST:
        return kind
    # What stands behind the noun without being one itself tells whose it is: `TOKEN_GITHUB`, `password4root`.
    for end in range(len(parts) - 1, 0, -1):
        if kind := _kind_of_last(parts[:end]):
            return kind
    return ""


def _kind_of_last(parts: list[str]) -> Kind:
    last = parts[-1]
    if last in _PASSWORDS:
        return "password"
    if last in _KEYS:
        return "key"
    if last in ("key", "keys"):
        return "key" if len(parts) > 1 and parts[-2] in _KEY_OF else "bare"
    ending = next((ending for ending in _ENDINGS if last.endswith(ending)), "")
    if not ending:
        return ""
    return "password" if ending in _PASSWORDS else "key"
