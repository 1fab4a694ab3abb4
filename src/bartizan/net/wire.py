"""HTTP/1.1 on the wire (RFC 9112): writing requests, and reading messages under limits with httptools.

`MessageReader` holds what requests and answers share, for a server to build on; `AnswerReader` reads answers.
httptools itself refuses two lengths, a length beside chunks, bare LF, folded lines and blanks before a colon.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import httptools

from bartizan.net.errors import Malformed, NetError, TooLarge, Unsendable
from bartizan.net.headers import Headers
from bartizan.net.limits import Limits

METHOD = re.compile(r"[A-Z]{1,20}\Z")
# A tunnel and a loop back of credentials; nothing here wants either.
REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})
# What frames a message or concerns the connection is written here and nowhere else.
OWN_FIELDS = frozenset({"connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te"})
OWN_FIELDS |= {"trailer", "transfer-encoding", "upgrade"}
MAX_OVERHEAD_PER_BODY_BYTE = 8
BODILESS = frozenset({204, 304})

RawParser: TypeAlias = httptools.HttpRequestParser | httptools.HttpResponseParser


def request_head(method: str, target: str, authority: str, headers: Headers, body: bytes | None) -> bytes:
    """The bytes of a request up to its body."""
    if not METHOD.match(method) or method in REFUSED_METHODS:
        raise Unsendable("a method is a word of capitals, and neither CONNECT nor TRACE")
    if own := sorted(name for name, _ in headers if name in OWN_FIELDS):
        raise Unsendable(f"{', '.join(own)} cannot be set by hand")
    fields = [("host", authority), *headers]
    if body is not None:
        fields.append(("content-length", str(len(body))))
    return _head(f"{method} {target} HTTP/1.1", fields)


def _head(start: str, fields: Iterable[tuple[str, str]]) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")


class Sink(Protocol):
    """Who takes what a reader found."""

    def on_body_piece(self, data: bytes) -> None: ...

    def on_end(self) -> None: ...


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """The start of an answer."""

    status: int
    headers: Headers
    keeps_open: bool
    """Whether the connection can be used again after it."""


class MessageReader:
    """Reads one message. Raises NetError at what breaks the rules or the limits."""

    def __init__(self, sink: Sink, limits: Limits) -> None:
        self.done = False
        self.extra = False
        """Whether bytes came after the message: then nothing on this connection can be trusted any more."""
        self._sink, self._limits = sink, limits
        self._fields: list[tuple[str, str]] = []
        self._field_bytes = 0
        self._in_head = True
        self._fed_bytes = 0
        self._body_bytes = 0
        self._quiet_bytes = 0
        self._fault: NetError | None = None
        """What a callback raised, which httptools wraps."""
        self._raw: RawParser

    def feed(self, data: bytes) -> None:
        self._fed_bytes += len(data)
        self._quiet_bytes += len(data)
        try:
            self._raw.feed_data(data)
        except httptools.HttpParserCallbackError:
            if self._fault is None:
                raise
            raise self._fault from None
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.done:
                raise Malformed(f"not HTTP/1.1: {error}") from None
            self.extra = True
        if not self.done:
            self._check_quiet_and_overhead()

    def on_message_begin(self) -> None:
        self.extra = self.extra or self.done

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.done:
            return
        self._count_head(len(name) + len(value) + 4)
        if len(self._fields) >= self._limits.headers:
            raise self._refuse(TooLarge(f"more than {self._limits.headers} header fields"))
        self._fields.append((name.decode("latin-1"), value.decode("latin-1").strip(" \t")))

    def on_body(self, data: bytes) -> None:
        if self.done:
            self.extra = True
            return
        self._quiet_bytes = 0
        self._body_bytes += len(data)
        if self._body_bytes > self._limits.body_bytes:
            raise self._refuse(TooLarge(f"a body of more than {self._limits.body_bytes:,} bytes"))
        self._sink.on_body_piece(data)

    def on_message_complete(self) -> None:
        if not self._in_head:
            self._end()

    def _begin_body(self, headers: Headers, version: str) -> int | None:
        """Check how the body is framed; its length, None if that is not said beforehand."""
        self._in_head = False
        self._quiet_bytes = 0
        self._fields, self._field_bytes = [], 0  # trailers follow, and have the same limits
        codings = headers.all("transfer-encoding")
        if codings and ([coding.lower() for coding in codings] != ["chunked"] or version != "1.1"):
            raise self._refuse(Malformed("a transfer coding other than chunked"))
        if version not in {"1.0", "1.1"}:
            raise self._refuse(Malformed(f"HTTP/{version} was not asked for"))
        length = None if codings else headers.get("content-length")
        return None if length is None else int(length)

    def _check_length(self, length: int | None) -> None:
        if length is not None and length > self._limits.body_bytes:
            raise self._refuse(TooLarge(f"a body of {length:,} bytes, more than {self._limits.body_bytes:,}"))

    def _count_head(self, count: int) -> None:
        self._field_bytes += count
        if self._field_bytes > self._limits.header_bytes:
            raise self._refuse(TooLarge(f"a header of more than {self._limits.header_bytes:,} bytes"))

    def _check_quiet_and_overhead(self) -> None:
        """Bound what makes no progress: unfinished fields, chunk extensions, storms of tiny chunks."""
        limit = self._limits.header_bytes
        if self._quiet_bytes > limit:
            raise TooLarge(f"a header of more than {limit:,} bytes" if self._in_head else "more framing than body")
        overhead = self._fed_bytes - self._body_bytes
        if overhead > 2 * limit + MAX_OVERHEAD_PER_BODY_BYTE * self._body_bytes:
            raise TooLarge("more framing than body")

    def _refuse(self, fault: NetError) -> NetError:
        self._fault = fault
        return fault

    def _end(self) -> None:
        if not self.done:
            self.done = True
            self._sink.on_end()


class AnswerReader(MessageReader):
    """Reads the answer to a request with this method; interim answers are passed over."""

    def __init__(self, sink: Sink, limits: Limits, method: str) -> None:
        super().__init__(sink, limits)
        self.head: AnswerHead | None = None
        self._method = method
        self._until_close = False
        self._raw = self._parser = httptools.HttpResponseParser(self)

    def on_status(self, reason: bytes) -> None:
        if not self.done:
            self._count_head(len(reason))

    def on_headers_complete(self) -> None:
        if self.done:
            return
        status, headers = self._parser.get_status_code(), Headers(self._fields)
        if status == 101:
            raise self._refuse(Malformed("the protocol was switched, which was not asked for"))
        if status < 200:  # interim, RFC 9110, 15.2; its bytes count like those of the answer's own header
            self._fields = []
            return
        length = self._begin_body(headers, self._parser.get_http_version())
        bodiless = self._method == "HEAD" or status in BODILESS
        self._until_close = not bodiless and length is None and "transfer-encoding" not in headers
        self.head = AnswerHead(status, headers, self._parser.should_keep_alive() and not self._until_close)
        if bodiless:
            self._end()
        else:
            self._check_length(length)  # last, so that whoever asked sees the status of an answer with too long a body

    def eof(self) -> None:
        """The peer closed: the end of a body without a length, or too early."""
        if self.done:
            return
        if not self._until_close:
            raise Malformed("the connection closed before the end of the answer")
        self._end()
