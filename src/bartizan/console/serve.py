"""Serves the console on a socket that is already bound, until it is told to stop."""

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from threading import Thread

import uvicorn

from bartizan.console.app import Console, build
from bartizan.console.entry import entry_of
from bartizan.console.feed import Feed
from bartizan.console.limits import MAX_CONNECTIONS, BoundedProtocol
from bartizan.kernel import BartizanError, Record
from bartizan.text import visible

KEEP_ALIVE_S = 5
END_S = 2
BACKLOG = 64

Follow = Callable[[], Iterator[Record]]
"""Yields what is recorded from now on; it is run in a thread of its own, and never needs to end."""


async def serve(console: Console, listener: socket.socket, follow: Follow, *, ready: Callable[[], object]) -> None:
    """Answer on this socket until the task is cancelled; `ready` is called once it answers."""
    config = uvicorn.Config(
        build(console),
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        backlog=BACKLOG,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=END_S,
    )
    server = _Server(config)
    Thread(target=carry, args=(asyncio.get_running_loop(), console.feed, follow), daemon=True, name="follow").start()
    serving = asyncio.create_task(server.serve([listener]))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        ready()
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        console.feed.close()
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: whoever runs `serve` has its own."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


def carry(loop: asyncio.AbstractEventLoop, feed: Feed, follow: Follow) -> None:
    """Carry what is recorded from the follower's thread to the streams, and end them where it cannot go on."""
    with suppress(RuntimeError):  # the loop may have ended, and with it everyone who listened
        try:
            for record in follow():
                loop.call_soon_threadsafe(feed.publish, entry_of(record))
        except BartizanError as error:
            sys.stderr.write(visible(f"bartizan: console: the live stream ends: {error}") + "\n")
        loop.call_soon_threadsafe(feed.close)
