"""What a request must show before a page sees it, and what every answer carries: one ASGI middleware."""

import hmac
import sys
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bartizan.console.sessions import Sessions, Visitor
from bartizan.kernel import BartizanError
from bartizan.text import visible

SAFE_METHODS = {"GET", "HEAD"}
MAX_TARGET_BYTES = 8192
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
ANSWER_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: with that browsers send `Origin: null` on our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Border:
    """Checks Host, Origin and method, and finds out who asks: `scope["visitor"]`, `scope["cookie"]`."""

    def __init__(self, app: ASGIApp, sessions: Sessions, origins: frozenset[str], cookie: str) -> None:
        self.app = app
        self.sessions = sessions
        self.origins = origins
        self.hosts = frozenset(urlsplit(origin).netloc for origin in origins)
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in ANSWER_HEADERS.items():
                    answer[name] = value
                answer.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is None:
            scope["cookie"] = self._cookie(headers)
            # Keys are looked up in the state, which may be slow: never in the event loop.
            try:
                scope["visitor"] = await run_in_threadpool(self._visitor, headers, scope["cookie"])
            except BartizanError as error:
                sys.stderr.write(visible(f"bartizan: console: nobody can sign in: {error}") + "\n")
                refusal = PlainTextResponse("Keys cannot be checked now. The terminal says why.\n", 503)
        await (refusal or self.app)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        """The answer to a request that no page may see."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return PlainTextResponse("This is not the host that you asked for.\n", 421)
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES:
            return PlainTextResponse("The address is too long.\n", 414)
        if scope["method"] not in SAFE_METHODS | {"POST"}:
            return PlainTextResponse("Only GET, HEAD and POST are known here.\n", 405, {"allow": "GET, HEAD, POST"})
        origin = headers.get("origin")
        if origin is not None and origin not in self.origins:
            return PlainTextResponse("Requests from other origins are refused.\n", 403)
        if (
            scope["method"] == "POST"
            and origin is None
            and headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}
        ):
            return PlainTextResponse("Requests from other sites are refused.\n", 403)
        return None

    def _cookie(self, headers: Headers) -> str:
        """The value of our session cookie; empty if there is none, or two that could be mistaken for each other."""
        sent = [part.strip() for part in headers.get("cookie", "").split(";")]
        ours = [part for part in sent if part.partition("=")[0] == self.cookie]
        if len(ours) != 1:
            return ""
        try:
            return SimpleCookie(ours[0])[self.cookie].value
        except (CookieError, KeyError):
            return ""

    def _visitor(self, headers: Headers, cookie: str) -> Visitor | None:
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.sessions.bearer(secret.strip())
        return self.sessions.visitor(cookie) if cookie else None


def carries_csrf(visitor: Visitor, sent: str) -> bool:
    """True if a POST may act for this visitor: it sent the session's token, or has an API key instead of a session."""
    return not visitor.csrf or hmac.compare_digest(visitor.csrf.encode(), sent.encode("utf-8", "surrogatepass"))
