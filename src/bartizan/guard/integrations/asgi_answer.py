"""The answer of an application on its way out: held until it is judged, or guarded while it streams."""

import codecs
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from bartizan.guard.integrations.chat import Chat, Media
from bartizan.guard.integrations.checkpoint import Checkpoint
from bartizan.guard.integrations.deltas import Deltas, Event
from bartizan.guard.integrations.errors import Refused
from bartizan.guard.integrations.strict_json import parse, write
from bartizan.guard.stream import Stream
from bartizan.kernel import HostileInput

Message: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

LINE_BYTES = 1 << 20
"""A longer line of a stream is no event of a chat."""
EVENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}\Z")
STATUS = 403
"""Also of an answer that is refused: a client would send a request again that got a 5xx."""


class Answer:
    """One answer. `send` takes the application's messages, and `end` the end of the application."""

    def __init__(self, checkpoint: Checkpoint, media: Media, limit_bytes: int, send: Send) -> None:
        self._checkpoint = checkpoint
        self._media: Media = media
        self._limit_bytes = limit_bytes
        self._out = send
        self._start: Message | None = None
        self._body: Body | None = None
        self._began = False
        self._done = False

    async def send(self, message: Message) -> None:
        if self._done:
            return
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            await self._piece(message.get("body", b""), more=message.get("more_body", False))
        elif message["type"] == "http.response.debug":
            return
        else:
            await self._refuse(Refused("unscanned", "output", f"{message['type']} is not looked at"))

    async def end(self) -> None:
        """An answer that the application left unfinished ends here, without what is held of it."""
        if self._began and not self._done:
            self._done = True
            await self._out({"type": "http.response.body", "body": b"", "more_body": False})

    async def _piece(self, piece: bytes, *, more: bool) -> None:
        try:
            if self._body is None:
                self._body = self._read_as()
            ready = await self._body.take(piece, more=more)
        except Refused as refused:
            await self._refuse(refused)
            return
        if self._body.streams or not more:
            await self._begin(None if self._body.streams else len(ready))
            self._done = not more
            if ready or not more:
                await self._out({"type": "http.response.body", "body": ready, "more_body": more})

    async def _begin(self, length: int | None) -> None:
        if self._began or self._start is None:
            return
        self._began = True
        headers = [
            pair for pair in self._start.get("headers", ()) if pair[0].lower() not in (b"content-length", b"etag")
        ]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        await self._out({**self._start, "headers": headers})

    async def _refuse(self, refused: Refused) -> None:
        """Instead of the answer an error; in the midst of a stream its last event."""
        self._done = True
        error = {"type": "guard", "code": refused.action, "message": str(refused), "stage": refused.stage}
        body = write({"error": error})
        if self._began:
            last = self._body.farewell(body) if self._body else b""
            await self._out({"type": "http.response.body", "body": last, "more_body": False})
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._out({"type": "http.response.start", "status": STATUS, "headers": headers})
        await self._out({"type": "http.response.body", "body": body, "more_body": False})

    def _read_as(self) -> "Body":
        """How this answer is read, by its type; an answer of another type is refused."""
        headers = {key.lower(): value.lower() for key, value in (self._start or {}).get("headers", ())}
        if headers.get(b"content-encoding", b"identity") != b"identity":
            raise Refused("unscanned", "output", "an encoded answer is not read")
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip()
        chat = Chat(media=self._media, base="output", trusted=frozenset({"tool_call"}))
        if kind == b"text/event-stream":
            return Events(self._checkpoint, chat)
        if kind in (b"application/x-ndjson", b"application/jsonl", b"application/x-jsonlines"):
            return Lines(self._checkpoint, chat)
        if kind == b"application/json" or kind.endswith(b"+json"):
            return Document(self._checkpoint, chat, self._limit_bytes)
        if kind.startswith(b"text/"):
            return Text(self._checkpoint)
        return Unread(kind)


class Body:
    """The body of an answer, read in one way."""

    streams = True

    async def take(self, piece: bytes, *, more: bool) -> bytes:
        raise NotImplementedError

    def farewell(self, error: bytes) -> bytes:
        """What ends a stream that is broken off."""
        return b""


class Unread(Body):
    """A body of a type that is not looked at: only an empty one passes."""

    streams = False

    def __init__(self, kind: bytes) -> None:
        self._kind = kind.decode("latin-1")[:64] or "no type"

    async def take(self, piece: bytes, *, more: bool) -> bytes:
        if piece:
            raise Refused("unscanned", "output", f"an answer of {self._kind} is not looked at")
        return b""


