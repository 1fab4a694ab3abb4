"""Keeps worker processes running: starts each, starts it again with back-off when it ends, and stops all in order."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Literal

READY = b"ready\n"
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
GOOD_RUN_S = 60.0
STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class Spawn:
    """How to start one worker."""

    name: str
    arguments: Sequence[str]
    greeting: Callable[[int], bytes]
    """Makes the line that the worker reads first, from its number of restarts."""
    fds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """What happened: a worker is `ready` or has `ended`, or a signal asks to `stop`."""

    what: Literal["ready", "ended", "stop"]
    name: str = ""
    code: int = 0
    wait_s: float = 0.0
    """After how long an ended worker is started again."""


@dataclass(slots=True)
class Supervisor:
    """The processes of one tree. It holds no work of its own, so that nothing of it can crash."""

    spawns: Sequence[Spawn]
    news: "SimpleQueue[News]" = field(default_factory=SimpleQueue)
    _running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _keepers: list[Thread] = field(default_factory=list)
    _stopping: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def start(self) -> None:
        """Start every worker; what becomes of them comes as news."""
        for spawn in self.spawns:
            keeper = Thread(target=self._keep, args=(spawn,), name=f"keep {spawn.name}", daemon=True)
            self._keepers.append(keeper)
            keeper.start()

    def stop(self) -> bool:
        """Ask every worker to end, and end those that do not; True if all ended in order."""
        with self._lock:
            self._stopping.set()
            running = dict(self._running)
        for process in running.values():
            _ask_to_end(process)
        until = time.monotonic() + STOP_S
        codes = [_ended(process, max(0.0, until - time.monotonic())) for process in running.values()]
        for keeper in self._keepers:
            keeper.join(STOP_S)
        return all(code == 0 for code in codes)

    def _keep(self, spawn: Spawn) -> None:
        """Run one worker again and again until all is stopped."""
        wait_s, restarts = FIRST_WAIT_S, 0
        while True:
            started = time.monotonic()
            with self._lock:
                if self._stopping.is_set():
                    return
                process = self._running[spawn.name] = _spawned(spawn)
            code = self._watch(spawn, process, spawn.greeting(restarts))
            if self._stopping.is_set():
                return
            wait_s = FIRST_WAIT_S if time.monotonic() - started > GOOD_RUN_S else wait_s
            self.news.put(News("ended", spawn.name, code, wait_s))
            if self._stopping.wait(wait_s):
                return
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            restarts += 1

    def _watch(self, spawn: Spawn, process: "subprocess.Popen[bytes]", greeting: bytes) -> int:
        """Greet a worker, tell when it is ready, and wait for its end; its exit code."""
        try:
            if process.stdin and process.stdout:
                process.stdin.write(greeting)
                process.stdin.flush()
                for line in process.stdout:
                    if line == READY:
                        self.news.put(News("ready", spawn.name))
        except BrokenPipeError:  # it ended before it was greeted
            pass
        return process.wait()


def _spawned(spawn: Spawn) -> "subprocess.Popen[bytes]":
    # -P keeps the current folder off the import path: files there must not pose as our modules.
    # A session of its own, so that Ctrl-C reaches us alone and we end the workers in order.
    return subprocess.Popen(  # noqa: S603 (our own interpreter, our own module)
        [sys.executable, "-P", *spawn.arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=spawn.fds,
        start_new_session=True,
    )


def _ask_to_end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.send_signal(signal.SIGTERM)
        if process.stdin:
            process.stdin.close()
    except OSError:  # it is gone already
        pass


def _ended(process: "subprocess.Popen[bytes]", within_s: float) -> int:
    try:
        return process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
