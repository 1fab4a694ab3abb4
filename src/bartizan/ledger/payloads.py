"""The payload store: prompts and answers beside the ledger, under a key per tenant and month that can be erased."""

import hashlib
import hmac
import os
import re
import secrets
import shutil
import struct
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bartizan.kernel import UsageError
from bartizan.ledger.disk import Disk, write_all
from bartizan.ledger.errors import PayloadGone
from bartizan.ledger.files import PRIVATE_FILE, make_folder, open_plain, sync_folder
from bartizan.ledger.vault import NAME, Vault
from bartizan.ledger.wrap import make_private_folders

MAX_PAYLOAD_BYTES = 16 << 20
LENGTH = struct.Struct(">I")
NONCE_BYTES, TAG_BYTES = 12, 16
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")
REF = re.compile(r"([0-9]{4}-[0-9]{2})/(~?[a-z0-9._-]{1,128})/([0-9a-f]{16})/(0|[1-9][0-9]{0,15})/([0-9a-f]{64})\Z")


class Ref(msgspec.Struct, frozen=True):
    """What a record's `payload` says: where the bytes are, and their digest under the month's key."""

    month: str
    tenant: str
    """The tenant's folder."""
    pack: str
    offset: int
    digest: str

    def __str__(self) -> str:
        return f"{self.month}/{self.tenant}/{self.pack}/{self.offset}/{self.digest}"

    @classmethod
    def parse(cls, text: str) -> "Ref":
        match = REF.match(text)
        if match is None or not MONTH.match(match[1]) or not match[2].strip("."):
            raise UsageError(f"{text[:80]!r} is no reference to a payload")
        return cls(match[1], match[2], match[3], int(match[4]), match[5])


class Pack(msgspec.Struct):
    """A file of payloads that one process appends to."""

    name: str
    file: int
    end: int


class Payloads:
    """Sensitive bytes, encrypted with AES-256-GCM. Erasing a month's key erases its payloads; proofs stay valid."""

    def __init__(self, folder: Path, vault: Vault, *, disk: Disk | None = None) -> None:
        self.folder, self._vault = folder, vault
        self._disk = disk or Disk()
        self._begin()
        make_folder(folder)

    def put(self, tenant: str, data: bytes) -> str:
        """Keeps the bytes durably; the reference to write into the record's `payload`."""
        return self.put_many(tenant, [data])[0]

    def put_many(self, tenant: str, items: Sequence[bytes]) -> list[str]:
        """Keeps all of them with one sync."""
        for data in items:
            if len(data) > MAX_PAYLOAD_BYTES:
                raise UsageError(f"a payload has {len(data):,} bytes, more than {MAX_PAYLOAD_BYTES:,}")
        month = datetime.fromtimestamp(self._disk.now(), UTC).strftime("%Y-%m")
        tenant = tenant_folder(tenant)
        if self._pid != os.getpid():  # in a forked child: another thread of the parent may hold the lock
            self._begin()
        with self._lock:
            key = self._vault.data_key(f"{tenant}/{month}", create=True)
            if key is None:
                raise PayloadGone("the key of this month was erased just now", where=f"{tenant}, {month}")
            pack = self._pack(tenant, month)
            refs, content, end = [], [], pack.end
            for data in items:
                ref = Ref(month, tenant, pack.name, end, _digest(key, data))
                refs.append(ref)
                content.append(_sealed(key, ref, data))
                end += len(content[-1])
            try:
                write_all(self._disk, pack.file, b"".join(content))
                self._disk.sync(pack.file)
            except OSError:
                self._close(tenant, month)  # the next payload starts a pack of its own
                raise
            pack.end = end
        return [str(ref) for ref in refs]

    def get(self, ref: str) -> bytes:
        """The bytes that were kept under this reference."""
        place = Ref.parse(ref)
        key = self._vault.data_key(f"{place.tenant}/{place.month}")
        if key is None:
            raise PayloadGone("the payload was erased with its key", where=ref)
        try:
            with open_plain(self._month(place.tenant, place.month) / place.pack) as file:
                file.seek(place.offset)
                length = LENGTH.unpack(file.read(LENGTH.size))[0]
                blob = file.read(min(length, MAX_PAYLOAD_BYTES + NONCE_BYTES + TAG_BYTES))
        except (FileNotFoundError, struct.error):
            raise PayloadGone("the payload is not in this store", where=ref) from None
        data = _opened(key, place, blob)
        if data is None or not hmac.compare_digest(_digest(key, data), place.digest):
            raise PayloadGone("the payload was changed, or its reference was", where=ref)
        return data

    def erase(self, tenant: str, month: str) -> bool:
        """Destroys the month's key and then its bytes; False if there was no key."""
        if not MONTH.match(month):
            raise UsageError(f"{month!r} is no month", todo="Write it as 2026-11.")
        tenant = tenant_folder(tenant)
        with self._lock:
            erased = self._vault.erase_data_key(f"{tenant}/{month}")
            self._close(tenant, month)
            shutil.rmtree(self._month(tenant, month), ignore_errors=True)
        return erased

    def close(self) -> None:
        """Closes the open files."""
        with self._lock:
            for tenant, month in list(self._packs):
                self._close(tenant, month)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._packs: dict[tuple[str, str], Pack] = {}

    def _month(self, tenant: str, month: str) -> Path:
        return self.folder / tenant / month

    def _pack(self, tenant: str, month: str) -> Pack:
        """This process's open file for the month; a new one if an erasure removed it."""
        pack = self._packs.get((tenant, month))
        if pack is not None and os.fstat(pack.file).st_nlink:
            return pack
        self._close(tenant, month)
        folder = self._month(tenant, month)
        make_private_folders(folder, self.folder)
        name = secrets.token_hex(8)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        pack = Pack(name, os.open(folder / name, flags, PRIVATE_FILE), 0)
        sync_folder(folder)
        self._packs[tenant, month] = pack
        return pack

    def _close(self, tenant: str, month: str) -> None:
        pack = self._packs.pop((tenant, month), None)
        if pack is not None:
            os.close(pack.file)


def tenant_folder(tenant: str) -> str:
    """A folder name for a tenant: its own name if that is plain, else a digest that no plain name can be."""
    if NAME.match(tenant):
        return tenant
    return "~" + hashlib.sha256(tenant.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _sealed(key: bytes, ref: Ref, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE_BYTES)
    blob = nonce + AESGCM(_derived(key, b"bytes")).encrypt(nonce, data, str(ref).encode())
    return LENGTH.pack(len(blob)) + blob


def _opened(key: bytes, ref: Ref, blob: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(_derived(key, b"bytes")).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], str(ref).encode())
    except (InvalidTag, ValueError):
        return None


def _digest(key: bytes, data: bytes) -> str:
    """Keyed, so that a guess at a short payload cannot be checked once the key is gone."""
    return hmac.digest(_derived(key, b"digest"), data, "sha256").hex()


def _derived(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose only."""
    return hmac.digest(key, b"bartizan payload " + purpose, "sha256")
