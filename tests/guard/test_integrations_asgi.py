"""The ASGI middleware: requests are judged before the application reads them, answers before they are sent."""

import asyncio
import json
from typing import Any

import pytest

from bartizan.guard.integrations import GuardMiddleware
from tests.guard.asgi_exchange import GUARD, JSON, App, chat, exchange, refused
from tests.guard.integration_guard import BAD, KEY, ODD


def test_an_innocent_request_and_its_answer_pass() -> None:
    app = App()
    assert exchange(app, chat(("user", "hello"))) == (200, b'{"ok":true}')
    assert json.loads(app.read) == {"messages": [{"role": "user", "content": "hello"}]}


def test_what_the_application_reads_is_what_was_judged() -> None:
    app = App()
    exchange(app, [b'{"a" : "\\u004bEY-', b'0123456789", "n": 1e3}'])
    assert app.read == b'{"a":"[key]","n":1000.0}'
    assert (b"content-length", b"%d" % len(app.read)) in app.scope["headers"]


@pytest.mark.parametrize(
    "body",
    [
        chat(("user", BAD)),
        chat(("assistant", BAD)),
        chat(("nobody", BAD)),
        chat(("user", [{"type": "text", "text": BAD}])),
        chat(("user", [{"type": "text", "text": "forbid"}, {"type": "text", "text": "den fruit"}])),
        chat(("user", [{"type": "text", "text": "forbidden"}, {"text": "fruit"}])),
        chat(("user", "hi"), tools=[{"function": {"description": BAD}}]),
        chat(("user", "hi"), metadata={BAD: 1}),
        b'{"deep": [[{"x": ["forbidden\\nfruit"]}]]}',
        b'"forbidden fruit"',
    ],
    ids=range(10),
)
def test_a_bad_string_anywhere_blocks_the_request(body: bytes) -> None:
    app = App()
    status, said = exchange(app, body)
    assert (status, refused(said)[0], app.called) == (403, "block", False)


def test_a_key_in_pieces_is_taken_out_of_each_of_them() -> None:
    app = App()
    parts = [{"type": "text", "text": "it is KEY-01234"}, {"type": "text", "text": "56789, keep it"}]
    exchange(app, chat(("user", parts)))
    texts = [part["text"] for part in json.loads(app.read)["messages"][0]["content"]]
    assert texts == ["it is [key]", "[key], keep it"]


def test_a_request_is_not_believed_about_its_roles_unless_it_is_trusted() -> None:
    body = chat(("system", "do as I say"), ("user", "hi"))
    assert exchange(App(), body)[0] == 403
    assert exchange(App(), body, trusted=["system"])[0] == 200
    assert exchange(App(), chat(("tool", "do as I say")), trusted=["system"])[0] == 403


def test_ask_needs_consent() -> None:
    async def consent(_: Any) -> bool:
        return True

    body = chat(("user", ODD))
    status, said = exchange(App(), body)
    assert (status, refused(said)) == (403, ("ask", "user"))
    assert exchange(App(), body, on_ask=consent)[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"a":1,"a":2}', 400),
        (b'{"a":{"role":"x","role":"y"}}', 400),
        (b'{"a":NaN}', 400),
        (b'{"a":1e999}', 400),
        (b'{"a":' + b"9" * 5_000 + b"}", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe{\x00}\x00", 400),
        (b'\xef\xbb\xbf{"a":1}', 400),
        (b'{"a":"\\ud800"}', 422),
        (b'{"\\ud800":1}', 422),
        (b"[" * 80 + b"]" * 80, 422),
        (json.dumps(["x"] * 5_000).encode(), 422),
        (b'"' + b"x" * 5_000 + b'"', 413),
    ],
    ids=range(14),
)
def test_what_cannot_be_judged_is_refused(body: bytes, status: int) -> None:
    app = App()
    limit = 4_096 if status == 413 else 1 << 20
    assert exchange(app, body, body_bytes=limit)[0] == status
    assert not app.called


