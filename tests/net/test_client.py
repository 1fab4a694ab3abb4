"""The client against a server on a raw socket: exchanges, keep-alive, deadlines, limits, redirects, codings."""

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import pytest
import uvloop

from bartizan.net import (
    Client,
    Deadlines,
    Headers,
    Limits,
    Malformed,
    Options,
    Overdue,
    Response,
    TooLarge,
    Unreachable,
    Url,
    fetch,
)
from tests.net.server import CLOSE, HANG, Request, Script, Server, Step, ok, says

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 60))


def quick(**deadlines: float) -> Options:
    return Options(deadlines=replace(Deadlines(), **deadlines))


def test_a_request_goes_out_as_it_should_and_its_answer_comes_back_whole() -> None:
    with Server(says(ok(b"hello", "x-a: 1", "X-A: 2"))) as server:
        answer = fetch(f"{server.url}/a%20b?q=1#part", headers={"X-Key": "k"})
        authority = f"localhost:{server.port}"
    assert answer == Response(
        200,
        Headers([("content-length", "5"), ("x-a", "1"), ("x-a", "2")]),
        Url("http", "localhost", server.port, "/a%20b", "q=1"),
        b"hello",
    )
    assert answer.headers.all("X-A") == ["1", "2"]
    [request] = server.requests
    assert request.head.split("\r\n") == [
        "GET /a%20b?q=1 HTTP/1.1",
        f"host: {authority}",
        "accept-encoding: identity",
        "user-agent: bartizan",
        "x-key: k",
    ]


def test_a_body_is_sent_with_its_length_and_an_empty_one_too() -> None:
    with Server(says(ok())) as server:
        fetch(server.url, method="POST", body=b"x" * 3_000_000)
        fetch(server.url, method="POST")
    assert [len(request.body) for request in server.requests] == [3_000_000, 0]
    assert [request.header("content-length") for request in server.requests] == ["3000000", "0"]


def test_connections_are_kept_for_the_next_request_unless_the_server_closes() -> None:
    async def three(url: str) -> None:
        async with Client() as client:
            for _ in range(3):
                assert (await client.request("GET", url)).body == b"a"

    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    for answer, connections in (
        (ok(b"a"), 1),
        (chunked, 1),
        (ok(b"a", "connection: close"), 3),
        (ok(b"a") + b"extra", 3),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" + ok(b"a"), 1),
    ):
        with Server(says(answer)) as server:
            run(three(server.url))
            assert server.connections == connections


def test_an_answer_to_head_leaves_the_connection_usable() -> None:
    async def scene(url: str) -> None:
        async with Client() as client:
            head = await client.request("HEAD", url)
            assert (head.body, head.headers.get("content-length")) == (b"", "70000000000")
            await client.request("HEAD", url)

    with Server(says(b"HTTP/1.1 200 OK\r\ncontent-length: 70000000000\r\n\r\n")) as server:
        run(scene(server.url))
        assert server.connections == 1


def test_a_kept_connection_that_the_server_closed_is_replaced_for_what_may_be_sent_twice() -> None:
    def once_each(request: Request) -> Iterator[Step]:
        asked = sum(other.connection == request.connection for other in server.requests)
        yield ok(b"a") if asked == 1 else CLOSE

    async def scene(method: str) -> None:
        async with Client() as client:
            await client.request("GET", server.url)
            assert (await client.request(method, server.url)).body == b"a"

    with Server(once_each) as server:
        run(scene("GET"))
        run(scene("PUT"))
        with pytest.raises(Unreachable, match="the connection was lost"):
            run(scene("POST"))


def test_many_requests_share_the_connections_that_are_allowed() -> None:
    async def scene(url: str) -> None:
        async with Client(Options(connections=2)) as client:
            answers = await asyncio.gather(*(client.request("GET", f"{url}/{n}") for n in range(20)))
            assert [answer.body for answer in answers] == [f"/{n}".encode() for n in range(20)]

    def echo(request: Request) -> Iterator[Step]:
        yield ok(request.path.encode())

    with Server(echo) as server:
        run(scene(server.url))
        assert server.connections == 2


def test_waiting_for_a_free_connection_has_a_deadline() -> None:
    async def scene(url: str) -> None:
        async with Client(replace(quick(connect=0.1), connections=1)) as client, client.stream("GET", url):
            await client.request("GET", url)

    with Server(says(ok(b"a"))) as server, pytest.raises(Overdue, match="all 1 connections are in use"):
        run(scene(server.url))


def test_a_cancelled_exchange_leaves_no_connection_behind() -> None:
    async def scene(url: str) -> None:
        async with Client(Options(connections=1)) as client:
            waiting = asyncio.create_task(client.request("GET", f"{url}/hang"))
            while not server.requests:
                await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert (await client.request("GET", f"{url}/go")).body == b"a"

    def script(request: Request) -> Iterator[Step]:
        yield HANG if request.path == "/hang" else ok(b"a")

    with Server(script) as server:
        run(scene(server.url))
        assert server.connections == 2


