"""A server on a raw socket that says exactly what a test tells it to, well-formed or not."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self, TypeAlias

CLOSE = object()
"""Close the connection."""

HANG = object()
"""Say nothing more until the client closes."""


@dataclass(frozen=True)
class Request:
    head: str
    body: bytes
    connection: int
    """Which connection it came over, counted from 1."""

    @property
    def line(self) -> str:
        return self.head.split("\r\n", 1)[0]

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]

    def header(self, name: str) -> str | None:
        fields = [line.split(": ", 1) for line in self.head.split("\r\n")[1:]]
        return next((value for other, value in fields if other == name), None)


Step: TypeAlias = "bytes | float | object"
"""Bytes to send, seconds to wait, CLOSE or HANG."""

Script: TypeAlias = Callable[[Request], Iterator[Step]]


def ok(body: bytes = b"", *fields: str, status: str = "200 OK") -> bytes:
    """A well-formed answer."""
    return "\r\n".join([f"HTTP/1.1 {status}", f"content-length: {len(body)}", *fields, "", ""]).encode("latin-1") + body


def says(*steps: Step) -> Script:
    """Answers each request with the same."""

    def script(request: Request) -> Iterator[Step]:
        yield from steps

    return script


def by_path(**answers: bytes) -> Script:
    """Answers each path, without its query, with its own."""

    def script(request: Request) -> Iterator[Step]:
        yield answers[request.path.partition("?")[0].strip("/") or "root"]

    return script


def moved(to: str, status: str = "302 Found") -> bytes:
    """A redirect."""
    return ok(b"moved", f"location: {to}", status=status)


@dataclass
class Server:
    """Runs in a thread with a loop of its own: `with Server(says(ok(b"hello"))) as server: ...`."""

    script: Script
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"

    def __enter__(self) -> Self:
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._take, "127.0.0.1", 0, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._talk(reader, writer, self.connections))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n"))[:-4].decode("latin-1")
                request = Request(head, b"", connection)
                body = await reader.readexactly(int(request.header("content-length") or 0))
                request = Request(head, body, connection)
                self.requests.append(request)
                for step in self.script(request):
                    if step is CLOSE:
                        return
                    if step is HANG:
                        await reader.read()
                        return
                    if isinstance(step, bytes):
                        writer.write(step)
                        await writer.drain()
                    elif isinstance(step, float):
                        await asyncio.sleep(step)
        except (OSError, EOFError):
            return
        finally:
            writer.transport.abort() if asyncio.current_task().cancelling() else writer.close()  # type: ignore[union-attr]
