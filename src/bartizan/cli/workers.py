"""The worker processes of `bartizan up`. A room adds its worker to WORKERS, in one line.

Each runs as a process of its own (`python -m bartizan.cli.workers NAME`), is told what to do by one line on its
standard input, says `ready` on its standard output, and ends when that input closes or SIGTERM comes.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Any

import msgspec

from bartizan.cli.lazy import tell
from bartizan.cli.supervise import READY
from bartizan.runner.settings import Settings


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker has to know to begin."""

    settings: Settings
    origin: str = ""
    """The address of the console."""
    listener: int = -1
    """The file descriptor of the console's socket, which the parent holds open over restarts."""
    token: str = ""
    """What opens the console once."""
    restarts: int = 0


class Call:
    """How a worker talks with its parent: `ready()`, and being told to stop."""

    def __init__(self, greeting: Greeting) -> None:
        self.greeting = greeting
        self._once = Lock()
        self._stopped = Event()
        self._then: Callable[[], object] | None = None

    def ready(self) -> None:
        with suppress(BrokenPipeError):
            sys.stdout.buffer.write(READY)
            sys.stdout.buffer.flush()

    def on_stop(self, then: Callable[[], object]) -> None:
        """Have `then` called once, in some thread, as soon as the worker is to stop."""
        self._then = then
        if self._stopped.is_set():
            self._tell()

    def stop(self, *_: object) -> None:
        self._stopped.set()
        if self._then:
            self._tell()

    def _tell(self) -> None:
        # A signal and the end of our input may both say it, at the same time.
        if self._then and self._once.acquire(blocking=False):
            self._then()


@dataclass(frozen=True, slots=True)
class Worker:
    """A process beside the others: its name, and what it does until it is told to stop."""

    name: str
    run: Callable[[Call], None]


def _runner(call: Call) -> None:
    from bartizan.runner.always import always

    greeting = call.greeting
    always(greeting.settings, restarts=greeting.restarts, ready=call.ready, on_stop=call.on_stop)


def _console(call: Call) -> None:
    from bartizan.console.process import run

    greeting = call.greeting
    run(
        greeting.settings,
        greeting.listener,
        greeting.origin,
        greeting.token,
        restarts=greeting.restarts,
        ready=call.ready,
        on_stop=call.on_stop,
    )


WORKERS = [
    Worker("runner", _runner),
    Worker("console", _console),
]


def main(name: str) -> int:
    """Be the worker with this name; the exit code."""
    worker = next(worker for worker in WORKERS if worker.name == name)
    call = Call(msgspec.json.decode(sys.stdin.buffer.readline(), type=Greeting, dec_hook=_path))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, call.stop)
    Thread(target=_until_parent_ends, args=(call,), daemon=True, name="parent").start()
    try:
        worker.run(call)
    except Exception as error:
        return tell(error, f"bartizan: {name}")
    return 0


def greet(greeting: Greeting) -> bytes:
    """The line that `main` reads."""
    return msgspec.json.encode(greeting, enc_hook=str) + b"\n"


def _until_parent_ends(call: Call) -> None:
    # Not through `sys.stdin`: a thread that waits in its lock would abort the interpreter's end.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    call.stop()


def _path(kind: type, value: Any) -> Any:
    return kind(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
