"""The guardrail in LiteLLM's own types, by the hooks that its proxy calls."""

import asyncio
from typing import Any

import pytest
from litellm import ModelResponse, ModelResponseStream
from litellm.exceptions import GuardrailRaisedException

from bartizan.guard.integrations.litellm import BartizanGuardrail
from tests.guard.integration_guard import BAD, HALF, KEY, ODD, small_guard

RAIL = BartizanGuardrail(small_guard())


def pre(rail: Any, **data: Any) -> Any:
    return asyncio.run(rail.async_pre_call_hook(None, None, data, "acompletion"))


def user(text: Any) -> list[Any]:
    return [{"role": "user", "content": text}]


def test_a_request_passes_as_it_may_go_on() -> None:
    data = {"model": "m", "messages": user(f"my {KEY}"), "metadata": {"x": object()}}
    assert pre(RAIL, **data) == {**data, "messages": user("my [key]")}


@pytest.mark.parametrize(
    "data",
    [
        {"messages": user(BAD)},
        {"messages": user(ODD)},
        {"messages": user(HALF)},
        {"messages": user([{"type": "text", "text": BAD}])},
        {"input": BAD},
        {"prompt": [BAD]},
        {"messages": user("hi"), "tools": [{"function": {"description": BAD}}]},
    ],
)
def test_a_request_that_may_not_pass_is_refused(data: Any) -> None:
    with pytest.raises(GuardrailRaisedException) as raised:
        pre(RAIL, **data)
    assert raised.value.status_code == 400
    assert BAD not in str(raised.value)


def test_consent_lets_pass() -> None:
    rail = BartizanGuardrail(small_guard(), on_ask=lambda _: True)
    assert pre(rail, messages=user(ODD))["messages"] == user(ODD)


def answer(text: str) -> ModelResponse:
    return ModelResponse(
        id="x", choices=[{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]
    )


def test_an_answer_passes_as_it_may_go_out() -> None:
    post = RAIL.async_post_call_success_hook
    passed = asyncio.run(post({}, None, answer(f"it is {KEY}")))
    assert isinstance(passed, ModelResponse)
    assert (passed.id, passed.choices[0].message.content) == ("x", "it is [key]")
    with pytest.raises(GuardrailRaisedException):
        asyncio.run(post({}, None, answer(BAD)))


def streamed(text: str) -> str:
    async def pieces() -> Any:
        for letter in text:
            yield ModelResponseStream(id="x", choices=[{"index": 0, "delta": {"content": letter}}])
        yield ModelResponseStream(id="x", choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])

    async def gathered() -> str:
        said = ""
        async for piece in RAIL.async_post_call_streaming_iterator_hook(None, pieces(), {}):
            assert isinstance(piece, ModelResponseStream)
            said += piece.choices[0].delta.content or ""
        return said

    return asyncio.run(gathered())


def test_a_stream_is_redacted_over_its_seams_and_broken_off_where_it_must_be() -> None:
    assert streamed(f"so {KEY} it is") == "so [key] it is"
    with pytest.raises(GuardrailRaisedException):
        streamed(BAD)


def test_the_library_calls_the_guardrail_where_it_is_a_callback(monkeypatch: pytest.MonkeyPatch) -> None:
    import litellm

    rail = BartizanGuardrail(small_guard(), default_on=True, event_hook="pre_call")
    monkeypatch.setattr(litellm, "callbacks", [rail])
    call = {"model": "openai/x", "api_key": "none", "mock_response": "fine", "guardrails": ["bartizan"]}
    assert asyncio.run(litellm.acompletion(messages=user("hi"), **call)).choices[0].message.content == "fine"
    with pytest.raises(Exception, match="is blocked"):
        asyncio.run(litellm.acompletion(messages=user(BAD), **call))
