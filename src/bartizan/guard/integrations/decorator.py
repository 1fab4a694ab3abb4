"""`@guarded`: a function whose texts are judged on the way in, and on the way out."""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

from bartizan.guard.guard import Guard
from bartizan.guard.integrations.checkpoint import Checkpoint, OnAsk
from bartizan.guard.integrations.errors import Refused
from bartizan.guard.stream import Stream
from bartizan.guard.verdict import Stage

F = TypeVar("F", bound=Callable[..., Any])
TEXTS = (list, tuple, dict, bytes, bytearray)
"""Beside strings. Bytes may be text, which a look cannot tell, and so refuses."""


def guarded(
    guard: Guard,
    *,
    stages: Mapping[str, Stage] | None = None,
    rest: Stage | None = "user",
    output: Stage | None = "output",
    on_ask: OnAsk | None = None,
    system: str = "",
) -> Callable[[F], F]:
    """A decorator for functions, coroutine functions, and generators of text of both sorts.

    `stages` names the stage of an argument; such an argument has to be text, or of lists and dicts of text. `rest` is
    the stage of all other strings, lists, tuples, dicts and bytes among the arguments, None to leave them alone.
    `output` is the stage of what is returned, None to leave that alone.
    """
    checkpoint = Checkpoint(guard, on_ask, system)
    named = dict(stages or {})

    def decorate(function: F) -> F:
        gate = _Gate(checkpoint, function, named, rest, output)
        if inspect.isasyncgenfunction(function):
            made: Any = gate.async_generator
        elif inspect.iscoroutinefunction(function):
            made = gate.coroutine
        elif inspect.isgeneratorfunction(function):
            made = gate.generator
        else:
            made = gate.plain

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def waiting(*args: Any, **kwargs: Any) -> Any:
                return await made(args, kwargs)

            return cast(F, waiting)

        @functools.wraps(function)
        def calling(*args: Any, **kwargs: Any) -> Any:
            return made(args, kwargs)

        return cast(F, calling)

    return decorate


class _Gate:
    """One function with its checkpoint."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        function: Callable[..., Any],
        stages: Mapping[str, Stage],
        rest: Stage | None,
        output: Stage | None,
    ) -> None:
        self._checkpoint = checkpoint
        self._function = function
        self._signature = inspect.signature(function)
        self._stages = stages
        self._rest: Stage | None = rest
        self._output: Stage | None = output
        if unknown := sorted(set(stages) - set(self._signature.parameters)):
            raise TypeError(f"{function.__name__}() has no argument {', '.join(unknown)}")

    def plain(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        bound = self._signature.bind(*args, **kwargs)
        for name, value, stage in self._judged(bound):
            bound.arguments[name] = self._checkpoint.passed(value, stage, name)
        result = self._function(*bound.args, **bound.kwargs)
        if inspect.isawaitable(result):
            return self._later(result)
        return self._checkpoint.passed(result, self._output, "result") if self._output else result

    async def coroutine(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        bound = await self._bound(args, kwargs)
        return await self._later(self._function(*bound.args, **bound.kwargs))

    def generator(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[str]:
        bound = self._signature.bind(*args, **kwargs)
        for name, value, stage in self._judged(bound):
            bound.arguments[name] = self._checkpoint.passed(value, stage, name)
        pieces = self._function(*bound.args, **bound.kwargs)
        return self._streamed(pieces, self._output) if self._output else pieces

    async def async_generator(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> AsyncIterator[str]:
        bound = await self._bound(args, kwargs)
        pieces = self._function(*bound.args, **bound.kwargs)
        if self._output is None:
            async for piece in pieces:
                yield piece
            return
        stream = self._stream(self._output)
        async for piece in pieces:
            if ready := stream.feed(_text(piece, self._output)):
                yield ready
            _go_on(stream, self._output)
        if ready := stream.close():
            yield ready
        _go_on(stream, self._output)

    async def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments:
        bound = self._signature.bind(*args, **kwargs)
        for name, value, stage in self._judged(bound):
            bound.arguments[name] = await self._checkpoint.passed_async(value, stage, name)
        return bound

    async def _later(self, result: Any) -> Any:
        value = await result
        return await self._checkpoint.passed_async(value, self._output, "result") if self._output else value

    def _judged(self, bound: inspect.BoundArguments) -> list[tuple[str, Any, Stage]]:
        """The arguments that are judged, each with its stage; `*args` and `**kwargs` are one argument each."""
        found = []
        for name, value in bound.arguments.items():
            is_text = isinstance(value, str) or type(value) in TEXTS
            stage = self._stages.get(name) or (self._rest if is_text else None)
            if stage is not None:
                found.append((name, value, stage))
        return found

    def _streamed(self, pieces: Iterator[str], output: Stage) -> Iterator[str]:
        stream = self._stream(output)
        for piece in pieces:
            if ready := stream.feed(_text(piece, output)):
                yield ready
            _go_on(stream, output)
        if ready := stream.close():
            yield ready
        _go_on(stream, output)

    def _stream(self, output: Stage) -> Stream:
        return Stream(self._checkpoint.guard, output, system=self._checkpoint.system)


def _text(piece: Any, output: Stage) -> str:
    if isinstance(piece, str):
        return piece
    raise Refused("unscanned", output, f"a {type(piece).__name__} is no text", "result")


def _go_on(stream: Stream, output: Stage) -> None:
    """Ends a stream that is blocked with an error, so that nobody takes what has been sent for the whole."""
    if stream.blocked:
        raise Refused("block", output, stream.verdict.reason, "result")
