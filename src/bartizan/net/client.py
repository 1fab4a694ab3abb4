"""The HTTP client: requests, redirects and answers. No cookies, and no proxies out of the environment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Self

from bartizan.kernel import UsageError
from bartizan.net.connection import Connection
from bartizan.net.decoding import gunzip
from bartizan.net.errors import BadRedirect, Malformed, Unreachable, Unsendable, WrongRange
from bartizan.net.headers import Headers, HeadersLike
from bartizan.net.limits import Limits
from bartizan.net.options import Options
from bartizan.net.pool import Pool
from bartizan.net.ranges import ContentRange, check_range, range_field
from bartizan.net.url import Url
from bartizan.net.wire import AnswerHead, request_head

REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Sending these twice is the same as sending them once (RFC 9110, 9.2.2).
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
# All that goes along to another origin: any other field may be a credential.
HARMLESS = frozenset(
    {"accept", "accept-encoding", "accept-language", "if-match", "if-none-match", "range", "user-agent"}
)


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer."""

    status: int
    headers: Headers
    url: Url
    """Where it came from in the end."""
    body: bytes
    content_range: ContentRange | None = None
    """What the body holds, if a range was asked for and given."""


class Client:
    """Sends requests over a pool of connections: `async with Client() as client: ...`."""

    def __init__(self, options: Options | None = None) -> None:
        self._options = options or Options()
        self._pool: Pool | None = None

    async def __aenter__(self) -> Self:
        self._pool = Pool(self._options)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def request(
        self,
        method: str,
        url: str | Url,
        *,
        headers: HeadersLike = (),
        body: bytes | None = None,
        range: tuple[int, int] | None = None,
        gzip: bool = False,
        body_bytes: int | None = None,
    ) -> Response:
        """The whole answer, whatever its status."""
        async with self.stream(
            method, url, headers=headers, body=body, range=range, gzip=gzip, body_bytes=body_bytes
        ) as answer:
            return Response(answer.status, answer.headers, answer.url, await answer.read(), answer.content_range)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str | Url,
        *,
        headers: HeadersLike = (),
        body: bytes | None = None,
        range: tuple[int, int] | None = None,
        gzip: bool = False,
        body_bytes: int | None = None,
    ) -> AsyncIterator["Answer"]:
        """The answer as it comes: iterate over it for the pieces of its body.

        `range` is the first byte and one past the last. `gzip` lets the server compress, and unpacks it.
        `body_bytes` is the most that the body may hold, before and after unpacking.
        """
        total = self._options.deadlines.total
        until = None if total is None else asyncio.get_running_loop().time() + total
        limits = self._options.limits if body_bytes is None else replace(self._options.limits, body_bytes=body_bytes)
        call = _Call(method, url if isinstance(url, Url) else Url.parse(url), self._fields(headers, range, gzip), body)
        if body is None and method in WITH_BODY:
            call = replace(call, body=b"")
        async with AsyncExitStack() as stack:
            connection, head, call = await self._follow(stack, call, limits, until)
            content_range = check_range(head.status, head.headers, range, call.url) if range else None
            yield Answer(connection, head, call, content_range, limits.body_bytes, gzip)

    def _fields(self, headers: HeadersLike, range: tuple[int, int] | None, gzip: bool) -> Headers:
        """The fields to send; what this client adds for itself cannot be set by hand as well."""
        given = Headers.to_send(headers)
        own = {"accept-encoding": "gzip" if gzip else "identity"}
        if range:
            own["range"] = range_field(*range)
        if gzip and range:
            raise Unsendable("a range of a compressed body cannot be unpacked")
        if twice := sorted(name for name in own if name in given):
            raise Unsendable(f"{', '.join(twice)} cannot be set by hand")
        if "user-agent" not in given:
            own["user-agent"] = self._options.user_agent
        return Headers.to_send([*own.items(), *given])

    async def _follow(
        self, stack: AsyncExitStack, call: "_Call", limits: Limits, until: float | None
    ) -> "tuple[Connection, AnswerHead, _Call]":
        """The first answer that is no redirect, and the call that it answers."""
        redirects_left = self._options.redirects
        while True:
            async with AsyncExitStack() as attempt:
                connection, head = await self._exchange(attempt, call, limits, until)
                if head.status not in REDIRECTS or self._options.redirects == 0:
                    stack.push_async_exit(attempt.pop_all())
                    return connection, head, call
            if redirects_left == 0:
                raise BadRedirect(f"more than {self._options.redirects} redirects", where=call.url)
            redirects_left -= 1
            call = call.redirected(head)

    async def _exchange(
        self, stack: AsyncExitStack, call: "_Call", limits: Limits, until: float | None
    ) -> tuple[Connection, AnswerHead]:
        """Send the request; once more if a kept connection turns out to have been closed by the server."""
        if self._pool is None:
            raise UsageError("the client is closed", todo="Write: async with Client() as client")
        request = call.encode()
        async with AsyncExitStack() as attempt:
            connection, used_before = await attempt.enter_async_context(self._pool.lend(call.url, until))
            try:
                head = await connection.ask(call.method, request, limits, until)
            except Unreachable:
                if not used_before or connection.answered or call.method not in IDEMPOTENT:
                    raise
            else:
                stack.push_async_exit(attempt.pop_all())
                return connection, head
        connection, _ = await stack.enter_async_context(self._pool.lend(call.url, until, fresh=True))
        return connection, await connection.ask(call.method, request, limits, until)


