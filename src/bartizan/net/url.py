"""URLs that may be asked for: http and https, without credentials, and shown without their query."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urljoin, urlsplit

from bartizan.net.errors import Unsendable

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_URL_CHARS = 8_192

# No blank, no control character, nothing beyond ASCII: what is checked here is byte for byte what is sent.
PRINTABLE = re.compile(r"[!-~]+\Z")
HOST = re.compile(r"(?:[A-Za-z0-9_-](?:[A-Za-z0-9._-]{0,252})|[0-9A-Fa-f:.]{2,45})\Z")
REFUSED_IN_TARGET = re.compile(r'[<>"{}|\\^`]')


@dataclass(frozen=True, slots=True)
class Url:
    """One resource; `str()` and `repr()` leave out the query, which may hold secrets."""

    scheme: str
    host: str
    """In lower case, an IPv6 address without its brackets."""
    port: int
    path: str
    query: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        if not PRINTABLE.match(text) or len(text) > MAX_URL_CHARS:
            raise Unsendable(
                f"a URL has 1 to {MAX_URL_CHARS:,} printable ASCII characters",
                todo="Write others as %XX, hosts as xn--",
            )
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise Unsendable("a URL's host or port cannot be read", where=_without_secrets(text)) from None
        shown = _without_secrets(text)
        if parts.scheme not in DEFAULT_PORTS:
            raise Unsendable("a URL begins with http:// or https://", where=shown)
        if "@" in parts.netloc:
            raise Unsendable("a URL holds no user or password", where=shown, todo="Send an authorization header")
        if not HOST.match(host) or port == 0:
            raise Unsendable("a URL names a host and a port above 0", where=shown)
        if REFUSED_IN_TARGET.search(parts.path + parts.query):
            raise Unsendable("a URL's path or query holds a character to be written as %XX", where=shown)
        return cls(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme], parts.path or "/", parts.query)

    def join(self, location: str) -> Self:
        """Where a `location` field points to from here."""
        if location and not PRINTABLE.match(location):
            raise Unsendable("a location is printable ASCII characters", where=self)
        try:
            joined = urljoin(self.text, location)
        except ValueError:
            raise Unsendable("a location's host or port cannot be read", where=self) from None
        return self.parse(joined)

    @property
    def text(self) -> str:
        """All of it, secrets included."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def target(self) -> str:
        """What stands in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def authority(self) -> str:
        """What stands in the `host` field."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Who answers for it: what is meant for one origin is not for another (RFC 6454, 4)."""
        return self.scheme, self.host, self.port

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}" + ("?..." if self.query else "")

    def __repr__(self) -> str:
        return f"<Url {self}>"


def _without_secrets(text: str) -> str:
    """A text that is no proper URL up to its query; nothing of one that may hold a password."""
    return "..." if "@" in text else re.split(r"[?#]", text, maxsplit=1)[0]