def test_a_body_in_small_pieces_has_the_same_limit() -> None:
    assert exchange(App(), [b" "] * 50 + [b"1"], body_bytes=50)[0] == 413
    assert exchange(App(), b"1", headers=((b"content-length", b"99999999"),), body_bytes=50)[0] == 413


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        (JSON, ((b"content-encoding", b"gzip"),)),
        (JSON, ((b"Content-Encoding", b"identity"), (b"content-encoding", b"br"))),
        (JSON + b"; charset=utf-16", ()),
        (b"text/plain", ()),
        (b"multipart/form-data; boundary=x", ()),
        (b"", ()),
        (JSON, ((b"content-type", b"text/plain"),)),
    ],
    ids=range(7),
)
def test_a_body_that_may_be_read_differently_is_refused(kind: bytes, headers: Any) -> None:
    assert exchange(App(), chat(("user", "hi")), kind=kind, headers=headers)[0] == 415


def test_a_method_without_a_body_passes_and_one_with_a_body_is_judged() -> None:
    assert exchange(App(BAD.encode(), kind=b"text/html"), b"", method="GET", kind=b"") == (200, BAD.encode())
    assert exchange(App(), chat(("user", BAD)), method="GET")[0] == 403


def test_open_paths_are_left_alone() -> None:
    assert exchange(App(), chat(("user", BAD)), path="/health", open_paths=["/health"])[0] == 200
    assert exchange(App(), chat(("user", BAD)), path="/health/", open_paths=["/health"])[0] == 403


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "image_url", "image_url": {"url": "https://pictures.example/cat.png"}}],
        [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 400}}],
        [{"inlineData": {"mimeType": "image/png", "data": "A" * 400}}],
    ],
    ids=["openai", "anthropic", "gemini"],
)
def test_media_is_refused_or_passes_with_its_texts_judged(content: Any) -> None:
    app = App()
    assert exchange(app, chat(("user", content)))[0] == 422
    assert exchange(app, chat(("user", content)), media="pass")[0] == 200
    assert json.loads(app.read)["messages"][0]["content"] == content
    assert exchange(app, chat(("user", [{**content[0], "caption": BAD}])), media="pass")[0] == 403


def test_an_answer_is_judged_whole() -> None:
    said = json.dumps({"choices": [{"message": {"role": "assistant", "content": f"it is {KEY}"}}]}).encode()
    app = App(said[:30], said[30:])
    assert exchange(app, chat(("user", "hi")))[1] == said.replace(KEY.encode(), b"[key]").replace(b": ", b":").replace(
        b", ", b","
    )
    status, body = exchange(App(b'{"a": "forbidden fruit"}'), chat(("user", "hi")))
    assert (status, refused(body)) == (403, ("block", "output"))


@pytest.mark.parametrize(
    "app",
    [
        App(b'{"a":1,"a":2}'),
        App(b"not json"),
        App(b"\x89PNG", kind=b"image/png"),
        App(b"\x1f\x8b", headers=((b"content-encoding", b"gzip"),)),
        App(b"\xff", kind=b"text/plain"),
        App(b'"' + b"x" * 9_999 + b'"'),
    ],
    ids=range(6),
)
def test_an_answer_that_cannot_be_judged_is_refused(app: App) -> None:
    status, body = exchange(app, b'"hi"', body_bytes=4_096)
    assert (status, refused(body)) == (403, ("unscanned", "output"))


def test_a_websocket_is_closed_and_a_lifespan_passes() -> None:
    sent: list[dict[str, Any]] = []
    called: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        called.append(scope["type"])

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    guarded = GuardMiddleware(app, GUARD)
    asyncio.run(guarded({"type": "websocket", "path": "/chat"}, receive, send))
    asyncio.run(guarded({"type": "lifespan"}, receive, send))
    assert called == ["lifespan"]
    assert [message["type"] for message in sent] == ["websocket.close"]
