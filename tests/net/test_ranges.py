"""Ranges and files read by them: only what was asked for is believed, and a file that changes is noticed."""

import io
import os
import random
import zipfile
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.kernel import OutOfBudget
from bartizan.net import BadStatus, Changed, NetError, RangeFile, Unsendable, WrongRange, fetch
from bartizan.net.ranges import ContentRange
from tests.net.server import HANG, Request, Script, Server, Step, ok, says

DATA = random.Random(1).randbytes(10_000)


def serves(data: bytes, *fields: str) -> Script:
    """Answers ranges of the data as a good server does."""

    def script(request: Request) -> Iterator[Step]:
        start, end = (int(number) for number in (request.header("range") or "").removeprefix("bytes=").split("-"))
        if start >= len(data):
            yield ok(b"", f"content-range: bytes */{len(data)}", status="416 Range Not Satisfiable")
            return
        part = data[start : end + 1]
        said = f"content-range: bytes {start}-{start + len(part) - 1}/{len(data)}"
        yield ok(part, said, *fields, status="206 Partial Content")

    return script


def part(body: bytes, said: str, *fields: str) -> bytes:
    return ok(body, f"content-range: {said}", *fields, status="206 Partial Content")


def test_a_range_is_had_with_what_it_is_of() -> None:
    with Server(serves(DATA)) as server:
        answer = fetch(server.url, range=(10, 30))
        assert (answer.body, answer.content_range) == (DATA[10:30], ContentRange(10, 30, 10_000))
        assert server.requests[0].header("range") == "bytes=10-29"
        cut = fetch(server.url, range=(9_990, 20_000))
        assert (cut.body, cut.content_range) == (DATA[9_990:], ContentRange(9_990, 10_000, 10_000))
        assert fetch(server.url, range=(10_000, 10_001)).status == 416


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"0123456789"),
        b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n",
        ok(b"0123", status="206 Partial Content"),
        part(b"0123", "bytes 0-3/100", "content-range: bytes 0-3/100"),
        part(b"0123", "bytes 0-3/*"),
        part(b"0123", "bytes 1-4/100"),
        part(b"012", "bytes 0-2/100"),
        part(b"01234", "bytes 0-4/100"),
        part(b"0123", "bytes 0-3/3"),
        part(b"012", "bytes 0-3/100"),
        part(b"01234", "bytes 0-3/100"),
        part(b"0123", "items 0-3/100"),
        part(b"0123", "bytes 0-3/100, 5-6/100"),
        part(b"0123", "bytes */100"),
        part(b"0123", "bytes 3-0/100"),
        part(b"", "bytes 0--1/0"),
        ok(b"--x", "content-type: multipart/byteranges; boundary=x", status="206 Partial Content"),
        b"HTTP/1.1 206 OK\r\ncontent-range: bytes 0-3/100\r\ntransfer-encoding: chunked\r\n\r\n3\r\n012\r\n0\r\n\r\n",
        b"HTTP/1.1 206 OK\r\ncontent-range: bytes 0-3/100\r\ntransfer-encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n\r\n",
    ],
)
def test_an_answer_that_is_not_the_range_that_was_asked_for_is_refused_unread(answer: bytes) -> None:
    with Server(says(answer, HANG if b"10000000000" in answer else 0.0)) as server, pytest.raises(WrongRange):
        fetch(server.url, range=(0, 4))


@pytest.mark.parametrize("asked", [(0, 0), (5, 4), (-1, 5)])
def test_no_range_and_a_range_of_packed_bytes_are_not_asked_for(asked: tuple[int, int]) -> None:
    with pytest.raises(Unsendable, match="is no range"):
        fetch("http://localhost:1/", range=asked)
    with pytest.raises(Unsendable, match="cannot be unpacked"):
        fetch("http://localhost:1/", range=(0, 5), gzip=True)


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.integers(-11_000, 11_000), st.integers(0, 5_000)), max_size=8),
    st.integers(300, 3_000),
    st.integers(1, 8),
)
def test_reads_and_seeks_give_what_a_local_file_gives(
    moves: list[tuple[int, int, int]], block: int, blocks: int
) -> None:
    local = io.BytesIO(DATA)
    with (
        Server(serves(DATA, 'etag: "1"')) as server,
        RangeFile(server.url, block_bytes=block, cache_blocks=blocks) as remote,
    ):
        for whence, offset, count in moves:
            start = [0, local.tell(), len(DATA)][whence] + offset
            if start < 0:
                with pytest.raises(ValueError, match="there is no position"):
                    remote.seek(offset, whence)
                continue
            assert remote.seek(offset, whence) == local.seek(start)
            assert remote.read(count) == local.read(count)
            assert remote.tell() == local.tell()
        assert server.connections == 1
        remote.seek(0)
        assert remote.read() == DATA


