"""The console as a process of its own: one installation opened, served on a socket that somebody else holds."""

import asyncio
import os
import pwd
import socket
from collections.abc import Callable, Iterator, Sequence
from threading import Event as Flag
from urllib.parse import urlsplit

from bartizan import __version__
from bartizan.console.app import Console
from bartizan.console.desk import Desk, Gate, KeyRing
from bartizan.console.reads import Reads
from bartizan.console.serve import serve
from bartizan.console.sessions import Sessions, Visitor
from bartizan.kernel import Event, Record
from bartizan.ledger import follow
from bartizan.ledger.query import Table, query
from bartizan.ledger.read import sizes
from bartizan.runner.keep import Keep
from bartizan.runner.settings import Settings

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
OPERATOR_ROLES = ("admin",)


def run(
    settings: Settings,
    listener: int,
    origin: str,
    token: str,
    *,
    restarts: int,
    ready: Callable[[], object],
    on_stop: Callable[[Callable[[], object]], object],
) -> None:
    """Serve the pages until told to stop."""
    stopped = Flag()
    with Keep.open(settings) as keep, socket.socket(fileno=listener) as bound:
        operator = Visitor(
            actor=f"person:{_whoever_runs_this()}", roles=OPERATOR_ROLES, tenant=settings.tenant, everywhere=True
        )
        sessions = Sessions(
            token,
            operator,
            KeyRing(keep.state),
            idle_s=settings.console.idle_minutes * 60,
            longest_s=settings.console.session_hours * 3600,
        )
        folder = keep.ledger.folder

        def select(sql: str, params: Sequence[object]) -> Table:
            return query(folder, sql, params)

        def controls() -> list[str]:
            return [control.id for control in keep.registry]

        # Now, and not when the follower begins: what is recorded after we say that we are ready must be streamed.
        heads = {slot: size - 1 for slot, size in sizes(folder).items()}

        def records() -> Iterator[Record]:
            return (record for _, record in follow(folder, heads, stop=stopped))

        desk = Desk(keep.ledger, keep.vault, keep.state, settings.tenant)
        reads = Reads(select, keep.state, controls)
        console = Console(reads, desk, Gate(lambda: keep.policy), sessions, origin, _also(settings, origin))
        desk.note(Event("console.started", {"version": __version__, "restarts": restarts}), "service:console")
        try:
            asyncio.run(_serve(console, bound, records, ready, on_stop))
        finally:
            stopped.set()


async def _serve(
    console: Console,
    bound: socket.socket,
    records: Callable[[], Iterator[Record]],
    ready: Callable[[], object],
    on_stop: Callable[[Callable[[], object]], object],
) -> None:
    serving = asyncio.create_task(serve(console, bound, records, ready=ready))
    loop = asyncio.get_running_loop()
    on_stop(lambda: loop.call_soon_threadsafe(serving.cancel))
    await serving


def _also(settings: Settings, origin: str) -> frozenset[str]:
    """The other names of loopback, and the address of the proxy in front."""
    port = urlsplit(origin).port
    names = {f"http://{name}:{port}" for name in LOOPBACK_NAMES}
    return frozenset(names | ({settings.console.origin.rstrip("/")} if settings.console.origin else set()))


def _whoever_runs_this() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under an id without a name
        return f"uid-{os.getuid()}"
