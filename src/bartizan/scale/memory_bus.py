"""The bus in memory. One lock guards it all, and nobody waits while holding it."""

import asyncio
import re
import time
import zlib
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TypeAlias

from bartizan.kernel import UsageError
from bartizan.scale.bus import MAX_MESSAGE_BYTES
from bartizan.scale.errors import Closed, Full
from bartizan.scale.partition import NEVER, Delivery, Lane, Partition

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}\Z")

Bell: TypeAlias = Callable[[], object]
"""Wakes one who waits. All who wait for the same thing are woken, so a bell that nobody hears loses nothing."""


class MemoryBus:
    """See `bus`. `clock` tells the time by which acknowledgements are due."""

    def __init__(
        self, partitions: int, capacity: int, ack_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.partitions = partitions
        self._capacity, self._ack_seconds, self._clock = capacity, ack_seconds, clock
        self._topics: dict[str, _Topic] = {}
        self._lock = Lock()
        self._closed = False

    def publish(self, topic: str, key: str, data: bytes, *, timeout: float | None = None) -> None:
        until = _until(timeout)
        if self._put(topic, key, data):
            return
        woken = Event()
        try:
            while not self._put(topic, key, data, woken.set):
                if not woken.wait(_left(until)):
                    raise self._full(topic, key)
                woken.clear()
        finally:
            self._forget_bell(topic, woken.set)

    async def publish_async(self, topic: str, key: str, data: bytes, *, timeout: float | None = None) -> None:
        until = _until(timeout)
        if self._put(topic, key, data):
            return
        woken, bell = _async_bell()
        try:
            while not self._put(topic, key, data, bell):
                if not await _heard(woken, _left(until)):
                    raise self._full(topic, key)
                woken.clear()
        finally:
            self._forget_bell(topic, bell)

    def subscribe(self, topic: str, group: str, *, partitions: Collection[int] | None = None) -> "Consumer":
        numbers = range(self.partitions) if partitions is None else sorted(set(partitions))
        if not numbers or not all(0 <= number < self.partitions for number in numbers):
            raise UsageError(f"partitions are numbered 0 to {self.partitions - 1}, not {list(numbers)}")
        _check_name(group)
        with self._lock:
            found = self._topic(topic)
            for partition in found.partitions:
                if group not in partition.lanes:
                    partition.join(group)
            return Consumer(self, topic, group, [found.partitions[number].lanes[group] for number in numbers])

    def forget(self, topic: str, group: str) -> None:
        with self._lock:
            found = self._topic(topic)
            for partition in found.partitions:
                partition.leave(group)
            found.ring()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for topic in self._topics.values():
                topic.ring()

    def _put(self, topic: str, key: str, data: bytes, bell: Bell | None = None) -> bool:
        """Whether there was room; if not, the bell rings when there may be."""
        if type(data) is not bytes or len(data) > MAX_MESSAGE_BYTES:
            raise UsageError(f"a message is at most {MAX_MESSAGE_BYTES:,} bytes", where=topic)
        with self._lock:
            found = self._topic(topic)
            partition = found.partitions[zlib.crc32(key.encode(errors="surrogatepass")) % self.partitions]
            if partition.full:
                if bell:
                    found.publishers.add(bell)
                return False
            partition.put(key, data)
            for waiting in found.consumers:
                waiting()
            return True

    def _take(self, topic: str, group: str, lanes: deque[Lane], bell: Bell | None = None) -> "Letter | float":
        """A message of these lanes, or in how many seconds one is overdue; the bell may ring before."""
        with self._lock:
            found = self._topic(topic)
            if lanes[0].partition.lanes.get(group) is not lanes[0]:
                raise Closed(f"the group {group} was ended", where=topic)
            now = self._clock()
            for _ in range(len(lanes)):
                lanes.rotate(-1)  # each lane has its turn
                if delivery := lanes[-1].take(now, self._ack_seconds):
                    return Letter(self, topic, delivery)
            if bell:
                found.consumers.add(bell)
            return min(lane.next_due() for lane in lanes) - now

    def _settle(self, topic: str, delivery: Delivery, *, done: bool) -> None:
        with self._lock:
            if done:
                delivery.lane.accept(delivery)
            else:
                delivery.lane.refuse(delivery)
            self._topics[topic].ring()

    def _topic(self, name: str) -> "_Topic":
        if self._closed:
            raise Closed("the bus is closed", where=name)
        found = self._topics.get(name)
        if found is None:
            _check_name(name)
            found = self._topics[name] = _Topic(
                [Partition(number, self._capacity) for number in range(self.partitions)]
            )
        return found

    def _forget_bell(self, topic: str, bell: Bell) -> None:
        with self._lock:
            self._topics[topic].publishers.discard(bell)
            self._topics[topic].consumers.discard(bell)

    def _full(self, topic: str, key: str) -> Full:
        return Full(f"the partition of key {key!r} holds {self._capacity:,} messages and got no room", where=topic)


class Consumer:
    """One consumer of a group; see `Subscription`."""

    def __init__(self, bus: MemoryBus, topic: str, group: str, lanes: list[Lane]) -> None:
        self._bus, self._topic, self._group = bus, topic, group
        self._lanes = deque(lanes)

    def next(self, timeout: float | None = None) -> "Letter | None":
        until = _until(timeout)
        if isinstance(found := self._bus._take(self._topic, self._group, self._lanes), Letter):
            return found
        woken = Event()
        try:
            while not isinstance(found := self._bus._take(self._topic, self._group, self._lanes, woken.set), Letter):
                left = _left(until)
                if left is not None and left <= 0:
                    return None
                woken.wait(_sooner(left, found))
                woken.clear()
            return found
        finally:
            self._bus._forget_bell(self._topic, woken.set)

    async def next_async(self, timeout: float | None = None) -> "Letter | None":
        until = _until(timeout)
        if isinstance(found := self._bus._take(self._topic, self._group, self._lanes), Letter):
            return found
        woken, bell = _async_bell()
        try:
            while not isinstance(found := self._bus._take(self._topic, self._group, self._lanes, bell), Letter):
                left = _left(until)
                if left is not None and left <= 0:
                    return None
                await _heard(woken, _sooner(left, found))
                woken.clear()
            return found
        finally:
            self._bus._forget_bell(self._topic, bell)


class Letter:
    """One delivery; see `Message`."""

    __slots__ = ("_bus", "_delivery", "topic")

    def __init__(self, bus: MemoryBus, topic: str, delivery: Delivery) -> None:
        self._bus, self.topic, self._delivery = bus, topic, delivery

    @property
    def key(self) -> str:
        return self._delivery.held.key

    @property
    def data(self) -> bytes:
        return self._delivery.held.data

    @property
    def partition(self) -> int:
        return self._delivery.lane.partition.number

    @property
    def sequence(self) -> int:
        return self._delivery.held.sequence

    @property
    def deliveries(self) -> int:
        return self._delivery.count

    def ack(self) -> None:
        self._bus._settle(self.topic, self._delivery, done=True)

    def nack(self) -> None:
        self._bus._settle(self.topic, self._delivery, done=False)


@dataclass(slots=True)
class _Topic:
    partitions: list[Partition]
    publishers: set[Bell] = field(default_factory=set)
    """Those who wait for room."""
    consumers: set[Bell] = field(default_factory=set)
    """Those who wait for a message."""

    def ring(self) -> None:
        for bell in (*self.publishers, *self.consumers):
            bell()


def _check_name(name: str) -> None:
    if not NAME.match(name):
        raise UsageError(f"{name!r} names no topic or group: lower-case letters, digits, dots, hyphens")


def _async_bell() -> tuple[asyncio.Event, Bell]:
    """An event of the running loop, and what sets it from any thread."""
    loop, woken = asyncio.get_running_loop(), asyncio.Event()

    def bell() -> None:
        with suppress(RuntimeError):  # a loop that was closed has nobody who waits
            loop.call_soon_threadsafe(woken.set)

    return woken, bell


async def _heard(woken: asyncio.Event, seconds: float | None) -> bool:
    try:
        await asyncio.wait_for(woken.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _until(timeout: float | None) -> float | None:
    return None if timeout is None else time.monotonic() + timeout


def _left(until: float | None) -> float | None:
    return None if until is None else until - time.monotonic()


def _sooner(left: float | None, due: float) -> float | None:
    seconds = max(0.0, due if left is None else min(left, due))
    return None if seconds == NEVER else seconds
