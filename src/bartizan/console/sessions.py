"""Who is looking: the one-time token, the sessions that it or an API key opens, and when they end."""

import hashlib
import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Protocol

import msgspec

MAX_SESSIONS = 64
MAX_SESSIONS_OF_ONE = 8
"""Who signs in again and again ends own sessions, not those of others."""
MAX_NOTED_A_MINUTE = 20


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever a request speaks for."""

    actor: str
    """`person:...` for who started this process, `key:...` for the holder of an API key."""
    roles: tuple[str, ...]
    tenant: str = "main"
    """The tenant whose state it sees."""
    everywhere: bool = False
    """Sees the records of all tenants: so does whoever started this process, who owns the files anyway."""
    routes: tuple[str, ...] = ()
    """The paths that an API key is scoped to; none are all."""
    csrf: str = ""
    """What each POST of this session must carry; a request with an API key has no session and needs none."""


class KeyRing(Protocol):
    """What the pages need to know of API keys."""

    def visitor(self, secret: str) -> Visitor | None:
        """Whoever holds this secret, if it is that of a living key."""

    def alive(self, visitor: Visitor) -> bool:
        """True while this visitor's key is neither revoked nor expired."""


class _Session(msgspec.Struct):
    visitor: Visitor
    began: float
    seen: float


class Sessions:
    """The sessions of one console process, for any thread of it; they are kept in memory and end with it."""

    def __init__(
        self,
        token: str,
        operator: Visitor,
        keys: KeyRing,
        *,
        idle_s: float,
        longest_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token: bytes | None = _digest(token)
        self._operator = operator
        self._keys = keys
        self._idle_s = idle_s
        self._longest_s = longest_s
        self._clock = clock
        self._sessions: dict[bytes, _Session] = {}
        self._refused_at: deque[float] = deque(maxlen=MAX_NOTED_A_MINUTE + 1)
        self._opening = Lock()

    def redeem(self, token: str) -> str | None:
        """The cookie of a new session for the one who holds the one-time token; it works once."""
        with self._opening:
            fits = self._token is not None and hmac.compare_digest(self._token, _digest(token))
            if fits:
                self._token = None
        if fits:
            return self._open(self._operator)
        self._refused_at.append(self._clock())
        return None

    def enter(self, secret: str) -> str | None:
        """The cookie of a new session for the holder of an API key."""
        visitor = self._keys.visitor(secret)
        if visitor is None:
            self._refused_at.append(self._clock())
            return None
        return self._open(visitor)

    def bearer(self, secret: str) -> Visitor | None:
        """Whoever sends this API key with a request of its own."""
        visitor = self._keys.visitor(secret)
        if visitor is None:
            self._refused_at.append(self._clock())
        return visitor

    def visitor(self, cookie: str) -> Visitor | None:
        """Whose session this is, if it has not ended; being asked for keeps it from idling out."""
        now = self._clock()
        session = self._sessions.get(name := _digest(cookie))
        if session is None:
            return None
        if not self._lives(session, now):
            self._sessions.pop(name, None)
            return None
        session.seen = now
        return session.visitor

    def lives(self, visitor: Visitor, cookie: str) -> bool:
        """True while the visitor's session or key lives; asking this prolongs nothing."""
        if not visitor.csrf:
            return self._keys.alive(visitor)
        session = self._sessions.get(_digest(cookie))
        return session is not None and self._lives(session, self._clock())

    def end(self, cookie: str) -> None:
        self._sessions.pop(_digest(cookie), None)

    @property
    def worth_noting(self) -> bool:
        """True for the first refusals within a minute: who floods us must not flood the ledger.

        Nobody is locked out: 256 bits are not guessed, and a lock would let anyone on this machine shut the door.
        """
        since = self._clock() - 60
        return sum(at > since for at in list(self._refused_at)) <= MAX_NOTED_A_MINUTE

    def _open(self, visitor: Visitor) -> str:
        now = self._clock()
        cookie = secrets.token_urlsafe(32)
        own = msgspec.structs.replace(visitor, csrf=secrets.token_urlsafe(32))
        with self._opening:
            kept = {name: one for name, one in self._sessions.items() if self._lives(one, now)}
            own_names = [name for name, one in kept.items() if one.visitor.actor == visitor.actor]
            if len(own_names) >= MAX_SESSIONS_OF_ONE:
                del kept[min(own_names, key=lambda name: kept[name].seen)]
            elif len(kept) >= MAX_SESSIONS:
                del kept[min(kept, key=lambda name: kept[name].seen)]
            self._sessions = kept | {_digest(cookie): _Session(own, now, now)}
        return cookie

    def _lives(self, session: _Session, now: float) -> bool:
        by_key = session.visitor.actor.startswith("key:")
        return (
            now - session.seen < self._idle_s
            and now - session.began < self._longest_s
            and (not by_key or self._keys.alive(session.visitor))
        )


def _digest(secret: str) -> bytes:
    """Secrets are kept and compared by digest, so that neither memory nor timing shows them."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
