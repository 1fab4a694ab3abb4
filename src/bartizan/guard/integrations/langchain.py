"""LangChain and LangGraph: a link of a chain that judges what goes through it, and wrappers for a tool node.

chain = guard_link(guard, "user") | model | guard_link(guard, "output")
ToolNode(tools, **tool_wrappers(guard))
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from bartizan.guard.guard import Guard
from bartizan.guard.integrations.chat import ROLES, TRUSTED, Chat, Media
from bartizan.guard.integrations.checkpoint import Checkpoint, OnAsk
from bartizan.guard.integrations.errors import MissingFramework, Refused
from bartizan.guard.integrations.look import Look
from bartizan.guard.stream import Stream
from bartizan.guard.verdict import Stage

try:
    from langchain_core.messages import AIMessageChunk, BaseMessage, ToolMessage
    from langchain_core.prompt_values import ChatPromptValue, PromptValue
    from langchain_core.runnables import Runnable, RunnableGenerator
except ImportError:
    raise MissingFramework("LangChain", "langchain-core") from None


def guard_link(
    guard: Guard, stage: Stage = "user", *, on_ask: OnAsk | None = None, system: str = "", media: Media = "refuse"
) -> "Runnable[Any, Any]":
    """A Runnable that passes text, messages and prompts as they may go on, and at `output` streams what streams.

    Strings are judged at `stage`; messages at the stage of their role, but those of people at `stage`.
    """
    link = _Link(Checkpoint(guard, on_ask, system), stage, media)
    return RunnableGenerator(link.transform, link.atransform, name=f"guard:{stage}")


def tool_wrappers(
    guard: Guard, *, on_ask: OnAsk | None = None, system: str = "", media: Media = "refuse"
) -> dict[str, Callable[..., Any]]:
    """The arguments `wrap_tool_call` and `awrap_tool_call` of a LangGraph `ToolNode`.

    A refused call is not made, and a refused result not shown: the model reads an error in its place.
    """
    checkpoint = Checkpoint(guard, on_ask, system)
    results = _Link(checkpoint, "tool_result", media)

    def wrap(request: Any, execute: Callable[[Any], Any]) -> Any:
        try:
            call = checkpoint.run(lambda look: _call(look, request.tool_call))
            result = execute(request.override(tool_call=call))
            return checkpoint.run(lambda look: results.judged(look, result))
        except Refused as refused:
            return _error(request.tool_call, refused)

    async def awrap(request: Any, execute: Callable[[Any], Awaitable[Any]]) -> Any:
        try:
            call = await checkpoint.run_async(lambda look: _call(look, request.tool_call))
            result = await execute(request.override(tool_call=call))
            return await checkpoint.run_async(lambda look: results.judged(look, result))
        except Refused as refused:
            return _error(request.tool_call, refused)

    return {"wrap_tool_call": wrap, "awrap_tool_call": awrap}


class _Link:
    """Judges what LangChain hands from link to link."""

    def __init__(self, checkpoint: Checkpoint, stage: Stage, media: Media) -> None:
        self._checkpoint = checkpoint
        self._stage: Stage = stage
        self._media: Media = media

    def transform(self, pieces: Iterator[Any]) -> Iterator[Any]:
        held = _Held(self._checkpoint, self._stage)
        for piece in pieces:
            yield from held.take(piece)
        yield from held.rest()
        if held.whole is not None:
            whole = held.whole
            yield self._checkpoint.run(lambda look: self.judged(look, whole))

    async def atransform(self, pieces: AsyncIterator[Any]) -> AsyncIterator[Any]:
        held = _Held(self._checkpoint, self._stage)
        async for piece in pieces:
            for ready in held.take(piece):
                yield ready
        for ready in held.rest():
            yield ready
        if held.whole is not None:
            whole = held.whole
            yield await self._checkpoint.run_async(lambda look: self.judged(look, whole))

    def judged(self, look: Look, value: Any) -> Any:
        """The value with each of its texts judged."""
        if isinstance(value, BaseMessage):
            return self._message(look, value)
        if isinstance(value, PromptValue):
            return ChatPromptValue(messages=[self._message(look, message) for message in value.to_messages()])
        if type(value) in (list, tuple):
            return type(value)([self.judged(look, item) for item in value])
        if type(value) is dict:
            return {look.key(key, (self._stage,)): self.judged(look, item) for key, item in value.items()}
        if hasattr(value, "update") and hasattr(value, "goto") and hasattr(value, "graph"):
            return _replaced(value, self.judged(look, value.update))
        return look.value(value, (self._stage,))

    def _message(self, look: Look, message: BaseMessage) -> BaseMessage:
        """The message with its content, its calls and what providers put beside them judged."""
        claimed = ROLES.get(message.type.removesuffix("MessageChunk").lower(), "user")
        stage = self._stage if claimed == "user" else claimed
        chat = Chat(TRUSTED, self._media, stage)
        new: dict[str, Any] = {
            "content": chat.judged(look, _plain(message.content)),
            "additional_kwargs": chat.judged(look, message.additional_kwargs),
        }
        for name in ("tool_calls", "invalid_tool_calls"):
            if calls := getattr(message, name, None):
                new[name] = [look.value(dict(call), ("tool_call",), name) for call in calls]
        if calls := getattr(message, "tool_call_chunks", None):
            new["tool_call_chunks"] = [look.value(dict(call), ("tool_call",), "tool_call_chunks") for call in calls]
        return message.model_copy(update=new)


class _Held:
    """What has come of a stream: text is guarded as it comes, and all else is held until it is whole."""

    def __init__(self, checkpoint: Checkpoint, stage: Stage) -> None:
        self._stage: Stage = stage
        self._stream = Stream(checkpoint.guard, stage, system=checkpoint.system)
        self._like: Any = None
        self._streams = False
        self.whole: Any = None

    def take(self, piece: Any) -> Iterator[Any]:
        if self.whole is not None or self._stage != "output" or not _is_text(piece):
            self.whole = piece if self.whole is None else self.whole + piece
            return
        self._like = piece
        self._streams = True
        ready = self._stream.feed(_content(piece))
        self._go_on()
        if ready or not isinstance(piece, str):
            yield _like(piece, ready)

    def rest(self) -> Iterator[Any]:
        """What is still held of the text."""
        if not self._streams:
            return
        ready = self._stream.close()
        self._go_on()
        if isinstance(self._like, str):
            yield ready
        elif ready:
            yield AIMessageChunk(content=ready, id=self._like.id)

    def _go_on(self) -> None:
        if self._stream.blocked:
            verdict = self._stream.verdict
            raise Refused("block", self._stage, verdict.reason)


def _is_text(piece: Any) -> bool:
    """Whether nothing but text is in the piece of a stream."""
    if isinstance(piece, AIMessageChunk):
        others = piece.tool_call_chunks or piece.tool_calls or piece.invalid_tool_calls or piece.additional_kwargs
        return isinstance(piece.content, str) and not others
    return isinstance(piece, str)


def _content(piece: Any) -> str:
    return str(piece if isinstance(piece, str) else piece.content)


def _like(piece: Any, text: str) -> Any:
    return text if isinstance(piece, str) else piece.model_copy(update={"content": text})


def _plain(content: Any) -> Any:
    """Content as plain strings, lists and dicts."""
    return str(content) if isinstance(content, str) else content


def _call(look: Look, call: Any) -> Any:
    """The call of a tool with its arguments judged."""
    return {**call, "args": look.value(call["args"], ("tool_call",), f"{call['name']}.args")}


def _replaced(command: Any, update: Any) -> Any:
    import dataclasses

    return dataclasses.replace(command, update=update)


def _error(call: Any, refused: Refused) -> ToolMessage:
    return ToolMessage(content=str(refused), name=call["name"], tool_call_id=call["id"] or "", status="error")
