"""Functions that tests hand to `fanout`, at the top of a module so that worker processes can import them."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from typing import Any


def draw(item: int, seed: int) -> tuple[int, float]:
    """Something that depends on the item and its seed alone."""
    return item * 3, random.Random(seed).random()


def mixed(item: int, seed: int) -> tuple[int, float]:
    """`draw`, but some items raise, leave, or end their whole process."""
    if item % 97 == 13:
        raise ValueError(f"item {item} is hostile")
    if item % 501 == 77:
        sys.exit(f"item {item} leaves")
    if item % 1_801 == 900:
        os._exit(7)
    return draw(item, seed)


def crash(item: str, seed: int) -> str:
    match item:
        case "exit":
            os._exit(3)
        case "segfault":
            ctypes.string_at(0)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise RuntimeError("no")
    return item.upper()


def hang(item: str, seed: int) -> str:
    while item == "hang":
        time.sleep(60)
    return item.upper()


def crash_or_hang(item: str, seed: int) -> str:
    return hang(item, seed) if item == "hang" else crash(item, seed)


def hold(port: int, seed: int) -> None:
    """Connect, hand the connection to a child as well, and hang: it closes when both have ended."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], pass_fds=[line.fileno()])
        line.sendall(b"holding")
        time.sleep(600)


def accept(listener: socket.socket) -> socket.socket:
    """The connection of a worker that runs `hold`, once it is busy."""
    line, _ = listener.accept()
    line.settimeout(60)
    assert line.recv(7, socket.MSG_WAITALL) == b"holding"
    return line


def hold_or_draw(port: int, seed: int) -> Any:
    return hold(port, seed) if port else draw(port, seed)


def draw_with(extra: object, item: int, seed: int) -> tuple[int, float]:
    return draw(item, seed)


def unsendable(item: int, seed: int) -> Any:
    return (lambda: item) if item == 2 else item


class Grumpy:
    """Cannot be read back by whoever receives it."""

    def __reduce__(self) -> Any:
        return _refuse, ()


def _refuse() -> None:
    raise TypeError("not here")


def grumpy(item: int, seed: int) -> Any:
    return Grumpy() if item == 1 else item
