"""API keys: issued once, kept as digests, scoped, and revoked at once."""

import hmac
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from bartizan.kernel import Event, Record, Stamp, UsageError
from bartizan.policy.errors import UnknownKey
from bartizan.policy.request import Principal
from bartizan.policy.secret import digest_of, mint, well_formed
from bartizan.state import KeyAdded, KeyRevoked, KeyRow

MAX_NAME_CHARS = 128
ID_DIGITS = 16
ROLE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
ROUTE = re.compile(r"/[A-Za-z0-9._~/-]{0,255}\*?\Z")


class KeyStore(Protocol):
    """What keys need of the state."""

    def change(self, stamp: Stamp, *events: Event) -> list[Record]: ...
    def keys(self, *, tenant: str | None = ...) -> list[KeyRow]: ...
    def key_by_digest(self, digest: str) -> KeyRow | None: ...


class Keyring:
    """Keys as they were at one moment, for whoever checks many and asks the state for none."""

    def __init__(self, rows: Iterable[KeyRow]) -> None:
        self._rows = {row.digest: row for row in rows if not row.revoked}

    def check(self, secret: str, now: datetime) -> KeyRow | None:
        """The key with this secret, if it is one that may be used now."""
        if not well_formed(secret):
            return None
        digest = digest_of(secret)
        return _usable(self._rows.get(digest), digest, now)


class Keys:
    """The API keys of an installation."""

    def __init__(self, store: KeyStore, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._clock = clock

    def add(
        self,
        name: str,
        *,
        tenant: str = "main",
        roles: Sequence[str],
        routes: Sequence[str] = (),
        expires: datetime | None = None,
        actor: str | None = None,
    ) -> str:
        """The secret of a new key, which is to be shown once: only its digest is kept."""
        _check(name, roles, routes, expires, self._clock())
        secret = mint()
        added = _added(name, secret.digest, roles, routes, expires)
        self._store.change(Stamp(tenant=tenant, actor=actor), added)
        return secret.text

    def check(self, secret: str) -> KeyRow | None:
        """The key with this secret, if it is one that may be used now; it asks the state, so a revoked key is none."""
        if not well_formed(secret):
            return None
        digest = digest_of(secret)
        return _usable(self._store.key_by_digest(digest), digest, self._clock())

    def keyring(self) -> Keyring:
        """All tenants' keys as they are now."""
        return Keyring(self._store.keys(tenant=None))

    def list(self, tenant: str | None = "main") -> list[KeyRow]:
        """The keys of a tenant, or of all, revoked and expired ones too."""
        return self._store.keys(tenant=tenant)

    def revoke(self, key: str, *, tenant: str = "main", reason: str = "", actor: str | None = None) -> None:
        """Make a key useless from now on."""
        row = self._live(key, tenant)
        self._store.change(Stamp(tenant=tenant, actor=actor), KeyRevoked(key=row.key, reason=reason).event())

    def rotate(
        self, key: str, *, tenant: str = "main", expires: datetime | None = None, actor: str | None = None
    ) -> str:
        """The secret of a key that takes the place of this one, which is revoked in the same change."""
        row = self._live(key, tenant)
        until = expires or row.expires
        _check(row.name, row.roles, row.routes, until, self._clock())
        secret = mint()
        added = _added(row.name, secret.digest, row.roles, row.routes, until)
        self._store.change(Stamp(tenant=tenant, actor=actor), added, KeyRevoked(key=row.key, reason="rotated").event())
        return secret.text

    def _live(self, key: str, tenant: str) -> KeyRow:
        for row in self._store.keys(tenant=tenant):
            if row.key == key and not row.revoked:
                return row
        raise UnknownKey(
            f"there is no key {key!r} to revoke or rotate", where=tenant, todo="bartizan keys list shows them"
        )


def principal_of(row: KeyRow) -> Principal:
    """Who asks when this key asks."""
    return Principal("Key", row.key, tuple(row.roles), row.tenant)


def covers(routes: Sequence[str], path: str) -> bool:
    """True if a key scoped to these routes may take this path, as it stands: no routes are all, `*` ends a prefix."""
    if not routes:
        return True
    if "%" in path or "//" in path or "\\" in path or {".", ".."} & set(path.split("/")):
        return False  # a path that two readers may resolve differently
    return any(path.startswith(route[:-1]) if route.endswith("*") else path == route for route in routes)


def _usable(row: KeyRow | None, digest: str, now: datetime) -> KeyRow | None:
    if row is None or not hmac.compare_digest(row.digest.encode(), digest.encode()) or row.revoked:
        return None
    if row.expires is not None and row.expires <= now:
        return None
    return row


def _added(name: str, digest: str, roles: Sequence[str], routes: Sequence[str], expires: datetime | None) -> Event:
    """The key's id is the beginning of its digest: unique, and no help in guessing the secret."""
    return KeyAdded(
        key=f"k-{digest[:ID_DIGITS]}",
        name=name,
        digest=digest,
        roles=tuple(roles),
        routes=tuple(routes),
        expires=expires,
    ).event()


def _check(name: str, roles: Sequence[str], routes: Sequence[str], expires: datetime | None, now: datetime) -> None:
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise UsageError(f"a key's name has 1 to {MAX_NAME_CHARS} printable characters")
    if not roles:
        raise UsageError("a key without a role may do nothing", todo="Name a role, such as service")
    if bad := [role for role in roles if not ROLE.match(role)]:
        raise UsageError(f"{bad[0]!r} is no role: lower-case letters, digits, '.', '_' and '-'")
    if bad := [route for route in routes if not ROUTE.match(route)]:
        raise UsageError(f"{bad[0]!r} is no route: a path such as /v1/chat, or /v1/* for all below")
    if expires is not None and (expires.tzinfo is None or expires <= now):
        raise UsageError(f"a key cannot expire at {expires}, which is past or has no time zone")
