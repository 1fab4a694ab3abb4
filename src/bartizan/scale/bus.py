"""The bus: events from publishers to groups of consumers, in order for each key, at least once.

The guarantees, which every kind of bus keeps:

- A message is held until every group of its topic has acknowledged it. A new group begins with the oldest message held.
- Within a group, the next message of a key is handed out only after the one before it was acknowledged.
- A message that is not acknowledged in time, or is refused with `nack`, is handed out again, `deliveries` counted up.
- A partition holds a bounded number of messages; a publisher waits for room, or gets `Full`.
"""

from collections.abc import Collection
from typing import Protocol

from bartizan.kernel import UsageError

MAX_MESSAGE_BYTES = 1 << 20


class Message(Protocol):
    """One delivery of a message to one consumer."""

    @property
    def topic(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def partition(self) -> int: ...

    @property
    def sequence(self) -> int:
        """Grows within the partition."""

    @property
    def deliveries(self) -> int:
        """1 for the first time that this group gets the message."""

    def ack(self) -> None:
        """Done with it. Never waits; without effect once the message was handed out again."""

    def nack(self) -> None:
        """Not done: hand it out again. Never waits."""


class Subscription(Protocol):
    """One consumer of a group. The messages of a group are shared out among its consumers."""

    def next(self, timeout: float | None = None) -> Message | None:
        """The next message; None if none came within `timeout` seconds."""

    async def next_async(self, timeout: float | None = None) -> Message | None: ...


class Bus(Protocol):
    """Where messages are published and consumed. Safe for threads and event loops alike."""

    @property
    def partitions(self) -> int: ...

    def publish(self, topic: str, key: str, data: bytes, *, timeout: float | None = None) -> None:
        """Put the message into its key's partition; `Full` if there was no room within `timeout` seconds."""

    async def publish_async(self, topic: str, key: str, data: bytes, *, timeout: float | None = None) -> None: ...

    def subscribe(self, topic: str, group: str, *, partitions: Collection[int] | None = None) -> Subscription:
        """A consumer of these partitions (all, unless said); makes the group if it is new."""

    def forget(self, topic: str, group: str) -> None:
        """End the group, so that nothing is held for it any longer."""

    def close(self) -> None:
        """Let nothing in or out; whoever waits gets `Closed`."""


def bus(url: str, *, partitions: int = 16, capacity: int = 1_024, ack_seconds: float = 30.0) -> Bus:
    """The bus that the URL names: `memory:` lives and ends with this process.

    `capacity` is the most messages that a partition of a topic holds.
    """
    if partitions < 1 or capacity < 1 or ack_seconds <= 0:
        raise UsageError("a bus needs partitions, capacity and a time to acknowledge above 0")
    if url == "memory:":
        from bartizan.scale.memory_bus import MemoryBus

        return MemoryBus(partitions, capacity, ack_seconds)
    raise UsageError(f"{url!r} is no bus", todo="Write memory:")
