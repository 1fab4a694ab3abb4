"""How much of the server one client may hold."""

import select
import socket
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from bartizan.console import limits
from bartizan.kernel import Event, Stamp
from tests.console.house import House, served


def connected(house: House) -> socket.socket:
    return socket.create_connection(("127.0.0.1", house.port), timeout=20)


def rest(connection: socket.socket) -> bytes:
    """All that still comes, until the server hangs up."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(limits, "REQUEST_S", 0.3)
    return 0.3


def test_a_head_that_trickles_loses_its_connection(house: House, hurried: float) -> None:
    with closing(connected(house)) as slow:
        began = time.monotonic()
        ended = threading.Event()

        def trickle() -> None:
            try:
                slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
                while not ended.wait(0.05):
                    slow.sendall(b"X-A: b\r\n")
            except OSError:
                pass

        dripping = threading.Thread(target=trickle)
        dripping.start()
        assert rest(slow) == b""
        assert time.monotonic() - began < 5
        ended.set()
        dripping.join()


def test_a_connection_that_says_nothing_is_closed(house: House, hurried: float) -> None:
    with closing(connected(house)) as silent:
        assert rest(silent) == b""


def test_a_body_that_never_comes_is_not_waited_for(house: House, hurried: float) -> None:
    head = f"POST /enter HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\nContent-Length: 9\r\n"
    with closing(connected(house)) as slow:
        slow.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nkey=".encode())
        assert rest(slow) == b""


def test_a_second_request_on_a_connection_has_a_deadline_too(house: House, hurried: float) -> None:
    with closing(connected(house)) as kept:
        kept.sendall(f"GET /enter HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\n\r\nGET / HT".encode())
        assert rest(kept).startswith(b"HTTP/1.1 200 ")


def test_a_head_that_is_too_long_is_refused(house: House) -> None:
    with closing(connected(house)) as greedy:
        greedy.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * (limits.MAX_HEAD_BYTES + 1000))
        assert rest(greedy).startswith(b"HTTP/1.1 400 ")


def test_too_many_connections_are_turned_away_and_the_rest_go_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 3)
    held = [connected(house) for _ in range(3)]
    try:
        held[0].sendall(f"GET /enter HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\nConnection: close\r\n\r\n".encode())
        with closing(connected(house)) as fourth:
            assert rest(fourth) == b""
        assert rest(held[0]).startswith(b"HTTP/1.1 200 ")
    finally:
        for connection in held:
            connection.close()


def test_requests_that_pile_up_unanswered_end_their_connection(house: House) -> None:
    ask = f"GET /enter HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\n\r\n".encode()
    with closing(connected(house)) as greedy:
        greedy.sendall(ask * (limits.MAX_PIPELINED + 20))
        assert rest(greedy).count(b"HTTP/1.1 200 ") <= 1
    with closing(connected(house)) as modest:
        modest.sendall(ask * 4 + ask.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert rest(modest).count(b"HTTP/1.1 200 ") == 5


def test_a_reader_that_reads_nothing_loses_its_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNREAD_S", 0.2)
    records = [Stamp()(Event("tests.long", {f"text-{n}": "x" * 50 for n in range(5)})) for _ in range(200)]
    with served(tmp_path / "data", records, send_buffer=4096) as house, closing(socket.socket()) as deaf:
        house.enter()
        path = f"/search?kind=event HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\nCookie: {house.cookie}"
        assert len(house.get("/search?kind=event").text) > 100_000
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(20)
        deaf.connect(("127.0.0.1", house.port))
        deaf.sendall(f"GET {path}\r\n\r\n".encode())
        reset = select.poll()
        reset.register(deaf, select.POLLHUP | select.POLLERR)
        assert reset.poll(20_000), "the connection is still there"
        assert house.get("/enter").status == 200
