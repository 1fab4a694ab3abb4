"""The bus against a model of its guarantees: order for each key, no loss, redelivery, bounded partitions."""

import zlib
from collections import defaultdict

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from bartizan.scale import Full, Message
from bartizan.scale.memory_bus import Consumer, MemoryBus

PARTITIONS, CAPACITY, ACK_SECONDS = 2, 4, 10.0

keys = st.sampled_from(["ann", "bob", "cyd", "dan"])
groups = st.sampled_from(["detect", "archive"])


class Model(RuleBasedStateMachine):
    """Each group has, for each key, a list of messages still to be acknowledged, and perhaps the first of it away."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.bus = MemoryBus(PARTITIONS, CAPACITY, ACK_SECONDS, clock=lambda: self.now)
        self.consumers: dict[str, Consumer] = {}
        self.held: dict[int, tuple[str, bytes]] = {}
        self.todo: dict[str, dict[str, list[int]]] = {}
        self.away: dict[tuple[str, str], tuple[Message, float]] = {}
        self.times: dict[tuple[str, int], int] = defaultdict(int)
        self.letters: list[tuple[str, Message]] = []
        self.published = 0

    @rule(key=keys)
    def publish(self, key: str) -> None:
        partition = zlib.crc32(key.encode()) % PARTITIONS
        in_partition = [1 for other, _ in self.held.values() if zlib.crc32(other.encode()) % PARTITIONS == partition]
        data = b"%d" % self.published
        if len(in_partition) == CAPACITY:
            with pytest.raises(Full, match="got no room"):
                self.bus.publish("logins", key, data, timeout=0)
            return
        self.bus.publish("logins", key, data, timeout=0)
        self.held[self.published] = key, data
        for todo in self.todo.values():
            todo[key].append(self.published)
        self.published += 1

    @rule(group=groups)
    def subscribe(self, group: str) -> None:
        self.consumers[group] = self.bus.subscribe("logins", group)
        if group not in self.todo:
            self.todo[group] = defaultdict(list)
            for number, (key, _) in self.held.items():
                self.todo[group][key].append(number)

    @precondition(lambda self: self.consumers)
    @rule(data=st.data())
    def take(self, data: st.DataObject) -> None:
        group = data.draw(st.sampled_from(sorted(self.consumers)))
        self.away = {at: (letter, due) for at, (letter, due) in self.away.items() if due > self.now}
        free = {key for key, todo in self.todo[group].items() if todo and (group, key) not in self.away}
        letter = self.consumers[group].next(timeout=0)
        if letter is None:
            assert not free
            return
        assert letter.key in free
        first = self.todo[group][letter.key][0]
        self.times[group, first] += 1
        assert (letter.data, letter.deliveries) == (self.held[first][1], self.times[group, first])
        self.away[group, letter.key] = letter, self.now + ACK_SECONDS
        self.letters.append((group, letter))

    @precondition(lambda self: self.letters)
    @rule(data=st.data())
    def ack(self, data: st.DataObject) -> None:
        group, letter = data.draw(st.sampled_from(self.letters))
        letter.ack()
        if self._current(group, letter):
            del self.away[group, letter.key]
            self.todo[group][letter.key].pop(0)
            self._let_go()

    @precondition(lambda self: self.letters)
    @rule(data=st.data())
    def nack(self, data: st.DataObject) -> None:
        group, letter = data.draw(st.sampled_from(self.letters))
        letter.nack()
        if self._current(group, letter):
            del self.away[group, letter.key]

    @rule(seconds=st.sampled_from([1.0, 9.0, 10.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: len(self.consumers) == 2)
    @rule(group=groups)
    def forget(self, group: str) -> None:
        self.bus.forget("logins", group)
        del self.consumers[group], self.todo[group]
        self.away = {at: value for at, value in self.away.items() if at[0] != group}
        self.letters = [(other, letter) for other, letter in self.letters if other != group]
        self.times = defaultdict(int, {at: times for at, times in self.times.items() if at[0] != group})
        self._let_go()

    def teardown(self) -> None:
        """Whatever happened before: what is held comes to each group in the order of its key, and then no more."""
        self.now += 2 * ACK_SECONDS
        for group, consumer in self.consumers.items():
            got: dict[str, list[bytes]] = defaultdict(list)
            while letter := consumer.next(timeout=0):
                got[letter.key].append(letter.data)
                letter.ack()
            wanted = {key: [self.held[n][1] for n in todo] for key, todo in self.todo[group].items() if todo}
            assert got == wanted

    def _current(self, group: str, letter: Message) -> bool:
        return self.away.get((group, letter.key), (None, 0.0))[0] is letter

    def _let_go(self) -> None:
        """A message that no group still has to do is held no longer; with no group at all everything is."""
        wanted = {number for todo in self.todo.values() for numbers in todo.values() for number in numbers}
        self.held = {number: value for number, value in self.held.items() if number in wanted}


Model.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
test_the_bus_keeps_its_guarantees = Model.TestCase
