"""One connection to one origin, for one exchange after the other."""

import asyncio
import ssl
from collections import deque
from typing import cast

from bartizan.net.errors import NetError, Overdue, Unreachable
from bartizan.net.limits import KIB, Deadlines, Limits
from bartizan.net.url import Url
from bartizan.net.wire import AnswerHead, AnswerReader

HIGH_WATER_BYTES, LOW_WATER_BYTES = 256 * KIB, 64 * KIB


class Connection(asyncio.Protocol):
    """Sends a request, then gives its answer piece by piece; reads no further while nobody takes the pieces."""

    def __init__(self, url: Url, deadlines: Deadlines) -> None:
        self.url, self.deadlines = url, deadlines
        self.answered = False
        """Whether any byte of the present exchange's answer has come."""
        self.last_used = 0.0
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._reader: AnswerReader | None = None
        self._pieces: deque[bytes] = deque()
        self._held_bytes = 0
        self._paused = self._write_paused = False
        self._fault: NetError | None = None
        self._wake: asyncio.Future[None] | None = None
        self._until: float | None = None
        self._lost: asyncio.Future[None] = self._loop.create_future()

    @property
    def reusable(self) -> bool:
        """Whether another request can be sent: the last answer came whole, and nothing after it."""
        if self._fault or self._lost.done() or self._transport.is_closing():
            return False
        reader = self._reader
        if reader is None:
            return True
        return reader.done and not reader.extra and reader.head is not None and reader.head.keeps_open

    async def ask(self, method: str, request: bytes, limits: Limits, until: float | None) -> AnswerHead:
        """Send the request and return the start of the answer; all of the exchange must be over at `until`."""
        self._forget_answer()
        reader = self._reader = AnswerReader(self, limits, method)
        self._until, self.answered = until, False
        self._transport.write(request)
        while self._write_paused and reader.head is None:
            await self._news(self._loop.time() + self.deadlines.idle, "the request could not be sent")
        header_until = self._loop.time() + self.deadlines.header
        while reader.head is None:
            await self._news(header_until, "the header of the answer did not come")
        return reader.head

    async def piece(self) -> bytes:
        """The next piece of the answer's body, empty at its end."""
        while not self._pieces and self._reader is not None and not self._reader.done:
            await self._news(self._loop.time() + self.deadlines.idle, "the body stood still")
        if not self._pieces:
            return b""
        data = self._pieces.popleft()
        self._held_bytes -= len(data)
        self._read_on()
        return data

    def close(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    async def closed(self) -> None:
        """Drop the connection and wait until nothing of it is left."""
        self.close()
        await asyncio.wait([self._lost])

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.answered = True
        reader = self._reader
        if reader is None or reader.done:
            self._fail(Unreachable("bytes came that nothing had asked for", where=self.url))
            return
        try:
            reader.feed(data)
        except NetError as fault:
            self._fail(_at(fault, self.url))
        self._notify()

    def eof_received(self) -> bool:
        if self._reader is not None and not self._fault and self.answered:
            try:
                self._reader.eof()
            except NetError as fault:
                self._fail(_at(fault, self.url))
        self._notify()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if self._reader is not None and not self._reader.done and not self._fault:
            self._fault = _lost(error, self.url)
        if not self._lost.done():
            self._lost.set_result(None)
        self._notify()

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        self._notify()

    # What the reader calls.

    def on_body_piece(self, data: bytes) -> None:
        self._pieces.append(data)
        self._held_bytes += len(data)
        if self._held_bytes >= HIGH_WATER_BYTES and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def on_end(self) -> None:
        self.last_used = self._loop.time()

    def _forget_answer(self) -> None:
        """Pieces that nobody took, as of a redirect's body, must not become the start of the next answer."""
        self._pieces.clear()
        self._held_bytes = 0
        self._read_on()

    def _read_on(self) -> None:
        if self._paused and self._held_bytes <= LOW_WATER_BYTES and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    async def _news(self, until: float, complaint: str) -> None:
        """Wait until something happens on the connection; what came before a fault is looked at before the fault."""
        if self._fault:
            raise self._fault
        if self._until is not None and self._until < until:
            until, complaint = self._until, "the exchange took too long"
        self._wake = self._loop.create_future()
        try:
            async with asyncio.timeout_at(until):
                await self._wake
        except TimeoutError:
            raise Overdue(f"{complaint} in time", where=self.url) from None
        finally:
            self._wake = None

    def _notify(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _fail(self, fault: NetError) -> None:
        self._fault = self._fault or fault
        self.close()


def _at(fault: NetError, url: Url) -> NetError:
    """The fault, with the URL at which it happened."""
    return type(fault)(fault.what, where=fault.where or url, todo=fault.todo)


def _lost(error: Exception | None, url: Url) -> NetError:
    if isinstance(error, ssl.SSLError):
        return Unreachable(f"TLS broke: {error.reason or 'closed'}", where=url)
    return Unreachable("the connection was lost", where=url)