class Document(Body):
    """A JSON document: judged whole."""

    streams = False

    def __init__(self, checkpoint: Checkpoint, chat: Chat, limit_bytes: int) -> None:
        self._checkpoint = checkpoint
        self._chat = chat
        self._limit_bytes = limit_bytes
        self._held = bytearray()

    async def take(self, piece: bytes, *, more: bool) -> bytes:
        self._held += piece
        if len(self._held) > self._limit_bytes:
            raise Refused("unscanned", "output", f"an answer of more than {self._limit_bytes:,} bytes is not held")
        if more:
            return b""
        return await judged_json(bytes(self._held), self._checkpoint, self._chat) if self._held else b""


class Text(Body):
    """Plain text: guarded while it streams."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._stream = Stream(checkpoint.guard, "output", system=checkpoint.system)

    async def take(self, piece: bytes, *, more: bool) -> bytes:
        try:
            text = self._decoder.decode(piece, final=not more)
        except UnicodeDecodeError:
            raise Refused("unscanned", "output", "the answer is not UTF-8") from None
        ready = self._stream.feed(text) + ("" if more else self._stream.close())
        if self._stream.blocked:
            raise Refused("block", "output", self._stream.verdict.reason)
        return ready.encode()


class Lines(Body):
    """Documents, a line each, that carry pieces of texts: each text is guarded while it streams."""

    def __init__(self, checkpoint: Checkpoint, chat: Chat) -> None:
        self._checkpoint = checkpoint
        self._chat = chat
        self._deltas = Deltas(checkpoint)
        self._rest = b""

    async def take(self, piece: bytes, *, more: bool) -> bytes:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > LINE_BYTES:
            raise Refused("unscanned", "output", f"a line of more than {LINE_BYTES:,} bytes is not held")
        if not more:
            lines, self._rest = [*lines, self._rest], b""
        ready = [await self._line(line.removesuffix(b"\r")) for line in lines]
        return b"".join(ready if more else [*ready, await self._last()])

    def farewell(self, error: bytes) -> bytes:
        return b"\n" + error + b"\n"

    async def _line(self, line: bytes) -> bytes:
        return await self._judged("", line) if line.strip() else b""

    async def _last(self) -> bytes:
        return b"".join(self._written(event) for event in self._deltas.close())

    async def _judged(self, name: str, data: bytes) -> bytes:
        try:
            value = parse(data)
        except HostileInput as wrong:
            raise Refused("unscanned", "output", wrong.what) from None
        before, bare = self._deltas.take(Event(name, value))
        judged = await self._checkpoint.run_async(lambda look: self._chat.judged(look, bare))
        return b"".join(self._written(event) for event in [*before, Event(name, self._deltas.filled(judged))])

    def _written(self, event: Event) -> bytes:
        return write(event.value) + b"\n"


class Events(Lines):
    """Server-sent events (WHATWG HTML, 9.2), read and written whole: name and data, without comments and ids."""

    def __init__(self, checkpoint: Checkpoint, chat: Chat) -> None:
        super().__init__(checkpoint, chat)
        self._name = ""
        self._data: list[bytes] = []

    def farewell(self, error: bytes) -> bytes:
        return b"data: " + error + b"\n\n"

    async def _line(self, line: bytes) -> bytes:
        if not line:
            name, data = self._name, b"\n".join(self._data)
            self._name, self._data = "", []
            return await self._event(name, data)
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" "))
            if sum(map(len, self._data)) > LINE_BYTES:
                raise Refused("unscanned", "output", f"an event of more than {LINE_BYTES:,} bytes is not held")
        elif field == b"event":
            self._name = value.removeprefix(b" ").decode("utf-8", "replace")
            if not EVENT_NAME.match(self._name):
                raise Refused("unscanned", "output", "an event has a name that is none")
        return b""

    async def _last(self) -> bytes:
        return await self._line(b"") + await super()._last()

    async def _event(self, name: str, data: bytes) -> bytes:
        if not data:
            return b""
        if data == b"[DONE]":
            return await super()._last() + b"data: [DONE]\n\n"
        return await self._judged(name, data)

    def _written(self, event: Event) -> bytes:
        name = f"event: {event.name}\n".encode() if event.name else b""
        return name + b"data: " + write(event.value) + b"\n\n"


async def judged_json(raw: bytes, checkpoint: Checkpoint, chat: Chat) -> bytes:
    try:
        value = parse(raw)
    except HostileInput as wrong:
        raise Refused("unscanned", "output", wrong.what) from None
    return write(await checkpoint.run_async(lambda look: chat.judged(look, value)))
