"""Policies: one set of Cedar rules, known by the digest of its text."""

import hashlib

import msgspec


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text of one policy set. What decides by it lives in the room `policy`."""

    text: str
    source: str = ""
    """Where the text came from, for people."""

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()
