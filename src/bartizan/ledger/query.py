"""SQL over the whole ledger, read-only by construction: it runs in a walled-in process, under limits."""

import os
import selectors
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import IO, Any

import msgspec

from bartizan.kernel import OutOfBudget, UsageError
from bartizan.ledger.contained import LENGTH, Answer, Hello, Question, write_frame
from bartizan.ledger.errors import LedgerError

MIB = 1 << 20
START_SECONDS = 30.0
WORN_CPU_SECONDS = 600.0
"""A contained process that used so much is replaced, before its own limit ends it."""
PIECE_BYTES = 1 << 18
LEDGERS_AT_ONCE = 4


class Limits(msgspec.Struct, frozen=True):
    """The most that one query may give back and take."""

    rows: int = 10_000
    bytes: int = 16 * MIB
    seconds: float = 10.0


USUAL = Limits()


class Table(msgspec.Struct, frozen=True):
    """What a query selected."""

    columns: tuple[str, ...]
    rows: list[list[Any]]
    truncated: bool = False
    """True if a limit cut off further rows."""


def query(folder: Path, sql: str, params: Sequence[Any] = (), *, limits: Limits = USUAL) -> Table:
    """What one SELECT over the view `records` finds in the ledger in `folder`, up to what is durable now."""
    if not folder.is_dir():
        raise LedgerError("there is no ledger", where=folder, todo="bartizan up makes one.")
    return _contained(folder.resolve()).ask(sql, params, limits)


class Contained:
    """The process in which the queries over one ledger run, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.walls: tuple[str, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()

    def ask(self, sql: str, params: Sequence[Any], limits: Limits) -> Table:
        """The answer to one query; a process that takes too long or breaks is ended and started anew next time."""
        question = Question(sql, [_checked(value) for value in params], limits.rows, limits.bytes)
        with self._lock:
            process = self._running()
            try:
                write_frame(_stream(process.stdin), question)
                answer = msgspec.msgpack.decode(_read_frame(process, limits.seconds), type=Answer)
            except BaseException as error:
                self.stop()
                if isinstance(error, TimeoutError):
                    raise OutOfBudget(
                        f"the query took more than {limits.seconds:g} seconds", todo="Ask for less."
                    ) from None
                if isinstance(error, EOFError | BrokenPipeError | msgspec.MsgspecError):
                    raise LedgerError("the query ended its process", todo="Ask for less.") from None
                raise
            if answer.cpu_seconds > WORN_CPU_SECONDS:
                self.stop()
        if answer.error:
            raise UsageError(answer.error) if answer.wrong else LedgerError(answer.error)
        return Table(answer.columns, answer.rows, answer.truncated)

    def stop(self) -> None:
        """Ends the process, if it runs."""
        if self._process is not None:
            _end(self._process, os.getpid())
            self._process = None

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._process = self._started()
        return self._process

    def _started(self) -> "subprocess.Popen[bytes]":
        # No variable of ours, no folder of ours, no stream of ours, no module from the working folder.
        command = [sys.executable, "-I", "-m", "bartizan.ledger.contained", str(self.folder)]
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
        weakref.finalize(self, _end, process, os.getpid())
        try:
            self.walls = msgspec.msgpack.decode(_read_frame(process, START_SECONDS), type=Hello).walls
        except (EOFError, TimeoutError, msgspec.MsgspecError):
            _end(process, os.getpid())
            raise LedgerError(f"the process for queries did not start: exit {process.returncode}") from None
        return process


@lru_cache(LEDGERS_AT_ONCE)
def _contained(folder: Path) -> Contained:
    """The program's one process for this ledger."""
    return Contained(folder)


# A forked child must not talk through its parent's pipes.
os.register_at_fork(after_in_child=_contained.cache_clear)


def _read_frame(process: "subprocess.Popen[bytes]", seconds: float) -> bytes:
    """The next frame's content; TimeoutError if it is not there in time, EOFError if the process ended."""
    deadline = time.monotonic() + seconds
    stream = _stream(process.stdout).fileno()
    held = bytearray()
    with selectors.DefaultSelector() as ready:
        ready.register(stream, selectors.EVENT_READ)
        while len(held) < LENGTH.size or len(held) < LENGTH.size + LENGTH.unpack_from(held)[0]:
            if not ready.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            piece = os.read(stream, PIECE_BYTES)
            if not piece:
                raise EOFError
            held += piece
    return bytes(held[LENGTH.size :])


def _end(process: "subprocess.Popen[bytes]", owner: int) -> None:
    if owner != os.getpid():
        return
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise LedgerError("the process for queries has no streams")
    return stream


def _checked(value: Any) -> Any:
    """The value, if it is one that SQL has: text, number, truth, time or nothing."""
    if value is None or isinstance(value, str | bool | int | float | bytes):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() if value.tzinfo else value.isoformat()
    raise UsageError(f"a {type(value).__name__} is no value for a query")
