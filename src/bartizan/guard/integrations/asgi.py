"""ASGI middleware: what comes in is judged before the application reads it, what goes out before it is sent.

What the application gets is written anew from what was judged, so it cannot read anything else in it.
"""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any, Literal, TypeAlias

from bartizan.guard.guard import Guard
from bartizan.guard.integrations.asgi_answer import Answer
from bartizan.guard.integrations.chat import Chat, Media, system_of
from bartizan.guard.integrations.checkpoint import Checkpoint, OnAsk
from bartizan.guard.integrations.errors import Refused
from bartizan.guard.integrations.strict_json import parse, write
from bartizan.guard.verdict import Stage
from bartizan.kernel import HostileInput

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_BYTES = 1 << 20
BESIDE_BYTES = 32 << 10
"""A larger body is judged beside the event loop."""
BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
STATUS = {"ask": 403, "block": 403, "redact": 403, "unscanned": 422}


class GuardMiddleware:
    """Guards an application that takes and gives JSON, event streams or plain text."""

    def __init__(
        self,
        app: App,
        guard: Guard,
        *,
        open_paths: Collection[str] = (),
        trusted: Collection[Stage] = (),
        media: Media = "refuse",
        on_ask: OnAsk | None = None,
        body_bytes: int = BODY_BYTES,
    ) -> None:
        """`open_paths` are not guarded at all; `trusted` are the stages that a request may claim for its messages."""
        self.app = app
        self._guard = guard
        self._open = frozenset(open_paths)
        self._chat = Chat(frozenset(trusted), media)
        self._on_ask = on_ask
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope.get("path") in self._open:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._exchange(scope, receive, send)
        else:
            await _close(scope, receive, send)

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            raw = await _body(scope, receive, self._body_bytes)
            if raw is None:
                return
            if not raw and scope["method"] in BODILESS:
                await self.app(scope, _replay(b"", receive), send)
                return
            body, checkpoint = await self._judged(scope, raw)
        except Refusal as refusal:
            await refuse(send, refusal.status, refusal.code, refusal.said)
            return
        except Refused as refused:
            await refuse(send, STATUS[refused.action], refused.action, str(refused), refused.stage)
            return
        answer = Answer(checkpoint, self._chat.media, self._body_bytes, send)
        await self.app(_rewritten(scope, len(body)), _replay(body, receive), answer.send)
        await answer.end()

    async def _judged(self, scope: Scope, raw: bytes) -> tuple[bytes, Checkpoint]:
        """The body to hand on, and the checkpoint for the answer."""
        if not raw:
            return b"", Checkpoint(self._guard, self._on_ask)
        _check_headers(scope)
        try:
            value = parse(raw)
        except HostileInput as wrong:
            raise Refusal(400, "malformed", wrong.what) from None
        system = system_of(value) if "system" in self._chat.trusted else ""
        checkpoint = Checkpoint(self._guard, self._on_ask, system)
        judged = await checkpoint.run_async(lambda look: self._chat.judged(look, value), beside=len(raw) > BESIDE_BYTES)
        return write(judged), checkpoint


class Refusal(Exception):
    """A request that is not even looked at, with the answer to it."""

    def __init__(self, status: Literal[400, 413, 415], code: str, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.code = code
        self.said = said


async def refuse(send: Send, status: int, code: str, said: str, stage: str = "") -> None:
    """Answers with an error in the form that chat clients know."""
    error = {"type": "guard", "code": code, "message": said} | ({"stage": stage} if stage else {})
    body = write({"error": error})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _body(scope: Scope, receive: Receive, limit_bytes: int) -> bytes | None:
    """The whole body; None if the client has gone."""
    length = _header(scope, b"content-length")
    if length.isdigit() and int(length[:20]) > limit_bytes:
        raise Refusal(413, "too-large", f"the body is longer than {limit_bytes:,} bytes")
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit_bytes:
            raise Refusal(413, "too-large", f"the body is longer than {limit_bytes:,} bytes")
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


def _check_headers(scope: Scope) -> None:
    if _header(scope, b"content-encoding").lower() not in (b"", b"identity"):
        raise Refusal(415, "encoded", "an encoded body is not read; send it without content-encoding")
    media_type, _, parameters = _header(scope, b"content-type").lower().partition(b";")
    media_type = media_type.strip()
    if media_type != b"application/json" and not (
        media_type.startswith(b"application/") and media_type.endswith(b"+json")
    ):
        raise Refusal(415, "not-json", "only JSON is read; send content-type: application/json")
    if parameters.strip().replace(b'"', b"").replace(b" ", b"") not in (b"", b"charset=utf-8", b"charset=utf8"):
        raise Refusal(415, "charset", "only UTF-8 is read")


def _header(scope: Scope, name: bytes) -> bytes:
    """The header's value; of a header that stands there twice, something that no check lets pass."""
    values = [value for key, value in scope.get("headers", ()) if key.lower() == name]
    return values[0] if len(values) == 1 else b",".join(values)


def _rewritten(scope: Scope, length: int) -> Scope:
    """The scope of the body as it is handed on, for an answer that the guard can read."""
    gone = (b"content-length", b"content-encoding", b"transfer-encoding", b"accept-encoding")
    headers = [(key, value) for key, value in scope["headers"] if key.lower() not in gone]
    return {**scope, "headers": [*headers, (b"content-length", str(length).encode())]}


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body first, and then what else comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return messages.pop() if messages else await receive()

    return received


async def _close(scope: Scope, receive: Receive, send: Send) -> None:
    """Ends a connection that is not HTTP: its messages are not looked at, and so do not pass."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "not guarded"})
