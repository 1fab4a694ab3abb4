"""The writer's edge to the machine: how bytes become durable, and what time it is."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

if sys.platform == "darwin":
    from fcntl import F_FULLFSYNC, fcntl

    def _durable(descriptor: int) -> None:
        """On macOS fsync leaves bytes in the drive's own cache."""
        fcntl(descriptor, F_FULLFSYNC)

else:
    _durable = os.fdatasync


@dataclass(frozen=True, slots=True)
class Disk:
    """The calls that a test may want to slow down or break."""

    write: Callable[[int, bytes | memoryview], int] = os.write
    sync: Callable[[int], None] = _durable
    now: Callable[[], float] = time.time


def write_all(disk: Disk, descriptor: int, content: bytes) -> None:
    """Writes every byte, however few the system takes at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[disk.write(descriptor, rest) :]
