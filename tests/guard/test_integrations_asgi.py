"""The ASGI middleware: requests are judged before the application reads them, answers before they are sent."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from bartizan.guard.integrations import GuardMiddleware
from tests.guard.integration_guard import BAD, KEY, ODD, small_guard

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


def test_a_text_answer_is_guarded_while_it_streams() -> None:
    pieces = [bytes([byte]) for byte in f"größer: {KEY} end".encode()]
    assert exchange(App(*pieces, kind=b"text/plain"), b'"hi"') == (200, "größer: [key] end".encode())
    status, body = exchange(App(b"x " * 2_000, BAD.encode(), kind=b"text/plain"), b'"hi"')
    assert status == 200
    assert set(body) <= set(b"x ")


def openai(text: str, index: int = 0, reason: str | None = None) -> bytes:
    delta = {"content": text} if text else {}
    return json.dumps({"id": "c", "choices": [{"index": index, "delta": delta, "finish_reason": reason}]}).encode()


def anthropic(kind: str, **more: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()


def events(body: bytes) -> list[Any]:
    found = []
    for block in body.decode().split("\n\n"):
        data = [line[6:] for line in block.split("\n") if line.startswith("data: ")]
        found += [json.loads(line) if line != "[DONE]" else line for line in data]
    return found


def test_openai_events_are_guarded_over_their_seams() -> None:
    letters = [*f"so {KEY} it is"]
    lines = [b"data: " + openai(letter) + b"\n\n" for letter in letters]
    app = App(*lines, b"data: " + openai("", reason="stop") + b"\n\ndata: [DONE]\n\n", kind=b"text/event-stream")
    status, body = exchange(app, b'"hi"')
    found = events(body)
    assert status == 200
    assert found[-1] == "[DONE]"
    assert found[-2]["choices"][0]["finish_reason"] == "stop"
    assert "".join(event["choices"][0]["delta"].get("content", "") for event in found[:-1]) == "so [key] it is"


def test_texts_side_by_side_are_told_apart() -> None:
    lines = [
        b"data: " + openai(letter, index) + b"\n\n"
        for pair in zip(f"a {KEY} b", f"c {KEY} d", strict=True)
        for index, letter in enumerate(pair)
    ]
    _, body = exchange(App(*lines, kind=b"text/event-stream"), b'"hi"')
    said = {0: "", 1: ""}
    for event in events(body):
        for choice in event["choices"]:
            said[choice["index"]] += choice["delta"].get("content", "")
    assert said == {0: "a [key] b", 1: "c [key] d"}


def test_a_stream_is_cut_in_any_way() -> None:
    whole = b"".join(b"data: " + openai(letter) + b"\r\n\r\n" for letter in f"so {KEY}") + b"data: [DONE]\r\n\r\n"
    for size in (1, 7, 64):
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        found = events(exchange(App(*pieces, kind=b"text/event-stream"), b'"hi"')[1])
        assert "".join(event["choices"][0]["delta"].get("content", "") for event in found[:-1]) == "so [key]"


def test_anthropic_events_end_with_their_block() -> None:
    app = App(
        anthropic("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *(
            anthropic("content_block_delta", index=0, delta={"type": "text_delta", "text": letter})
            for letter in f"so {KEY}"
        ),
        anthropic("content_block_stop", index=0),
        anthropic("message_stop"),
        kind=b"text/event-stream",
    )
    _, body = exchange(app, b'"hi"')
    found = events(body)
    assert "".join(event.get("delta", {}).get("text", "") for event in found) == "so [key]"
    assert [event["type"] for event in found][-3:] == ["content_block_delta", "content_block_stop", "message_stop"]
    assert body.count(b"event: ") == len(found)


def test_responses_events_are_guarded_in_their_pieces_and_in_their_whole() -> None:
    kind = "response.output_text.delta"
    app = App(
        *(anthropic(kind, item_id="m", output_index=0, content_index=0, delta=letter) for letter in f"so {KEY}"),
        anthropic("response.output_text.done", item_id="m", output_index=0, content_index=0, text=f"so {KEY}"),
        anthropic("response.completed", response={"output": [{"content": [{"text": f"so {KEY}"}]}]}),
        kind=b"text/event-stream",
    )
    _, body = exchange(app, b'"hi"')
    found = events(body)
    assert "".join(event["delta"] for event in found if event["type"] == kind) == "so [key]"
    assert KEY.encode() not in body
    assert body.count(b"so [key]") == 3


def test_lines_of_json_are_guarded_over_their_seams() -> None:
    lines = [json.dumps({"message": {"role": "assistant", "content": letter}}).encode() for letter in f"so {KEY}"]
    app = App(*(line + b"\n" for line in lines), b'{"done": true}\n', kind=b"application/x-ndjson")
    found = [json.loads(line) for line in exchange(app, b'"hi"')[1].splitlines()]
    assert "".join(line.get("message", {}).get("content", "") for line in found) == "so [key]"
    assert found[-1] == {"done": True}


@pytest.mark.parametrize("text", [BAD, ODD])
def test_a_bad_text_breaks_the_stream_off_with_an_error(text: str) -> None:
    app = App(*(b"data: " + openai(letter) + b"\n\n" for letter in "x " * 1_500 + text), kind=b"text/event-stream")
    status, body = exchange(app, b'"hi"')
    *before, last = events(body)
    assert (status, last["error"]["code"]) == (200, "block")
    said = "".join(event["choices"][0]["delta"].get("content", "") for event in before)
    assert said
    assert set(said) <= set("x ")


@pytest.mark.parametrize(
    "line",
    [
        b"data: no json\n\n",
        b'data: {"a":1,"a":2}\n\n',
        b"event: forbidden fruit\ndata: 1\n\n",
        b"data: " + b"x" * (2 << 20),
    ],
)
def test_an_event_that_cannot_be_judged_ends_the_stream(line: bytes) -> None:
    _, body = exchange(App(line, kind=b"text/event-stream"), b'"hi"')
    assert json.loads(body.partition(b"{")[1] + body.partition(b"{")[2].strip())["error"]["code"] == "unscanned"


def test_what_is_no_event_field_does_not_pass() -> None:
    app = App(b": forbidden fruit\nid: forbidden fruit\nother: forbidden fruit\ndata: 1\n\n", kind=b"text/event-stream")
    assert exchange(app, b'"hi"') == (200, b"data: 1\n\n")


def test_a_tool_call_in_pieces_is_judged_as_one() -> None:
    def call(piece: str) -> bytes:
        delta = {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
        return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode() + b"\n\n"

    app = App(*(call(letter) for letter in '{"q": "forbidden fruit"}'), kind=b"text/event-stream")
    assert b"forbidden" not in exchange(app, b'"hi"')[1]
    app = App(*(call(letter) for letter in '{"q": "apples"}'), kind=b"text/event-stream")
    said = [event["choices"][0]["delta"]["tool_calls"][0] for event in events(exchange(app, b'"hi"')[1])]
    assert "".join(piece["function"]["arguments"] for piece in said) == '{"q": "apples"}'


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


def test_gemini_events_are_guarded_over_their_seams() -> None:
    def event(text: str, **more: str) -> bytes:
        candidate = {"index": 0, "content": {"role": "model", "parts": [{"text": text}]}, **more}
        return b"data: " + json.dumps({"candidates": [candidate]}).encode() + b"\n\n"

    app = App(*(event(letter) for letter in f"so {KEY}"), event("!", finishReason="STOP"), kind=b"text/event-stream")
    found = [event["candidates"][0] for event in events(exchange(app, b'"hi"')[1])]
    assert "".join(one["content"]["parts"][0]["text"] for one in found) == "so [key]!"
    assert found[-1]["finishReason"] == "STOP"
