"""An application and a client for the tests of the ASGI middleware."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from bartizan.guard.integrations import GuardMiddleware
from tests.guard.integration_guard import BAD, small_guard

GUARD = small_guard()
JSON = b"application/json"


class App:
    """An application that keeps what it read, and answers with these pieces."""

    def __init__(self, *pieces: bytes, kind: bytes = JSON, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        self.pieces = pieces or (b'{"ok":true}',)
        self.headers = [(b"content-type", kind), *headers]
        self.read = b""
        self.scope: dict[str, Any] = {}
        self.called = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.called, self.scope = True, scope
        while True:
            message = await receive()
            self.read += message.get("body", b"")
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        for piece in self.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def exchange(
    app: Callable[..., Any],
    body: bytes | list[bytes],
    *,
    kind: bytes = JSON,
    method: str = "POST",
    path: str = "/chat",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    **options: Any,
) -> tuple[int, bytes]:
    """The status and the body that the client gets."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        piece = pieces.pop(0) if pieces else b""
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    fields = ((b"content-type", kind),) if kind else ()
    scope = {"type": "http", "method": method, "path": path, "headers": [*fields, *headers]}
    guard = options.pop("guard", GUARD)
    asyncio.run(GuardMiddleware(app, guard, **options)(scope, receive, send))
    starts = [message for message in sent if message["type"] == "http.response.start"]
    assert len(starts) == 1, "one answer to one request"
    whole = b"".join(message["body"] for message in sent if message["type"] == "http.response.body")
    lengths = [value for name, value in starts[0]["headers"] if name == b"content-length"]
    assert lengths in ([], [str(len(whole)).encode()])
    return starts[0]["status"], whole


def chat(*messages: tuple[str, Any], **more: Any) -> bytes:
    return json.dumps({"messages": [{"role": role, "content": text} for role, text in messages], **more}).encode()


def refused(body: bytes) -> tuple[str, str]:
    error = json.loads(body)["error"]
    assert error["type"] == "guard"
    assert BAD not in error["message"]
    return error["code"], error.get("stage", "")
