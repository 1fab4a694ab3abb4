"""How much of the server one client may hold: uvicorn's HTTP protocol with the limits that it lacks."""

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_CONNECTIONS = 128
MAX_HEAD_BYTES = 32 * 1024
MAX_PIPELINED = 8
"""Requests that may wait for the answer to the one before them: uvicorn itself would take in any number."""
REQUEST_S = 10.0
"""A request has to be here in full after that long: uvicorn itself would wait for its head for ever."""
UNREAD_S = 30.0
"""A client that reads nothing for that long loses its connection."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection, with a bound on its head and a deadline for each request and for each pause in reading."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            self._drop()
        self._begin_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_request()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self._head_ends_in(data):
                self.send_400_response("The head of the request is too long.")
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        if self._request_timer is None:
            self._begin_request()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()
        if len(self.pipeline) > MAX_PIPELINED:
            self._drop()

    def on_message_complete(self) -> None:
        self._end_request()
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread_timer is None:
            self._unread_timer = self.loop.call_later(UNREAD_S, self._drop)

    def resume_writing(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
        super().resume_writing()

    def _begin_request(self) -> None:
        self._request_timer = self.loop.call_later(REQUEST_S, self._drop)

    def _end_request(self) -> None:
        self._in_head, self._head_bytes = True, 0
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _drop(self) -> None:
        """End the connection at once; the kernel forgets what it still holds for a client that reads nothing."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _head_ends_in(self, data: bytes) -> bool:
        """True if a body that came along with the head is what makes this long."""
        end = data.find(b"\r\n\r\n")
        return end >= 0 and self._head_bytes - len(data) + end <= MAX_HEAD_BYTES