class Answer:
    """The start of an answer, and its body to iterate over once."""

    def __init__(
        self,
        connection: Connection,
        head: AnswerHead,
        call: "_Call",
        content_range: ContentRange | None,
        limit_bytes: int,
        gzip: bool,
    ) -> None:
        self.status, self.headers, self.url = head.status, head.headers, call.url
        self.content_range = content_range
        self._connection, self._limit_bytes = connection, limit_bytes
        self._packed = _is_packed(head, call, gzip)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = self._pieces()
        async for data in gunzip(pieces, self._limit_bytes, self.url) if self._packed else pieces:
            yield data

    async def read(self) -> bytes:
        """The whole body."""
        return b"".join([data async for data in self])

    async def _pieces(self) -> AsyncIterator[bytes]:
        count = 0
        while data := await self._connection.piece():
            count += len(data)
            yield data
        found = self.content_range
        if found is not None and count != found.end - found.start:
            raise WrongRange(f"the body holds {count} bytes, its range {found.end - found.start}", where=self.url)


@dataclass(frozen=True, slots=True)
class _Call:
    """One request on its way."""

    method: str
    url: Url
    headers: Headers
    body: bytes | None

    def encode(self) -> bytes:
        head = request_head(self.method, self.url.target, self.url.authority, self.headers, self.body)
        return head + (self.body or b"")

    def redirected(self, head: AnswerHead) -> "_Call":
        """The request that follows a redirect (RFC 9110, 15.4); credentials stay with the origin that they are for."""
        locations = head.headers.all("location")
        if len(locations) != 1:
            raise BadRedirect("a redirect to nowhere, or to several places", where=self.url)
        try:
            url = self.url.join(locations[0])
        except Unsendable as error:
            raise BadRedirect(f"a redirect that cannot be followed: {error.what}", where=self.url) from None
        if self.url.scheme == "https" and url.scheme == "http":
            raise BadRedirect("a redirect from https to http", where=self.url)
        method, body = self.method, self.body
        if (head.status == 303 and method != "HEAD") or (head.status in {301, 302} and method == "POST"):
            method, body = "GET", None
        if url.origin == self.url.origin:
            return _Call(method, url, self.headers, body)
        if body is not None:
            raise BadRedirect("a redirect that would carry the body to another origin", where=self.url)
        return _Call(method, url, self.headers.only(HARMLESS | {"user-agent"}), body)


def _is_packed(head: AnswerHead, call: _Call, gzip: bool) -> bool:
    """Whether the body is gzip; a coding that was not asked for is refused."""
    coding = ", ".join(head.headers.all("content-encoding")).lower()
    if coding in {"", "identity"}:
        return False
    if gzip and coding == "gzip":
        return call.method != "HEAD" and head.status not in {204, 304}
    raise Malformed(f"the body has the coding {coding[:40]!r}, which was not asked for", where=call.url)
