"""The vault: signing keys, the seal, data keys and credentials, all sealed under one root key file."""

import hmac
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bartizan.kernel import UsageError
from bartizan.ledger.errors import NoteError, VaultError
from bartizan.ledger.files import PRIVATE_FOLDER, check_private, make_folder, replace
from bartizan.ledger.note import Verifier, open_note, sign_note
from bartizan.ledger.wrap import Wrapped

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}\Z")
SIGNING, SEAL = "keys/signing", "keys/seal"
SECRETS, DATA_KEYS = "secrets", "data"


class SigningKey(msgspec.Struct, frozen=True):
    """An Ed25519 key; a retired one has kept only its public half."""

    public: bytes
    private: bytes | None
    made: datetime
    retired: datetime | None = None


class Signing(msgspec.Struct, frozen=True):
    """The name of this installation, and its signing keys, the current one last."""

    id: str
    keys: tuple[SigningKey, ...]


class Vault:
    """What must never leak: root and signing keys, wrapped data keys, provider credentials."""

    def __init__(self, folder: Path, wrapped: Wrapped) -> None:
        self.folder = folder
        self._wrapped = wrapped
        self._seal_key = wrapped.read(SEAL)
        self._signing, self._signing_version = self._read_signing()

    @classmethod
    def open(cls, folder: Path, *, create: bool = True) -> "Vault":
        """The vault in this folder. A missing one is made only if `create`, and never where one seems lost."""
        wrapped = Wrapped(folder)
        if not folder.exists():
            if not create:
                raise VaultError("there is no vault", where=folder, todo="bartizan up makes one.")
            make_folder(folder)
        check_private(folder, PRIVATE_FOLDER, VaultError)
        if not wrapped.root_file.exists():
            if not create or _seems_lost(folder):
                raise VaultError("the vault has no root key", where=folder, todo="Restore root.key from its backup.")
            with wrapped.locked():
                if not wrapped.root_file.exists():
                    wrapped.create({SIGNING: _first_signing(), SEAL: secrets.token_bytes(32)})
        wrapped.read_root()
        return cls(folder, wrapped)

    @property
    def id(self) -> str:
        """A random name of this installation, part of every origin."""
        return self._signing.id

    def origin(self, what: str) -> str:
        """The first line of notes about `what`, such as a slot."""
        return f"bartizan/{self.id}/{what}"

    def sign(self, text: str) -> bytes:
        """The text as a note signed by the current key, under the name that its first line gives."""
        self._refresh_signing()
        current = self._signing.keys[-1]
        name = text.partition("\n")[0]
        if current.private is None or not name.startswith(self.origin("")) or not text.endswith("\n"):
            raise NoteError("the vault signs only notes of its own installation", where=name[:80])
        return sign_note(name, text, current.private)

    def open_note(self, note: bytes, what: str) -> str:
        """The text of a note about `what` that one of this vault's keys signed."""
        self._refresh_signing()
        text, _ = open_note(note, self.verifiers)
        if text.partition("\n")[0] != self.origin(what):
            raise NoteError(f"a note is not about {what} of this installation", where=text.partition("\n")[0][:80])
        return text

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """The public keys, current and retired."""
        return tuple(Verifier(key.public, key.retired is not None) for key in self._signing.keys)

    def rotate_signing(self) -> Verifier:
        """Retires the signing key, destroys its private half, and makes a new one."""
        with self._wrapped.locked():
            signing = msgspec.msgpack.decode(self._wrapped.read(SIGNING), type=Signing)
            now = datetime.now(UTC)
            retired = (msgspec.structs.replace(key, private=None, retired=key.retired or now) for key in signing.keys)
            keys = (*retired, _new_signing_key())
            self._wrapped.write(SIGNING, msgspec.msgpack.encode(Signing(signing.id, keys)))
        self._signing, self._signing_version = self._read_signing()
        return self.verifiers[-1]

    def rotate_root(self) -> None:
        """Seals everything again under a new root key. A copy of the old vault stays readable with the old key."""
        self._wrapped.rotate_root()

    def seal(self, data: bytes) -> str:
        """A keyed digest that only a holder of this vault can make."""
        return hmac.digest(self._seal_key, data, "sha256").hex()

    def seals(self, data: bytes, seal: str) -> bool:
        """True if this vault made the seal over exactly this data."""
        return hmac.compare_digest(self.seal(data).encode(), seal.encode("utf-8", "replace"))

    def put(self, name: str, secret: bytes) -> None:
        """Keeps a credential."""
        path = f"{SECRETS}/{_checked(name)}"
        with self._wrapped.locked():
            self._wrapped.write(path, secret)

    def get(self, name: str) -> bytes:
        """The credential kept under this name."""
        return self._wrapped.read(f"{SECRETS}/{_checked(name)}")

    def forget(self, name: str) -> None:
        """Destroys a credential."""
        path = f"{SECRETS}/{_checked(name)}"
        with self._wrapped.locked():
            if not self._wrapped.has(path):
                raise VaultError(f"the vault holds no credential {name}", where=self.folder)
            self._wrapped.remove(path)

    def names(self) -> list[str]:
        """The names of all credentials."""
        return sorted(path.name for path in self._wrapped.path(SECRETS).glob("[!.]*"))

    def data_key(self, name: str, *, create: bool = False) -> bytes | None:
        """The key of a tenant's payloads of one month; None if there is none, or no longer."""
        path = f"{DATA_KEYS}/{name}"
        if not self._wrapped.has(path):
            if not create:
                return None
            with self._wrapped.locked():
                if not self._wrapped.has(path):
                    self._wrapped.write(path, secrets.token_bytes(32))
        try:
            return self._wrapped.read(path)
        except VaultError:
            if not self._wrapped.has(path):
                return None  # it was erased just now
            raise

    def erase_data_key(self, name: str) -> bool:
        """Destroys the key of a tenant's payloads of one month; False if there was none."""
        path = f"{DATA_KEYS}/{name}"
        with self._wrapped.locked():
            if not self._wrapped.has(path):
                return False
            self._wrapped.remove(path)
            return True

    def remember_checkpoint(self, slot: int, note: bytes) -> None:
        """Keeps the last checkpoint signed for a slot, so that the ledger's own folder cannot be rolled back alone."""
        heads = self.folder / "heads"
        make_folder(heads)
        replace(heads / str(slot), note)

    def retire_slot(self, slot: int) -> None:
        """Has no writer ever take this slot again; what was signed for it stays remembered."""
        make_folder(self.folder / "heads")
        replace(self.folder / "heads" / f"{slot}.aside", b"")

    def retired(self, slot: int) -> bool:
        return (self.folder / "heads" / f"{slot}.aside").exists()

    def remembered_slots(self) -> list[int]:
        """The slots for which a checkpoint was ever signed."""
        return sorted(int(path.name) for path in (self.folder / "heads").glob("[0-9]*") if path.name.isdecimal())

    def remembered_checkpoint(self, slot: int) -> bytes | None:
        """The last checkpoint signed for a slot."""
        path = self.folder / "heads" / str(slot)
        return path.read_bytes() if path.exists() else None

    def _read_signing(self) -> tuple[Signing, tuple[int, int]]:
        version = self._version_of_signing()
        return msgspec.msgpack.decode(self._wrapped.read(SIGNING), type=Signing), version

    def _refresh_signing(self) -> None:
        """Another process may have rotated the signing key."""
        if self._version_of_signing() != self._signing_version:
            self._signing, self._signing_version = self._read_signing()

    def _version_of_signing(self) -> tuple[int, int]:
        found = self._wrapped.path(SIGNING).stat()
        return found.st_ino, found.st_mtime_ns


def _seems_lost(folder: Path) -> bool:
    """True if this was a working vault: it signed something, or holds secrets beyond those it starts with."""
    used = (folder / "heads", folder / "wrapped" / SECRETS, folder / "wrapped" / DATA_KEYS)
    return any(path.exists() for path in used)


def _first_signing() -> bytes:
    return msgspec.msgpack.encode(Signing(secrets.token_hex(8), (_new_signing_key(),)))


def _new_signing_key() -> SigningKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    return SigningKey(key.public_key().public_bytes_raw(), key.private_bytes_raw(), datetime.now(UTC))


def _checked(name: str) -> str:
    if not NAME.match(name):
        raise UsageError(f"{name!r} is no name for a credential", todo="Use a-z, 0-9, dots, hyphens, underscores.")
    return name
