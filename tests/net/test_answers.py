"""Reading answers: any split gives the same, and nothing but NetError comes out of anything."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.net import Headers, Limits, Malformed, NetError, TooLarge
from bartizan.net.wire import AnswerHead, AnswerReader

LIMITS = Limits(header_bytes=1_000, headers=10, body_bytes=10_000)
H = b"HTTP/1.1 200 OK\r\n"
CHUNKED = H + b"transfer-encoding: chunked\r\n\r\n"


class Collected:
    """What a reader found, and how it ended."""

    def __init__(self, data: list[bytes], method: str = "GET", limits: Limits = LIMITS) -> None:
        self.body, self.ended, self.error = b"", False, ""
        self._reader = AnswerReader(self, limits, method)
        try:
            for piece in data:
                if not self._reader.done:
                    self._reader.feed(piece)
            self._reader.eof()
        except NetError as error:
            self.error = f"{type(error).__name__}: {error}"
        self.head, self.extra = self._reader.head, self._reader.extra

    def on_body_piece(self, data: bytes) -> None:
        self.body += data

    def on_end(self) -> None:
        assert not self.ended
        self.ended = True

    @property
    def whole(self) -> tuple[AnswerHead | None, bytes, bool, str]:
        return self.head, self.body, self.ended, self.error


names = st.from_regex(r"x-[a-z]{1,8}", fullmatch=True)
values = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)
fields = st.lists(st.tuples(names, values), max_size=5)


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, Headers, bytes]:
    """A well-formed answer, its header and its body."""
    extra = draw(fields)
    body = draw(st.binary(max_size=300))
    interim = draw(st.sampled_from([b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"]))
    if draw(st.booleans()):
        own, framed = ("content-length", str(len(body))), body
    else:
        own, framed = ("transfer-encoding", "chunked"), b""
        rest = body
        while rest:
            size = draw(st.integers(1, len(rest)))
            extension = draw(st.sampled_from([b"", b";a=b"]))
            framed += b"%x%s\r\n%s\r\n" % (size, extension, rest[:size])
            rest = rest[size:]
        framed += b"0\r\n" + draw(st.sampled_from([b"", b"x-trailer: 1\r\n"])) + b"\r\n"
    headers = Headers([*extra, own])
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return interim + H + head.encode() + b"\r\n" + framed, headers, body


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(ends)]


@settings(max_examples=150)
@given(answers(), st.lists(st.integers(0, 2_000), max_size=40))
def test_any_split_of_an_answer_gives_the_same(made: tuple[bytes, Headers, bytes], cuts: list[int]) -> None:
    data, headers, body = made
    expected = AnswerHead(200, headers, keeps_open=True), body, True, ""
    assert Collected(pieces_of(data, cuts)).whole == expected
    assert Collected([data[i : i + 1] for i in range(len(data))]).whole == expected


@settings(max_examples=600)
@given(
    answers(),
    st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=4)), max_size=4),
    st.lists(st.integers(0, 2_000)),
)
def test_a_mutated_answer_is_read_alike_in_any_split_or_refused(
    made: tuple[bytes, Headers, bytes], mutations: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    data, _, _ = made
    for at, replacement in mutations:
        at %= len(data) + 1
        data = data[:at] + replacement + data[at + len(replacement) :]
    whole, split = Collected([data]), Collected(pieces_of(data, cuts))
    assert (whole.ended, whole.head) == (split.ended, split.head)
    assert bool(whole.error) == bool(split.error) == (not whole.ended)
    if whole.ended:
        assert whole.body == split.body


@settings(max_examples=150)
@given(st.lists(st.one_of(st.binary(max_size=50), st.sampled_from([H, b"\r\n", b"\r\n\r\n", CHUNKED, b"0\r\n\r\n"]))))
def test_random_bytes_end_in_an_answer_or_a_net_error(data: list[bytes]) -> None:
    found = Collected(data)
    assert found.ended != bool(found.error)


@pytest.mark.parametrize(
    "data",
    [
        H + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        H + b"transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n",
        H + b"content-length: 3\r\ncontent-length: 3\r\n\r\nabc",
        H + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabc",
        H + b"content-length: 3, 3\r\n\r\nabc",
        H + b"content-length: +3\r\n\r\nabc",
        H + b"content-length: -3\r\n\r\nabc",
        H + b"content-length: 0x3\r\n\r\nabc",
        H + b"content-length: \r\n\r\nabc",
        H + b"content-length: 99999999999999999999999\r\n\r\n",
        H + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        H + b"transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        H + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        H + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/0.9 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nhello",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\ncontent-length: 0\n\n",
        H + b"a: b\r\n folded\r\ncontent-length: 0\r\n\r\n",
        H + b"a : b\r\ncontent-length: 0\r\n\r\n",
        H + b"a: b\0c\r\ncontent-length: 0\r\n\r\n",
        H + b"a: b\rc\r\ncontent-length: 0\r\n\r\n",
        H + b": b\r\ncontent-length: 0\r\n\r\n",
        CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"3\r\nabcX\r\n0\r\n\r\n",
        CHUNKED + b"3\nabc\n0\n\n",
        CHUNKED + b"ffffffffffffffffff\r\nabc",
        CHUNKED + b"3\r\nabc\r\n",
        H + b"content-length: 3\r\n\r\nab",
        H + b"content-le",
        b"",
    ],
)
def test_what_breaks_the_rules_is_refused(data: bytes) -> None:
    assert Collected([data]).error.startswith(Malformed.__name__)


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"", b"\r\n"),
        (b"HTTP/1.1 200 ", b"O" * 50),
        (H + b"x: ", b"y" * 50),
        (H, b"x"),
        (H, b"x: y\r\n"),
        (b"", b"HTTP/1.1 103 Early\r\nx: y\r\n\r\n"),
        (CHUNKED + b"1;", b"x" * 50),
        (CHUNKED + b"0\r\nx: ", b"y" * 50),
        (CHUNKED + b"0\r\n", b"x: y\r\n"),
        (CHUNKED, b"1;" + b"x" * 50 + b"\r\na\r\n"),
        (CHUNKED, b"1\r\na\r\n"),
        (H + b"\r\n", b"a" * 50),
    ],
)
def test_what_never_ends_is_stopped_in_small_pieces_and_large(start: bytes, more: bytes) -> None:
    assert Collected([start, *[more] * 20_000]).error.startswith(TooLarge.__name__)
    assert Collected([start + more * 20_000]).error.startswith(TooLarge.__name__)


def test_a_length_beyond_the_limit_is_refused_before_any_body_came() -> None:
    assert "a body of 10,000,000,000 bytes" in Collected([H + b"content-length: 10000000000\r\n\r\n"]).error
    assert Collected([H + b"content-length: 10000\r\n\r\n" + b"x" * 10_000]).ended


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_that_has_no_body_ends_with_its_header(status: bytes) -> None:
    found = Collected([b"HTTP/1.1 " + status + b"\r\ncontent-length: 99999999999\r\n\r\n"])
    assert (found.ended, found.body, found.extra) == (True, b"", False)


def test_the_answer_to_head_ends_with_its_header_whatever_it_announces() -> None:
    for field in (b"content-length: 99999999999", b"transfer-encoding: chunked", b"x: y"):
        found = Collected([H + field + b"\r\n\r\n"], method="HEAD")
        assert (found.ended, found.body, found.extra) == (True, b"", False)
    assert Collected([H + b"content-length: 3\r\n\r\nabc"], method="HEAD").extra


def test_bytes_after_an_answer_are_noticed() -> None:
    for last in (b"content-length: 1\r\n\r\na", b"connection: close\r\ncontent-length: 1\r\n\r\na"):
        assert not Collected([H + last]).extra
        for more in (H + b"content-length: 0\r\n\r\n", b"garbage"):
            found = Collected([H + last + more])
            assert (found.body, found.ended, found.extra) == (b"a", True, True)


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    found = Collected([H + b"\r\nabc", b"def"])
    assert (found.body, found.ended, found.error) == (b"abcdef", True, "")
    assert found.head == AnswerHead(200, Headers(), keeps_open=False)