def test_the_client_runs_on_uvloop_too() -> None:
    async def scene(url: str) -> bytes:
        async with Client() as client:
            return b"".join([(await client.request("GET", url)).body for _ in range(2)])

    with Server(says(ok(b"a"))) as server:
        assert uvloop.run(scene(server.url)) == b"aa"
        assert server.connections == 1


HEAD = b"HTTP/1.1 200 OK\r\n"


def _drip(start: bytes, drop: bytes) -> Script:
    def script(request: Request) -> Iterator[Step]:
        yield start
        while True:
            yield drop
            yield 0.01

    return script


@pytest.mark.parametrize(
    ("script", "deadlines", "complaint"),
    [
        (says(HANG), {"header": 0.1}, "the header of the answer did not come in time"),
        (_drip(HEAD + b"x: ", b"y"), {"header": 0.2}, "the header of the answer did not come in time"),
        (says(HEAD + b"content-length: 5\r\n\r\nab", HANG), {"idle": 0.1}, "the body stood still in time"),
        (_drip(HEAD + b"\r\n", b"x"), {"total": 0.2}, "the exchange took too long"),
        (says(HANG), {"total": 0.1}, "the exchange took too long"),
    ],
)
def test_every_part_of_an_exchange_has_a_deadline(script: Script, deadlines: dict[str, float], complaint: str) -> None:
    with Server(script) as server, pytest.raises(Overdue, match=complaint.removesuffix(" in time")):
        fetch(server.url, options=quick(**deadlines))


def test_a_request_that_the_server_does_not_read_has_a_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(Overdue, match="the request could not be sent"):
            fetch(url, method="POST", body=b"x" * 30_000_000, options=quick(idle=0.2))


def test_an_early_answer_to_a_request_that_is_not_read_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)

        async def scene() -> int:
            async with Client() as client:
                url = f"http://127.0.0.1:{server.getsockname()[1]}"
                asking = asyncio.create_task(client.request("POST", url, body=b"x" * 30_000_000))
                line, _ = await asyncio.to_thread(server.accept)
                with line:
                    line.sendall(ok(status="413 Too Large"))
                    return (await asking).status

        assert run(scene()) == 413


@pytest.mark.parametrize(
    "script",
    [
        _drip(HEAD, b"x-%d: y\r\n" * 1_000),
        _drip(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
        _drip(HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n" * 1_000),
        _drip(HEAD + b"\r\n", b"x" * 65_536),
        says(HEAD + b"content-length: 10000000000\r\n\r\n", HANG),
    ],
)
def test_what_never_ends_is_stopped(script: Script) -> None:
    with Server(script) as server, pytest.raises(TooLarge):
        fetch(server.url, body_bytes=1_000_000)


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"content-length: 5\r\n\r\nab",
        HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nab",
        HEAD + b"content-le",
        HEAD + b"transfer-encoding: chunked\r\n\r\nnonsense\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
)
def test_what_breaks_off_or_is_no_http_is_refused_with_its_place(answer: bytes) -> None:
    with Server(says(answer, CLOSE)) as server, pytest.raises(Malformed, match=f"http://localhost:{server.port}/"):
        fetch(server.url)


def test_a_server_that_says_nothing_at_all_is_unreachable() -> None:
    with Server(says(CLOSE)) as server, pytest.raises(Unreachable, match="the connection was lost"):
        fetch(server.url)
    with pytest.raises(Unreachable, match="no connection"):
        fetch(server.url)
    with pytest.raises(Unreachable, match=r"the host .* is not known"):
        fetch("http://no-such-host.invalid/")


def test_a_stream_is_read_no_faster_than_it_is_taken() -> None:
    sent = 0

    def endless(request: Request) -> Iterator[Step]:
        nonlocal sent
        if request.path == "/sent":
            yield ok(b"%d" % sent)
            return
        yield HEAD + b"transfer-encoding: chunked\r\n\r\n"
        for _ in range(200):
            sent += 1
            yield b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"
        yield b"0\r\n\r\n"

    async def scene() -> None:
        async with Client(Options(limits=Limits(body_bytes=1 << 30))) as client:
            async with client.stream("GET", server.url) as answer:
                pieces = aiter(answer)
                total = len(await anext(pieces))
                before, stalled = -1, 0
                while stalled < 50:  # the server has stopped once it says the same again and again
                    now = int((await client.request("GET", f"{server.url}/sent")).body)
                    before, stalled = now, stalled + 1 if now == before else 0
                assert before < 100
                async for piece in pieces:
                    total += len(piece)
            assert total == 200 << 20

    with Server(endless) as server:
        run(scene())
