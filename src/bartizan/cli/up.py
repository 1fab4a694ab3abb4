"""`bartizan up`: everything on this machine, as one process tree."""

import fcntl
import ipaddress
import os
import secrets
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bartizan.cli.options import data_option
from bartizan.kernel.errors import BartizanError, UsageError

if TYPE_CHECKING:
    from bartizan.cli.supervise import Supervisor
    from bartizan.runner.settings import Settings

BACKLOG = 64
EXAMPLES = """\b
Examples:
  bartizan up
  bartizan up --data /srv/bartizan --port 9000
"""


@click.command(epilog=EXAMPLES)
@data_option
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the pages, instead of the one in the settings.")
def command(settings: "Settings", port: int | None) -> int:
    """Start everything on this machine, with a web page to look at it.

    Runs in the foreground: the runner with its timers, and the console, each as a process of its own, with all data in
    one folder. Prints one line with a link that opens the pages once. Ctrl-C or SIGTERM ends it, with a signed
    checkpoint.
    """
    with _alone(settings.data), _listener(settings, port) as listener:
        return _run(settings, listener)


def _run(settings: "Settings", listener: socket.socket) -> int:
    from bartizan.cli.supervise import News, Spawn, Supervisor
    from bartizan.cli.workers import WORKERS, Greeting, greet

    started = time.monotonic()
    origin = _origin(listener)
    links: dict[str, str] = {}

    def greeting(name: str, restarts: int) -> bytes:
        token = secrets.token_urlsafe(32)
        links[name] = f"{origin}/enter?token={token}"
        fd = listener.fileno()
        return greet(Greeting(settings=settings, origin=origin, listener=fd, token=token, restarts=restarts))

    module, fds = ("-m", "bartizan.cli.workers"), (listener.fileno(),)
    spawns = [Spawn(one.name, (*module, one.name), partial(greeting, one.name), fds) for one in WORKERS]
    supervisor = Supervisor(spawns)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.news.put(News("stop")))
    supervisor.start()
    waiting = {worker.name for worker in WORKERS}
    while waiting:
        news = supervisor.news.get()
        waiting -= {news.name} if news.what == "ready" else set()
        if news.what == "stop":
            return _stop(supervisor)
        if news.what == "ended":
            supervisor.stop()
            raise BartizanError(f"the {news.name} did not start (exit code {news.code})", where=settings.data)
    click.echo(f"Bartizan is up after {time.monotonic() - started:.1f} s: {links['console']}")
    return _watch(supervisor, links)


def _watch(supervisor: "Supervisor", links: Mapping[str, str]) -> int:
    """Tell what becomes of the workers until a signal ends it all; the exit code."""
    while (news := supervisor.news.get()).what != "stop":
        if news.what == "ended":
            said = f"the {news.name} ended with code {news.code}; it starts again in {news.wait_s:g} s"
            click.echo(f"bartizan: {said}", err=True)
        else:
            new_link = f", sign in again: {links[news.name]}" if news.name == "console" else ""
            click.echo(f"The {news.name} runs again{new_link}")
    return _stop(supervisor)


def _stop(supervisor: "Supervisor") -> int:
    from bartizan.cli.lazy import COULD_NOT_LOOK

    if supervisor.stop():
        click.echo("Bartizan has ended in order.")
        return 0
    click.echo("bartizan: a process did not end in order; bartizan ledger verify tells what it left", err=True)
    return COULD_NOT_LOOK


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the one lock that says that this data folder is up."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(data / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise UsageError(f"the data folder cannot be used: {error.strerror}", where=data) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            advice = "End it, or choose another folder with --data."
            raise UsageError("another bartizan up runs on this data", where=data, todo=advice) from None
        yield
    finally:
        os.close(lock)


@contextmanager
def _listener(settings: "Settings", port: int | None) -> Iterator[socket.socket]:
    """The console's socket. We hold it, so that nobody else can take the port while the console starts again."""
    host, port = settings.console.host, settings.console.port if port is None else port
    try:
        loopback = ipaddress.ip_address(host)
    except ValueError:
        raise UsageError(f"console.host is an address, not {host!r}", todo="127.0.0.1 and ::1 are loopback.") from None
    if not loopback.is_loopback:
        raise UsageError(
            f"the pages are shown on loopback only, not on {host}",
            todo="Put a TLS proxy in front and name its address in console.origin.",
        )
    family = socket.AF_INET if loopback.version == 4 else socket.AF_INET6
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        what = f"port {port} cannot be had: {os.strerror(error.errno or 0)}"
        raise UsageError(what, where=host, todo="Choose another with --port, or 0 for any.") from None
    # Accepted connections inherit it. asyncio sets it only on sockets that name their protocol; this one does not.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listener:
        yield listener


def _origin(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
