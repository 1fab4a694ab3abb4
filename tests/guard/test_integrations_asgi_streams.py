"""The ASGI middleware and answers that stream: texts in pieces are guarded over every seam, in each API's events."""

import json
from typing import Any

import pytest

from tests.guard.asgi_exchange import App, exchange
from tests.guard.integration_guard import BAD, KEY, ODD


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


def test_gemini_events_are_guarded_over_their_seams() -> None:
    def event(text: str, **more: str) -> bytes:
        candidate = {"index": 0, "content": {"role": "model", "parts": [{"text": text}]}, **more}
        return b"data: " + json.dumps({"candidates": [candidate]}).encode() + b"\n\n"

    app = App(*(event(letter) for letter in f"so {KEY}"), event("!", finishReason="STOP"), kind=b"text/event-stream")
    found = [event["candidates"][0] for event in events(exchange(app, b'"hi"')[1])]
    assert "".join(one["content"]["parts"][0]["text"] for one in found) == "so [key]!"
    assert found[-1]["finishReason"] == "STOP"
