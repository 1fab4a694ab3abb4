"""The client for code that has no event loop."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from bartizan.kernel import UsageError
from bartizan.net.client import Client, Response
from bartizan.net.headers import HeadersLike
from bartizan.net.options import Options
from bartizan.net.url import Url

T = TypeVar("T")


def fetch(
    url: str | Url,
    *,
    method: str = "GET",
    headers: HeadersLike = (),
    body: bytes | None = None,
    range: tuple[int, int] | None = None,
    gzip: bool = False,
    body_bytes: int | None = None,
    options: Options | None = None,
) -> Response:
    """The whole answer to one request, over a connection of its own."""

    async def once() -> Response:
        async with Client(options) as client:
            return await client.request(
                method, url, headers=headers, body=body, range=range, gzip=gzip, body_bytes=body_bytes
            )

    with Blocking() as blocking:
        return blocking.run(once())


class Blocking:
    """An event loop of the caller's own, which runs only while it is asked to."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        if _in_event_loop():
            work.close()
            raise UsageError("this would stop the event loop that calls it", todo="Use Client in an event loop")
        return self._runner.run(work)

    def close(self) -> None:
        self._runner.close()

    def __enter__(self) -> "Blocking":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