def test_the_members_of_a_large_archive_cost_a_few_blocks() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for number in range(20):
            writer.writestr(f"weights/{number}", random.Random(number).randbytes(200_000))
        writer.writestr("data.pkl", b"pickled")
    with Server(serves(archive.getvalue(), 'etag: "1"')) as server:
        with RangeFile(server.url, block_bytes=4_096) as file, zipfile.ZipFile(file) as reader:
            assert reader.read("data.pkl") == b"pickled"
            assert (file.size, file.name) == (len(archive.getvalue()), f"{server.url}/")
            assert file.fetched_bytes <= 5 * 4_096
        assert all(request.header("if-match") == '"1"' for request in server.requests[1:])


def test_an_empty_file_is_empty() -> None:
    with Server(serves(b"")) as server, RangeFile(server.url) as file:
        assert (file.size, file.read()) == (0, b"")


def test_more_than_the_budget_is_not_fetched() -> None:
    with Server(serves(DATA)) as server, RangeFile(server.url, block_bytes=1_000, budget_bytes=3_500) as file:
        assert file.read(3_000) == DATA[:3_000]
        with pytest.raises(OutOfBudget, match="more than 3,500 bytes would have to be fetched") as caught:
            file.read(1)
        assert isinstance(caught.value, NetError)
        assert file.fetched_bytes == 3_000


@pytest.mark.parametrize(
    "second",
    [
        part(DATA[1_000:2_000], "bytes 1000-1999/10000", 'etag: "2"'),
        part(DATA[1_000:2_000], "bytes 1000-1999/10000"),
        part(DATA[1_000:2_000], "bytes 1000-1999/10001", 'etag: "1"'),
        part(DATA[1_000:2_000], "bytes 1000-1999/10000", 'etag: "1"', "last-modified: Tue, 01 Jan 2030 00:00:00 GMT"),
        ok(status="412 Precondition Failed"),
        ok(b"", "content-range: bytes */500", status="416 Range Not Satisfiable"),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_noticed(second: bytes) -> None:
    def script(request: Request) -> Iterator[Step]:
        first = request.header("range") == "bytes=0-999"
        yield part(DATA[:1_000], "bytes 0-999/10000", 'etag: "1"') if first else second

    with Server(script) as server, RangeFile(server.url, block_bytes=1_000) as file, pytest.raises(Changed):
        file.read(2_000)


def test_a_weak_tag_is_compared_but_not_asked_for() -> None:
    with Server(serves(DATA, 'etag: W/"1"')) as server, RangeFile(server.url, block_bytes=1_000) as file:
        assert file.read() == DATA
    assert {request.header("if-match") for request in server.requests} == {None}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (ok(status="404 Not Found"), BadStatus),
        (ok(b"", "content-range: bytes */5", status="416 No"), BadStatus),
        (ok(b"x"), WrongRange),
    ],
)
def test_what_is_no_file_is_refused_when_it_is_opened(answer: bytes, error: type[NetError]) -> None:
    with Server(says(answer)) as server, pytest.raises(error):
        RangeFile(server.url)


def test_a_file_behind_a_redirect_is_read_with_its_fields_going_no_further() -> None:
    with Server(serves(DATA)) as store:
        moved = ok(b"", f"location: {store.url}/signed?token=s", status="302 Found")
        with Server(says(moved)) as hub, RangeFile(hub.url, headers={"authorization": "s"}, block_bytes=1_000) as file:
            file.seek(-10, os.SEEK_END)
            assert file.read() == DATA[-10:]
        assert [request.header("authorization") for request in hub.requests] == ["s", "s"]
    assert {request.header("authorization") for request in store.requests} == {None}


def test_a_closed_file_is_not_read() -> None:
    with Server(serves(DATA)) as server:
        file = RangeFile(server.url)
        file.close()
        file.close()
        with pytest.raises(ValueError, match="closed"):
            file.read(1)
