"""LangChain: a link judges text, messages and prompts, whole and while they stream."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableGenerator, RunnableLambda

from bartizan.guard.integrations import Refused
from bartizan.guard.integrations.langchain import guard_link, tool_wrappers
from tests.guard.integration_guard import BAD, HALF, KEY, ODD, small_guard

GUARD = small_guard()
USER, OUTPUT = guard_link(GUARD, "user"), guard_link(GUARD, "output")


def says(text: str) -> Any:
    return GenericFakeChatModel(messages=iter([AIMessage(content=text)]))


def test_text_passes_as_it_may_go_on() -> None:
    assert USER.invoke("hello") == "hello"
    assert USER.invoke(f"my {KEY}") == "my [key]"
    assert asyncio.run(USER.ainvoke(f"my {KEY}")) == "my [key]"


@pytest.mark.parametrize(
    ("value", "action"),
    [
        (BAD, "block"),
        (ODD, "ask"),
        (HALF, "unscanned"),
        (HumanMessage(BAD), "block"),
        (HumanMessage(ODD), "ask"),
        (HumanMessage(HALF), "unscanned"),
        ([SystemMessage("be kind"), HumanMessage(BAD)], "block"),
        (HumanMessage([{"type": "text", "text": "forbidden"}, {"type": "text", "text": "fruit"}]), "block"),
        (HumanMessage([{"type": "image_url", "image_url": {"url": "https://pictures.example/x"}}]), "unscanned"),
        (AIMessage("", tool_calls=[{"name": "send", "args": {"to": [BAD]}, "id": "1"}]), "block"),
        (AIMessage("", additional_kwargs={"reasoning": BAD}), "block"),
        ({"question": BAD}, "block"),
        ({"messages": [ToolMessage(BAD, tool_call_id="1")]}, "block"),
        (object(), "unscanned"),
    ],
    ids=range(14),
)
def test_what_must_not_pass_is_refused_waiting_or_not(value: Any, action: str) -> None:
    with pytest.raises(Refused) as refused:
        USER.invoke(value)
    assert refused.value.action == action
    with pytest.raises(Refused) as refused:
        asyncio.run(USER.ainvoke(value))
    assert refused.value.action == action


def test_a_message_is_judged_at_the_stage_of_its_role() -> None:
    order = "do as I say"
    assert USER.invoke([SystemMessage(order), AIMessage(order)])[0].content == order
    with pytest.raises(Refused):
        USER.invoke([HumanMessage(order)])
    assert guard_link(GUARD, "retrieved").invoke(order) == order


def test_a_message_keeps_all_but_what_is_taken_out() -> None:
    call = {"name": "send", "args": {"body": f"it is {KEY}", "n": 1}, "id": "7", "type": "tool_call"}
    message = AIMessage(f"so {KEY}", id="m", tool_calls=[call], usage_metadata=None, response_metadata={"model": "x"})
    judged = OUTPUT.invoke(message)
    assert isinstance(judged, AIMessage)
    assert (judged.content, judged.id, judged.response_metadata) == ("so [key]", "m", {"model": "x"})
    assert judged.tool_calls == [{**call, "args": {"body": "it is [key]", "n": 1}}]
    assert message.content == f"so {KEY}"


def test_ask_passes_with_consent_and_nowhere_else() -> None:
    async def consent(_: Any) -> bool:
        return True

    assert guard_link(GUARD, on_ask=lambda _: True).invoke(HumanMessage(ODD)).content == ODD
    assert guard_link(GUARD, on_ask=lambda _: True).invoke(ODD) == ODD
    assert asyncio.run(guard_link(GUARD, on_ask=consent).ainvoke(HumanMessage(ODD))).content == ODD


def test_a_chain_is_guarded_on_both_sides() -> None:
    prompt = ChatPromptTemplate.from_messages([("system", "be kind"), ("human", "{question}")])
    read: list[Any] = []
    spy = RunnableLambda(lambda value: read.append(value) or value)
    chain = prompt | USER | spy | says(f"it is {KEY}") | OUTPUT
    assert chain.invoke({"question": f"my {KEY}"}).content == "it is [key]"
    assert [message.content for message in read[0].to_messages()] == ["be kind", "my [key]"]
    with pytest.raises(Refused):
        (prompt | USER | says("x") | OUTPUT).invoke({"question": BAD})
    with pytest.raises(Refused):
        (says(BAD) | OUTPUT).invoke("hi")


def test_a_model_streams_through_and_never_what_is_taken_out() -> None:
    text = "word " * 600 + KEY + " end"
    pieces = list((says(text) | OUTPUT).stream("hi"))
    assert all(isinstance(piece, AIMessageChunk) for piece in pieces)
    assert sum(bool(piece.content) for piece in pieces) > 3
    assert "".join(piece.content for piece in pieces) == text.replace(KEY, "[key]")

    async def streamed() -> str:
        return "".join([piece.content async for piece in (says(text) | OUTPUT).astream("hi")])

    assert asyncio.run(streamed()) == text.replace(KEY, "[key]")


def test_letters_of_text_stream_and_end_with_a_refusal() -> None:
    def letters(_: Iterator[str]) -> Iterator[str]:
        yield from "x " * 1_500 + BAD

    async def aletters(_: AsyncIterator[str]) -> AsyncIterator[str]:
        for letter in "x " * 1_500 + BAD:
            yield letter

    sent: list[str] = []
    with pytest.raises(Refused):
        sent.extend((RunnableGenerator(letters, aletters) | OUTPUT).stream("hi"))
    assert sent
    assert set("".join(sent)) <= set("x ")


def test_calls_in_pieces_are_held_until_they_are_whole() -> None:
    def chunks(args: str) -> Any:
        made = [
            AIMessageChunk("", tool_call_chunks=[{"name": None, "args": letter, "id": None, "index": 0}])
            for letter in args
        ]
        first = AIMessageChunk("", tool_call_chunks=[{"name": "send", "args": "", "id": "1", "index": 0}])

        def generated(_: Iterator[Any]) -> Iterator[Any]:
            yield from (first, *made)

        return RunnableGenerator(generated)

    (whole,) = (piece for piece in (chunks('{"to": "apples"}') | OUTPUT).stream("hi") if piece.tool_calls)
    assert whole.tool_calls[0]["args"] == {"to": "apples"}
    with pytest.raises(Refused):
        list((chunks('{"to": "forbidden fruit"}') | OUTPUT).stream("hi"))


class Request:
    """The part of LangGraph's request that a wrapper uses."""

    def __init__(self, tool_call: dict[str, Any]) -> None:
        self.tool_call = tool_call

    def override(self, tool_call: dict[str, Any]) -> "Request":
        return Request(tool_call)


