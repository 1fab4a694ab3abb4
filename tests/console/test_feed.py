"""The stream of records as they come: bounded, tied to its session, and never blocked by a slow reader."""

import asyncio
import http.client
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from bartizan.console.entry import KINDS, Entry, entry_of, entry_of_row
from bartizan.console.feed import MAX_STREAMS, MAX_STREAMS_OF_ONE, MAX_WAITING, REMEMBERED, Feed
from bartizan.console.serve import carry
from bartizan.kernel import Event, Record, Stamp
from bartizan.ledger import LedgerTampered
from tests.console.house import House
from tests.kernel.strategies import RECORDS


async def always() -> bool:
    return True


def entry(name: str, tenant: str = "main") -> Entry:
    return entry_of(Stamp(tenant=tenant)(Event(name)))


async def taken(stream: AsyncIterator[bytes], number: int) -> list[bytes]:
    return [await asyncio.wait_for(anext(stream), 10) for _ in range(number)]


def headlines(events: list[bytes]) -> list[str]:
    return [json.loads(event.partition(b"data: ")[2])["headline"] for event in events if b"event: record" in event]


def test_every_listener_hears_what_is_published() -> None:
    async def play() -> None:
        feed = Feed()
        streams = [feed.listen("person:ana", None, after=None, alive=always) for _ in range(2)]
        for stream in streams:
            assert await taken(stream, 1) == [b"retry: 3000\n\n"]
        feed.publish(entry("one"))
        feed.publish(entry("two"))
        for stream in streams:
            assert headlines(await taken(stream, 2)) == ["one", "two"]

    asyncio.run(play())


def test_a_listener_hears_its_own_tenant_only() -> None:
    async def play() -> None:
        feed = Feed()
        stream = feed.listen("key:k-1", "acme", after=None, alive=always)
        await taken(stream, 1)
        feed.publish(entry("theirs"))
        feed.publish(entry("ours", "acme"))
        assert headlines(await taken(stream, 1)) == ["ours"]

    asyncio.run(play())


def test_who_comes_back_gets_what_it_missed() -> None:
    async def play() -> None:
        feed = Feed()
        for number in range(REMEMBERED + 3):
            feed.publish(entry(f"e{number}"))
        stream = feed.listen("person:ana", None, after=REMEMBERED, alive=always)
        assert headlines(await taken(stream, 4)) == ["e256", "e257", "e258"]

    asyncio.run(play())


def test_a_slow_listener_is_told_how_much_it_missed() -> None:
    async def play() -> None:
        feed = Feed()
        stream = feed.listen("person:ana", None, after=None, alive=always)
        await taken(stream, 1)
        for number in range(MAX_WAITING + 5):
            feed.publish(entry(f"e{number}"))
        assert await taken(stream, 1) == [b"event: missed\ndata: 5\n\n"]
        assert headlines(await taken(stream, MAX_WAITING)) == [f"e{number}" for number in range(MAX_WAITING)]

    asyncio.run(play())


def test_a_stream_ends_with_its_session() -> None:
    async def play() -> None:
        feed, living = Feed(), [True]

        async def while_living() -> bool:
            return living[0]

        stream = feed.listen("person:ana", None, after=None, alive=while_living)
        await taken(stream, 1)
        living[0] = False
        feed.publish(entry("too late"))
        with pytest.raises(StopAsyncIteration):
            await taken(stream, 1)
        assert not feed.full("person:ana")

    asyncio.run(play())


def test_a_stream_ends_after_its_longest_time_and_when_the_feed_closes() -> None:
    async def play() -> None:
        feed = Feed()
        brief = feed.listen("person:ana", None, after=None, alive=always, longest_s=0.01)
        assert (await taken(brief, 2))[1] == b": still here\n\n"
        with pytest.raises(StopAsyncIteration):
            await taken(brief, 1)
        long = feed.listen("person:ana", None, after=None, alive=always)
        await taken(long, 1)
        feed.close()
        with pytest.raises(StopAsyncIteration):
            await taken(long, 1)

    asyncio.run(play())


def test_streams_are_bounded() -> None:
    async def play() -> None:
        feed = Feed()
        streams = [feed.listen(f"key:k-{number}", None, after=None, alive=always) for number in range(MAX_STREAMS)]
        for stream in streams:
            await taken(stream, 1)
        assert feed.full("person:ana")
        await streams[0].aclose()  # type: ignore[attr-defined]
        assert not feed.full("person:ana")

    asyncio.run(play())


def test_nobody_can_take_all_streams() -> None:
    async def play() -> None:
        feed = Feed()
        streams = [feed.listen("key:k-1", None, after=None, alive=always) for _ in range(MAX_STREAMS_OF_ONE)]
        for stream in streams:
            await taken(stream, 1)
        assert (feed.full("key:k-1"), feed.full("person:ana")) == (True, False)

    asyncio.run(play())


def test_a_follower_that_cannot_go_on_says_so_and_ends_the_streams(capsys: pytest.CaptureFixture[str]) -> None:
    def follow() -> Iterator[Record]:
        yield Stamp()(Event("one"))
        raise LedgerTampered("a head line is \x1b[31mmalformed")

    async def play() -> None:
        feed = Feed()
        stream = feed.listen("person:ana", None, after=None, alive=always)
        await taken(stream, 1)
        await asyncio.to_thread(carry, asyncio.get_running_loop(), feed, follow)
        with pytest.raises(StopAsyncIteration):
            await taken(stream, 2)
        assert feed.full("person:ana")

    asyncio.run(play())
    assert capsys.readouterr().err == "bartizan: console: the live stream ends: a head line is \\x1b[31mmalformed\n"


@pytest.mark.parametrize("body", ["", "[", "{}", '{"kind":"event","name":"No Slug"}', "[" * 100_000, None])
def test_a_row_that_shows_no_body_does_not_take_the_page_along(body: str | None) -> None:
    row = {"id": "i", "at": datetime.now(UTC), "tenant": "main", "control": None, "asset": None, "actor": None}
    assert entry_of_row({**row, "body": body}).headline == "record.unreadable"


@given(RECORDS)
def test_every_record_has_a_line(record: Record) -> None:
    line = entry_of(record)
    assert line.kind in KINDS
    assert len(line.headline) <= 240
    assert re.fullmatch(r"|good|bad|info|low|medium|high|critical", line.tone)


def stream_of(house: House, **headers: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=20)
    connection.request("GET", "/live/stream", headers={"Cookie": house.cookie, **headers})
    return connection, connection.getresponse()


def test_what_is_recorded_by_another_process_comes_down_the_stream(house: House) -> None:
    connection, response = stream_of(house)
    try:
        assert response.status == 200
        assert response.getheader("content-type") == "text/event-stream; charset=utf-8"
        assert response.readline() == b"retry: 3000\n"
        with house.keep() as keep:
            keep.append([Stamp(actor="service:tests")(Event("tests.streamed", {"x": "\u202e<b>"}))])
        lines = iter(response.readline, b"")
        data = next(line for line in lines if line.startswith(b"data: ") and b"tests.streamed" in line)
        assert json.loads(data.removeprefix(b"data: "))["actor"] == "service:tests"
    finally:
        connection.close()
