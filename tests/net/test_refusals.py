"""What the client never sends, unpacks or says."""

import asyncio
import gzip

import pytest

from bartizan.kernel import UsageError
from bartizan.net import Client, Headers, Malformed, NetError, Response, TooLarge, Unsendable, Url, fetch
from tests.net.server import CLOSE, Server, ok, says


def test_gzip_is_unpacked_if_it_was_asked_for() -> None:
    text = b"hello " * 50_000
    with Server(says(ok(gzip.compress(text), "content-encoding: gzip"))) as server:
        assert fetch(server.url, gzip=True).body == text
    assert server.requests[0].header("accept-encoding") == "gzip"
    with Server(says(ok(b"plain"))) as server:
        assert fetch(server.url, gzip=True).body == b"plain"


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, gzip", "deflate", "x"])
def test_a_coding_that_was_not_asked_for_is_refused(coding: str) -> None:
    with Server(says(ok(gzip.compress(b"a"), f"content-encoding: {coding}"))) as server:
        with pytest.raises(Malformed, match="which was not asked for"):
            fetch(server.url)
        if coding != "gzip":
            with pytest.raises(Malformed, match="which was not asked for"):
                fetch(server.url, gzip=True)


@pytest.mark.parametrize(
    ("packed", "error"),
    [
        (gzip.compress(b"x" * 5_000_000), TooLarge),
        (gzip.compress(b"hello")[:-3], Malformed),
        (gzip.compress(b"hello") + b"more", Malformed),
        (gzip.compress(b"hello") + gzip.compress(b"more"), Malformed),
        (b"no gzip at all", Malformed),
        (b"", Malformed),
    ],
    ids=["bomb", "cut", "padded", "two members", "no gzip", "empty"],
)
def test_gzip_that_is_a_bomb_cut_or_padded_is_refused(packed: bytes, error: type[NetError]) -> None:
    answer = ok(packed, "content-encoding: gzip")
    byte_by_byte = [answer[i : i + 1] for i in range(len(answer))] if len(answer) < 500 else [answer]
    for steps in ([answer], byte_by_byte):
        with Server(says(*steps)) as server, pytest.raises(error):
            fetch(server.url, gzip=True, body_bytes=1_000_000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", "a\r\nb: c"),
        ("x", "a\nb"),
        ("x", "a\0"),
        ("x", " a"),
        ("x", "\u0100"),
        ("x y", "a"),
        ("x:", "a"),
        ("", "a"),
        ("x\r\ny", "a"),
        ("Host", "evil"),
        ("Content-Length", "5"),
        ("transfer-encoding", "chunked"),
        ("connection", "upgrade"),
        ("accept-encoding", "br"),
        ("expect", "100-continue"),
    ],
)
def test_a_field_that_could_change_the_message_is_not_sent(name: str, value: str) -> None:
    with Server(says(ok())) as server:
        with pytest.raises(Unsendable):
            fetch(server.url, headers=[(name, value)])
        assert server.requests == []


@pytest.mark.parametrize("method", ["", "get", "GET /", "G\r\n", "CONNECT", "TRACE"])
def test_a_method_that_is_none_is_not_sent(method: str) -> None:
    with Server(says(ok())) as server:
        with pytest.raises(Unsendable):
            fetch(server.url, method=method)
        assert server.requests == []


def test_no_error_and_no_text_shows_a_query_or_a_field() -> None:
    with Server(says(CLOSE)) as server, pytest.raises(NetError) as caught:
        fetch(f"{server.url}/path?token=s3cret", headers={"authorization": "Bearer s3cret"})
    assert "/path?..." in str(caught.value)
    url, headers = Url.parse(f"{server.url}/?token=s3cret"), Headers({"authorization": "s3cret"}.items())
    response = Response(200, headers, url, b"")
    assert "s3cret" not in f"{caught.value!r}{caught.value}{url}{url!r}{headers!r}{response!r}"


def test_proxies_in_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Server(says(ok(b"direct"))) as server:
        assert fetch(server.url).body == b"direct"


def test_a_client_that_is_not_open_and_a_fetch_in_an_event_loop_are_wrong_usage() -> None:
    async def closed() -> None:
        await Client().request("GET", "http://localhost/")

    async def inside() -> None:
        fetch("http://localhost/")

    with pytest.raises(UsageError, match="async with Client"):
        asyncio.run(closed())
    with pytest.raises(UsageError, match="Use Client in an event loop"):
        asyncio.run(inside())
