"""One partition of a topic in memory: the messages it holds, and how far each group has come. Not locked."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

NEVER = float("inf")


@dataclass(slots=True, eq=False)
class Held:
    """A message that some group has not acknowledged."""

    key: str
    data: bytes
    sequence: int
    groups_left: int


@dataclass(slots=True, eq=False)
class Delivery:
    """A message in the hands of one consumer."""

    lane: "Lane"
    held: Held
    count: int
    """The how-manieth time the group gets it."""
    due: float
    """When it must be acknowledged."""


class Partition:
    """Holds up to `capacity` messages until all groups are done with them."""

    def __init__(self, number: int, capacity: int) -> None:
        self.number, self.capacity = number, capacity
        self.lanes: dict[str, Lane] = {}
        self._held: dict[int, Held] = {}
        self._last = 0

    @property
    def full(self) -> bool:
        return len(self._held) >= self.capacity

    def put(self, key: str, data: bytes) -> None:
        self._last += 1
        held = Held(key, data, self._last, len(self.lanes))
        self._held[held.sequence] = held
        for lane in self.lanes.values():
            lane.add(held)

    def join(self, group: str) -> None:
        """Give a new group what is held. What was put before there was a group waits for the first."""
        lane = self.lanes[group] = Lane(self)
        for held in self._held.values():
            held.groups_left += 1
            lane.add(held)

    def leave(self, group: str) -> None:
        lane = self.lanes.pop(group, None)
        for held in lane.undone() if lane else ():
            self.release(held)

    def release(self, held: Held) -> None:
        """Note that one more group is done with the message."""
        held.groups_left -= 1
        if held.groups_left == 0:
            del self._held[held.sequence]


@dataclass(slots=True)
class _Line:
    """The messages of one key, oldest first; the first may be away with a consumer."""

    held: deque[Held] = field(default_factory=deque)
    deliveries_of_first: int = 0


class Lane:
    """One group's way through a partition: for each key a line, of which only the first may be away."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self._lines: dict[str, _Line] = {}
        self._ready: deque[str] = deque()
        self._away: OrderedDict[Delivery, None] = OrderedDict()
        """What consumers have, the first due first. A delivery that is not here came back, so its consumer is late."""

    def add(self, held: Held) -> None:
        line = self._lines.get(held.key)
        if line is None:
            line = self._lines[held.key] = _Line()
            self._ready.append(held.key)
        line.held.append(held)

    def take(self, now: float, ack_seconds: float) -> Delivery | None:
        """Hand out a message, if one may go; those that are overdue may go again."""
        while self.next_due() <= now:
            self.refuse(next(iter(self._away)))
        if not self._ready:
            return None
        line = self._lines[self._ready.popleft()]
        line.deliveries_of_first += 1
        delivery = Delivery(self, line.held[0], line.deliveries_of_first, now + ack_seconds)
        self._away[delivery] = None
        return delivery

    def next_due(self) -> float:
        return next(iter(self._away)).due if self._away else NEVER

    def accept(self, delivery: Delivery) -> None:
        """The consumer is done with it; without effect if it was handed out again."""
        if delivery not in self._away:
            return
        del self._away[delivery]
        key = delivery.held.key
        line = self._lines[key]
        line.held.popleft()
        line.deliveries_of_first = 0
        if line.held:
            self._ready.append(key)
        else:
            del self._lines[key]
        self.partition.release(delivery.held)

    def refuse(self, delivery: Delivery) -> None:
        """The consumer is not done with it; without effect if it was handed out again."""
        if delivery in self._away:
            del self._away[delivery]
            self._ready.append(delivery.held.key)

    def undone(self) -> list[Held]:
        """What the group has not acknowledged; it gets none of it any more."""
        undone = [held for line in self._lines.values() for held in line.held]
        self._lines.clear()
        self._ready.clear()
        self._away.clear()
        return undone
