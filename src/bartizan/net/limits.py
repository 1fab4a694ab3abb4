"""How much a peer may send and how long it may take; shared by client and server."""

from dataclasses import dataclass

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that one message may hold."""

    header_bytes: int = 64 * KIB
    """The start line and all header fields, and again all trailers."""
    headers: int = 128
    body_bytes: int = 64 * MIB
    """Before and after decoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """The most seconds that each part of an exchange may take."""

    connect: float = 10.0
    """Look-up of the name, TCP and TLS."""
    header: float = 30.0
    """From the end of the request to the end of the answer's header."""
    idle: float = 30.0
    """Between two pieces of a body, in either direction."""
    total: float | None = 300.0
    """All of it, redirects included."""
