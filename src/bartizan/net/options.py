"""What a client is told once: limits, deadlines, whom to trust, and where it may connect."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from bartizan.net.address import AllowAddress, any_address
from bartizan.net.errors import Unsendable
from bartizan.net.limits import Deadlines, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a client behaves. Certificates and host names are always checked."""

    limits: Limits = Limits()
    deadlines: Deadlines = Deadlines()
    redirects: int = 5
    """How many are followed; the next one is an error. With 0 a redirect is an answer like any other."""
    allow_addresses: AllowAddress = any_address
    """Asked about each address before it is connected to; `public_only` guards against requests into one's own net."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    tls: ssl.SSLContext | None = None
    """For client certificates and the like; it must check certificates and host names."""
    connections: int = 64
    """At most so many at once."""
    keep_seconds: float = 15.0
    """How long a connection that nobody uses is kept."""
    user_agent: str = "bartizan"

    def __post_init__(self) -> None:
        if self.tls is not None and (self.tls.verify_mode != ssl.CERT_REQUIRED or not self.tls.check_hostname):
            raise Unsendable("the TLS context does not check certificates and host names", todo="Trust a ca_file")

    def tls_context(self) -> ssl.SSLContext:
        """The given context, or one with safe defaults."""
        if self.tls is not None:
            return self.tls
        context = ssl.create_default_context(cafile=self.ca_file)
        context.set_alpn_protocols(["http/1.1"])
        return context
