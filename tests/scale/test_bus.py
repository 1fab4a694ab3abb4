"""The bus in memory: sync and async, back-pressure, partitions, redelivery, closing."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import pytest

from bartizan.kernel import UsageError
from bartizan.scale import Bus, Closed, Full, bus

T = TypeVar("T")


def test_each_group_gets_each_message_and_the_consumers_of_one_group_share_them() -> None:
    events = bus("memory:")
    detect, detect_too, archive = (events.subscribe("logins", group) for group in ("detect", "detect", "archive"))
    for number in range(10):
        events.publish("logins", f"user-{number}", b"%d" % number)
    shared = []
    for consumer in (detect, detect_too) * 5:
        letter = consumer.next(timeout=0)
        assert letter is not None
        shared.append(letter.data)
        letter.ack()
    assert sorted(shared) == [b"%d" % number for number in range(10)]
    assert len(_drain(events, "logins", "archive")) == 10
    assert archive.next(timeout=0) is None


def test_messages_published_before_there_is_a_group_wait_for_the_first() -> None:
    events = bus("memory:")
    events.publish("logins", "ann", b"1")
    events.publish("logins", "ann", b"2")
    assert _drain(events, "logins", "late") == [b"1", b"2"]
    assert _drain(events, "logins", "later") == []


def test_the_next_message_of_a_key_waits_for_the_acknowledgement_of_the_one_before() -> None:
    events = bus("memory:")
    consumer = events.subscribe("logins", "detect")
    for data in (b"1", b"2"):
        events.publish("logins", "ann", data)
    first = consumer.next(timeout=0)
    assert first is not None
    assert consumer.next(timeout=0) is None
    first.nack()
    again = consumer.next(timeout=0)
    assert again is not None
    assert (again.data, again.deliveries, again.sequence) == (b"1", 2, first.sequence)
    again.ack()
    second = consumer.next(timeout=0)
    assert second is not None
    assert (second.data, second.deliveries) == (b"2", 1)


def test_a_message_that_nobody_acknowledges_comes_again_to_a_consumer_that_waits() -> None:
    events = bus("memory:", ack_seconds=0.05)
    consumer = events.subscribe("logins", "detect")
    events.publish("logins", "ann", b"1")
    first = consumer.next(timeout=0)
    again = consumer.next(timeout=10)
    assert first is not None
    assert again is not None
    assert (again.data, again.deliveries) == (b"1", 2)
    first.ack()  # too late, so without effect
    assert consumer.next(timeout=10) is not None


def test_a_consumer_of_some_partitions_gets_their_messages_alone() -> None:
    events = bus("memory:", partitions=4)
    consumers = [events.subscribe("logins", "detect", partitions=[number]) for number in range(4)]
    for number in range(100):
        events.publish("logins", f"user-{number}", b"%d" % number)
    found = defaultdict(set)
    for number, consumer in enumerate(consumers):
        while letter := consumer.next(timeout=0):
            assert letter.partition == number
            found[number].add(letter.key)
            letter.ack()
    assert sum(map(len, found.values())) == 100
    assert all(len(found[number]) > 10 for number in range(4))


def test_a_full_partition_refuses_or_makes_the_publisher_wait_until_a_message_is_acknowledged() -> None:
    events = bus("memory:", partitions=1, capacity=2)
    consumer = events.subscribe("logins", "detect")
    events.publish("logins", "ann", b"1")
    events.publish("logins", "bob", b"2")
    with pytest.raises(Full, match="holds 2 messages and got no room"):
        events.publish("logins", "cyd", b"3", timeout=0)
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(events.publish, "logins", "cyd", b"3", timeout=20)
        letter = consumer.next(timeout=0)
        assert letter is not None
        letter.ack()
        waiting.result(timeout=20)
    assert sorted(_drain(events, "logins", "detect")) == [b"2", b"3"]


def test_ending_a_group_makes_room() -> None:
    events = bus("memory:", partitions=1, capacity=1)
    gone = events.subscribe("logins", "gone")
    events.publish("logins", "ann", b"1")
    events.forget("logins", "gone")
    events.publish("logins", "ann", b"2", timeout=0)
    with pytest.raises(Closed, match="the group gone was ended"):
        gone.next(timeout=0)


def test_async_publishers_and_consumers_wait_for_each_other_and_lose_nothing() -> None:
    async def scene() -> dict[str, list[int]]:
        events = bus("memory:", partitions=2, capacity=3)
        got: dict[str, list[int]] = defaultdict(list)
        count = 0

        async def consume() -> None:
            nonlocal count
            consumer = events.subscribe("logins", "detect")
            with suppress(Closed):
                while letter := await consumer.next_async(timeout=20):
                    got[letter.key].append(int(letter.data))
                    letter.ack()
                    count += 1
                    if count == 400:
                        events.close()

        async def produce(key: str) -> None:
            for number in range(100):
                await events.publish_async("logins", key, b"%d" % number)

        await asyncio.gather(consume(), consume(), *(produce(key) for key in "abcd"))
        return got

    assert _run(scene()) == {key: list(range(100)) for key in "abcd"}


def test_threads_and_an_event_loop_share_a_bus() -> None:
    events = bus("memory:", capacity=5, partitions=1)

    async def consume() -> list[bytes]:
        consumer = events.subscribe("logins", "detect")
        got = []
        while len(got) < 200:
            letter = await consumer.next_async(timeout=20)
            assert letter is not None
            got.append(letter.data)
            letter.ack()
        return got

    def produce() -> None:
        for number in range(200):
            events.publish("logins", "ann", b"%d" % number, timeout=20)

    with ThreadPoolExecutor() as threads:
        produced = threads.submit(produce)
        assert _run(consume()) == [b"%d" % number for number in range(200)]
        produced.result()


def test_a_cancelled_consumer_takes_no_message_along() -> None:
    async def scene() -> bytes:
        events = bus("memory:")
        consumer = events.subscribe("logins", "detect")
        waiting = asyncio.create_task(consumer.next_async())
        await asyncio.sleep(0)
        events.publish("logins", "ann", b"1")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        letter = await consumer.next_async(timeout=0)
        assert letter is not None
        return letter.data

    assert _run(scene()) == b"1"


def test_a_full_partition_refuses_an_async_publisher_in_time() -> None:
    async def scene() -> None:
        events = bus("memory:", partitions=1, capacity=1)
        await events.publish_async("logins", "ann", b"1")
        await events.publish_async("logins", "ann", b"2", timeout=0.02)

    with pytest.raises(Full):
        _run(scene())


def test_closing_wakes_whoever_waits() -> None:
    events = bus("memory:", partitions=1, capacity=1)
    consumer = events.subscribe("quiet", "detect")
    events.publish("full", "ann", b"1")
    with ThreadPoolExecutor() as threads:
        started = threading.Barrier(3)
        waiting = [
            threads.submit(lambda: (started.wait(), consumer.next())),
            threads.submit(lambda: (started.wait(), events.publish("full", "ann", b"2"))),
        ]
        started.wait()
        events.close()
        for one in waiting:
            with pytest.raises(Closed):
                one.result(timeout=20)


@pytest.mark.parametrize("url", ["nats://localhost", "memory", ""])
def test_an_unknown_bus_is_wrong_usage(url: str) -> None:
    with pytest.raises(UsageError, match="is no bus"):
        bus(url)


def test_wrong_names_sizes_and_partitions_are_wrong_usage() -> None:
    events = bus("memory:", partitions=2)
    for topic, data in (("Log Ins", b""), ("", b""), ("logins", b"x" * ((1 << 20) + 1)), ("logins", "text")):
        with pytest.raises(UsageError):
            events.publish(topic, "ann", data)  # type: ignore[arg-type]
    for partitions in ([2], [-1], []):
        with pytest.raises(UsageError, match="partitions are numbered 0 to 1"):
            events.subscribe("logins", "detect", partitions=partitions)
    with pytest.raises(UsageError):
        events.subscribe("logins", "")
    with pytest.raises(UsageError):
        bus("memory:", capacity=0)


def _drain(events: Bus, topic: str, group: str) -> list[bytes]:
    consumer = events.subscribe(topic, group)
    got = []
    while letter := consumer.next(timeout=0):
        got.append(letter.data)
        letter.ack()
    return got


def _run(scene: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(scene, 60))