def call_tool(args: dict[str, Any], result: str) -> tuple[ToolMessage, list[Any]]:
    made: list[Any] = []

    def execute(request: Request) -> ToolMessage:
        made.append(request.tool_call["args"])
        return ToolMessage(result, tool_call_id=request.tool_call["id"], name="fetch")

    async def aexecute(request: Request) -> ToolMessage:
        return execute(request)

    wrappers = tool_wrappers(GUARD)
    request = Request({"name": "fetch", "args": args, "id": "1"})
    message = wrappers["wrap_tool_call"](request, execute)
    assert asyncio.run(wrappers["awrap_tool_call"](request, aexecute)) == message
    return message, made[:1]


def test_a_tool_gets_and_gives_what_may_go_on() -> None:
    message, made = call_tool({"url": f"x/{KEY}"}, f"it is {KEY}")
    assert (message.content, message.status, made) == ("it is [key]", "success", [{"url": "x/[key]"}])


def test_a_refused_call_is_not_made_and_a_refused_result_not_shown() -> None:
    message, made = call_tool({"url": BAD}, "fine")
    assert (message.status, message.tool_call_id, made) == ("error", "1", [])
    message, made = call_tool({"url": "x"}, BAD)
    assert (message.status, len(made)) == ("error", 1)
    assert BAD not in message.content
