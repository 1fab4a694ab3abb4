"""Signed notes and checkpoints in the C2SP forms (signed-note, tlog-checkpoint), signed with Ed25519."""

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from typing import Self

import msgspec

from bartizan.ledger.errors import NoteError
from bartizan.ledger.merkle import NO_HEADS, Hash

ED25519 = b"\x01"
DASH = "— "
MAX_NOTE_BYTES = 1 << 20
MAX_SIZE = 1 << 62


class Verifier(msgspec.Struct, frozen=True):
    """A public key, as whoever checks notes keeps it."""

    public: bytes
    retired: bool = False

    def vkey(self, name: str) -> str:
        """The key in the note format's own form: `name+hash+key`."""
        return f"{name}+{_key_hash(name, self.public).hex()}+{b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """The key that `vkey()` wrote; whatever its name, it counts for all notes of the installation."""
        try:
            name, digest, encoded = vkey.strip().split("+", 2)
        except ValueError:
            raise NoteError("a verifier key is not of the form name+hash+key", where=vkey[:80]) from None
        key = _canonical(encoded)
        if len(key) != 33 or key[:1] != ED25519 or _key_hash(name, key[1:]).hex() != digest:
            raise NoteError("a verifier key is no Ed25519 key, or its hash is wrong", where=vkey[:80])
        return cls(key[1:])


class Checkpoint(msgspec.Struct, frozen=True):
    """How many leaves a slot has, and their root."""

    origin: str
    size: int
    root: Hash
    heads: Hash = NO_HEADS
    """The hash chain over all head lines, which are no leaves; an extension line of the note."""

    def text(self) -> str:
        root, heads = b64encode(self.root).decode(), b64encode(self.heads).decode()
        return f"{self.origin}\n{self.size}\n{root}\nheads {heads}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        lines = text.split("\n")
        if len(lines) != 5 or not lines[3].startswith("heads "):
            raise NoteError("a checkpoint is not origin, size, root and the chain of heads")
        return cls(lines[0], parse_size(lines[1]), parse_root(lines[2]), parse_root(lines[3].removeprefix("heads ")))


class Head(msgspec.Struct, frozen=True):
    """One slot's line in a top note."""

    slot: int
    size: int
    root: Hash


class TopNote(msgspec.Struct, frozen=True):
    """The heads of all slots at one moment."""

    origin: str
    at: str
    heads: tuple[Head, ...]

    def text(self) -> str:
        lines = (f"{head.slot} {head.size} {b64encode(head.root).decode()}\n" for head in self.heads)
        return f"{self.origin}\n{self.at}\n{''.join(lines)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        origin, at, *lines = text.removesuffix("\n").split("\n")
        heads = []
        for line in lines:
            parts = line.split(" ")
            if len(parts) != 3:
                raise NoteError("a line of a top note is not `slot size root`", where=line[:80])
            heads.append(Head(parse_size(parts[0]), parse_size(parts[1]), parse_root(parts[2])))
        return cls(origin, at, tuple(heads))


def sign_note(name: str, text: str, private: bytes) -> bytes:
    """The text as a note, signed under `name` with an Ed25519 seed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(private)
    signature = _key_hash(name, key.public_key().public_bytes_raw()) + key.sign(text.encode())
    return f"{text}\n{DASH}{name} {b64encode(signature).decode()}\n".encode()


def open_note(note: bytes, verifiers: Sequence[Verifier]) -> tuple[str, Verifier]:
    """The text of a note and the key that signed it under the text's own first line."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    text, signatures = _taken_apart(note)
    name = text.partition("\n")[0]
    by_hash = {_key_hash(name, verifier.public): verifier for verifier in verifiers}
    for signature in (signature for signer, signature in signatures if signer == name):
        verifier = by_hash.get(signature[:4])
        if verifier is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature[4:], text.encode())
        except InvalidSignature:
            raise NoteError("a signature of a note is wrong", where=name[:80]) from None
        return text, verifier
    raise NoteError("no known key signed the note", where=name[:80])


def parse_size(text: str) -> int:
    """A decimal without sign, blanks or leading zeros."""
    if not (text.isascii() and text.isdigit()) or (text[0] == "0" and text != "0") or len(text) > 19:
        raise NoteError("a note has a number that is no plain decimal", where=text[:40])
    if (size := int(text)) > MAX_SIZE:
        raise NoteError("a note has a number beyond all sizes", where=text[:40])
    return size


def parse_root(text: str) -> Hash:
    """A SHA-256 hash in canonical base64."""
    root = _canonical(text)
    if len(root) != 32:
        raise NoteError("a note has a root that is no hash in base64", where=text[:60])
    return root


def _taken_apart(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    if len(note) > MAX_NOTE_BYTES:
        raise NoteError(f"a note is longer than {MAX_NOTE_BYTES:,} bytes")
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise NoteError("a note is not UTF-8") from None
    text, gap, rest = whole.rpartition("\n\n")
    if not gap or not rest.endswith("\n") or any(ord(char) < 0x20 and char != "\n" for char in whole):
        raise NoteError("a note is not a text, an empty line and signatures")
    signatures = []
    for line in rest.removesuffix("\n").split("\n"):
        name, blank, encoded = line.removeprefix(DASH).partition(" ")
        signature = _canonical(encoded)
        if not line.startswith(DASH) or not name or not blank or len(signature) < 5:
            raise NoteError("a signature line of a note is malformed", where=line[:80])
        signatures.append((name, signature))
    return text + "\n", signatures


def _key_hash(name: str, public: bytes) -> bytes:
    """C2SP signed-note: the first four bytes of SHA-256 over name, newline, algorithm and key."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def _canonical(encoded: str) -> bytes:
    """The bytes of a base64 text, or none if the text is not how they are written."""
    try:
        raw = b64decode(encoded, validate=True)
    except (ValueError, Base64Error):
        return b""
    return raw if b64encode(raw).decode() == encoded else b""
