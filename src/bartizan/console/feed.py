"""The stream of records as they come: one follower of the ledger, many bounded listeners (Server-Sent Events)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from bartizan.console.entry import Entry

MAX_STREAMS = 16
MAX_STREAMS_OF_ONE = 4
MAX_WAITING = 256
REMEMBERED = 256
BEAT_S = 15.0
LONGEST_S = 900.0
RETRY_MS = 3000


class Listener:
    """One stream: what waits for it, and how much it missed because it was slow."""

    def __init__(self, actor: str, tenant: str | None) -> None:
        self.actor = actor
        self.tenant = tenant
        self.waiting: asyncio.Queue[tuple[int, Entry] | None] = asyncio.Queue(MAX_WAITING)
        self.missed = 0

    def offer(self, number: int, entry: Entry) -> None:
        if self.tenant is not None and entry.tenant != self.tenant:
            return
        if self.waiting.full():
            self.missed += 1
        else:
            self.waiting.put_nowait((number, entry))


class Feed:
    """Hands each new entry to every listener. Used from one event loop only."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._recent: deque[tuple[int, Entry]] = deque(maxlen=REMEMBERED)
        self._number = 0
        self._closed = False

    def full(self, actor: str) -> bool:
        """True if this one may open no further stream: nobody can take all of them."""
        of_one = sum(listener.actor == actor for listener in self._listeners)
        return self._closed or len(self._listeners) >= MAX_STREAMS or of_one >= MAX_STREAMS_OF_ONE

    def publish(self, entry: Entry) -> None:
        self._number += 1
        self._recent.append((self._number, entry))
        for listener in self._listeners:
            listener.offer(self._number, entry)

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        for listener in self._listeners:
            while listener.waiting.full():
                listener.waiting.get_nowait()
            listener.waiting.put_nowait(None)

    async def listen(
        self,
        actor: str,
        tenant: str | None,
        *,
        after: int | None,
        alive: Callable[[], Awaitable[bool]],
        longest_s: float = LONGEST_S,
    ) -> AsyncIterator[bytes]:
        """The events of one stream; it ends with the session, the feed, or after a while: browsers come back."""
        listener = Listener(actor, tenant)
        if after is not None:
            for number, entry in self._recent:
                if number > after:
                    listener.offer(number, entry)
        self._listeners.add(listener)
        loop = asyncio.get_running_loop()
        until = loop.time() + longest_s
        try:
            yield f"retry: {RETRY_MS}\n\n".encode()
            while await alive() and loop.time() < until:
                try:
                    item = await asyncio.wait_for(listener.waiting.get(), min(BEAT_S, max(0.0, until - loop.time())))
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if item is None:
                    return
                if listener.missed:
                    yield b"event: missed\ndata: %d\n\n" % listener.missed
                    listener.missed = 0
                if await alive():
                    yield b"id: %d\nevent: record\ndata: %b\n\n" % (item[0], msgspec.json.encode(item[1]))
        finally:
            self._listeners.discard(listener)
