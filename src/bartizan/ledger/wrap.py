"""Secrets on disk: each file is sealed with AES-256-GCM under the root key and bound to its own name."""

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bartizan.ledger.errors import VaultError
from bartizan.ledger.files import PRIVATE_FILE, check_private, make_folder, replace

ROOT_FILE = "root.key"
KEY_BYTES = 32
KEY_ID_BYTES = 8
NONCE_BYTES = 12
RootKeys = dict[bytes, bytes]


class Wrapped:
    """Named secrets in one folder. `root.key` holds the root key, and during a rotation also the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._keys: RootKeys = {}

    @property
    def root_file(self) -> Path:
        return self.folder / ROOT_FILE

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among all processes: no secret is written while the root key rotates."""
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def create(self, named: Mapping[str, bytes]) -> None:
        """Makes a root key and keeps the first secrets under it; the key file comes last, so it means all are there."""
        self._keys = dict([_new_root()])
        for name, secret in named.items():
            self._keep(name, secret)
        self._write_root(list(self._keys.items()))

    def read_root(self) -> None:
        """Reads the root key; refuses a file that others could read."""
        check_private(self.root_file, PRIVATE_FILE, VaultError)
        keys: RootKeys = {}
        for line in self.root_file.read_text("ascii", "replace").split("\n"):
            parts = line.split(" ")
            if len(parts) == 2:
                keys[_unhex(parts[0], KEY_ID_BYTES, self.root_file)] = _unhex(parts[1], KEY_BYTES, self.root_file)
        if not keys:
            raise VaultError("the root key file holds no key", where=self.root_file, todo="Restore it from its backup.")
        self._keys = keys

    def rotate_root(self) -> None:
        """Makes a new root key, seals every secret again under it, and forgets the old one."""
        with self.locked():
            self.read_root()
            old = list(self._keys.items())
            new = _new_root()
            self._write_root([new, *old])
            for path in self.paths():
                name = path.relative_to(self.path("")).as_posix()
                replace(path, self._sealed(name, self._opened(name, path.read_bytes())))
            self._write_root([new])

    def paths(self) -> list[Path]:
        """The files of all secrets."""
        found = sorted(self.folder.glob("wrapped/**/*"))
        return [path for path in found if path.is_file() and not path.name.startswith(".")]

    def path(self, name: str) -> Path:
        return self.folder / "wrapped" / name

    def has(self, name: str) -> bool:
        return self.path(name).is_file()

    def write(self, name: str, secret: bytes) -> None:
        """Keeps a secret; the caller holds the lock."""
        self.read_root()
        self._keep(name, secret)

    def read(self, name: str) -> bytes:
        """The secret kept under this name."""
        path = self.path(name)
        try:
            check_private(path, PRIVATE_FILE, VaultError)
            blob = path.read_bytes()
        except FileNotFoundError:
            raise VaultError(f"the vault holds no {name}", where=self.folder) from None
        if blob[:KEY_ID_BYTES] not in self._keys:
            self.read_root()  # another process rotated it
        return self._opened(name, blob)

    def remove(self, name: str) -> None:
        """Forgets a secret; the caller holds the lock."""
        path = self.path(name)
        with path.open("r+b") as file:
            file.write(b"\0" * path.stat().st_size)
            file.flush()
            os.fsync(file.fileno())
        path.unlink()

    def _keep(self, name: str, secret: bytes) -> None:
        path = self.path(name)
        make_private_folders(path.parent, self.folder)
        replace(path, self._sealed(name, secret))

    def _sealed(self, name: str, secret: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key_id, key = next(iter(self._keys.items()))
        nonce = secrets.token_bytes(NONCE_BYTES)
        return key_id + nonce + AESGCM(key).encrypt(nonce, secret, name.encode())

    def _opened(self, name: str, blob: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._keys.get(blob[:KEY_ID_BYTES])
        if key is None:
            raise VaultError(f"{name} is sealed under another root key", where=self.folder, todo="Restore root.key.")
        nonce_end = KEY_ID_BYTES + NONCE_BYTES
        try:
            return AESGCM(key).decrypt(blob[KEY_ID_BYTES:nonce_end], blob[nonce_end:], name.encode())
        except InvalidTag:
            raise VaultError(f"{name} was changed or moved in the vault", where=self.folder) from None

    def _write_root(self, keys: list[tuple[bytes, bytes]]) -> None:
        replace(self.root_file, "".join(f"{key_id.hex()} {key.hex()}\n" for key_id, key in keys).encode())
        self._keys = dict(keys)


def make_private_folders(path: Path, below: Path) -> None:
    """Makes the folders down from `below`, each for the owner alone."""
    if path != below:
        make_private_folders(path.parent, below)
        make_folder(path)


def _new_root() -> tuple[bytes, bytes]:
    return secrets.token_bytes(KEY_ID_BYTES), secrets.token_bytes(KEY_BYTES)


def _unhex(text: str, length: int, where: Path) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != length:
        raise VaultError("the root key file is damaged", where=where, todo="Restore it from its backup.")
    return raw
