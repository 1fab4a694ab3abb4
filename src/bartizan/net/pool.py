"""Connections: opened to allowed addresses, lent for one exchange, and kept for the next."""

import asyncio
import ssl
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from ipaddress import ip_address
from typing import TypeAlias

from bartizan.net.address import Address, addresses
from bartizan.net.connection import Connection
from bartizan.net.errors import ForbiddenAddress, NetError, Overdue, Unreachable, Untrusted
from bartizan.net.options import Options
from bartizan.net.url import Url

MIN_TRY_SECONDS = 2.0

Loan: TypeAlias = tuple[Connection, bool]
"""A connection, and whether it was used before."""


class Pool:
    """The connections of one client."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._idle: defaultdict[tuple[str, str, int], deque[Connection]] = defaultdict(deque)
        self._open: set[Connection] = set()
        self._slots = asyncio.Semaphore(options.connections)
        self._tls: ssl.SSLContext | None = None

    @asynccontextmanager
    async def lend(
        self, url: Url, until: float | None, *, fresh: bool = False
    ) -> AsyncIterator[tuple[Connection, bool]]:
        """A connection to the URL's origin, which is kept if the exchange ends well."""
        connect_until = asyncio.get_running_loop().time() + self._options.deadlines.connect
        until = connect_until if until is None else min(until, connect_until)
        try:
            async with asyncio.timeout_at(until):
                await self._slots.acquire()
        except TimeoutError:
            raise Overdue(f"all {self._options.connections} connections are in use", where=url) from None
        try:
            kept = None if fresh else self._kept(url)
            connection = kept or await self._dial(url, until)
            try:
                yield connection, kept is not None
            finally:
                self._take_back(connection)
        finally:
            self._slots.release()

    async def close(self) -> None:
        for connection in list(self._open):
            await connection.closed()
        self._open.clear()
        self._idle.clear()

    def _kept(self, url: Url) -> Connection | None:
        idle = self._idle[url.origin]
        oldest = asyncio.get_running_loop().time() - self._options.keep_seconds
        while idle:
            connection = idle.pop()  # the one used last is the one most likely to be alive
            if connection.reusable and connection.last_used >= oldest:
                return connection
            self._drop(connection)
        del self._idle[url.origin]
        return None

    def _take_back(self, connection: Connection) -> None:
        if connection.reusable:
            self._idle[connection.url.origin].append(connection)
        else:
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        connection.close()
        self._open.discard(connection)

    async def _dial(self, url: Url, until: float) -> Connection:
        """Try the allowed addresses one by one; the last complaint is raised if none answers."""
        loop = asyncio.get_running_loop()
        complaint: NetError = Overdue("no connection in time", where=url)
        try:
            async with asyncio.timeout_at(until):
                candidates = await addresses(url, self._options.allow_addresses)
                for number, address in enumerate(candidates):
                    left = (until - loop.time()) / (len(candidates) - number)
                    try:
                        async with asyncio.timeout(max(left, MIN_TRY_SECONDS)):
                            connection = await self._connect(url, address)
                    except TimeoutError:
                        complaint = Overdue("no connection in time", where=url)
                    except NetError as error:
                        complaint = error
                    else:
                        self._open.add(connection)
                        return connection
        except TimeoutError:
            raise Overdue("no connection in time", where=url) from None
        raise complaint

    async def _connect(self, url: Url, address: Address) -> Connection:
        secure = url.scheme == "https"
        if secure and self._tls is None:
            self._tls = self._options.tls_context()
        try:
            transport, connection = await asyncio.get_running_loop().create_connection(
                partial(Connection, url, self._options.deadlines),
                str(address),
                url.port,
                ssl=self._tls if secure else None,
                server_hostname=url.host if secure else None,
            )
        except ssl.SSLCertVerificationError as error:
            raise Untrusted(f"the certificate is refused: {error.verify_message}", where=url) from None
        except ssl.SSLError as error:
            raise Untrusted(f"TLS cannot be spoken: {error.reason or 'closed'}", where=url) from None
        except OSError as error:
            raise Unreachable(f"no connection: {error.strerror or type(error).__name__}", where=url) from None
        peer = transport.get_extra_info("peername")
        if peer is None or ip_address(str(peer[0]).partition("%")[0]) != address:
            transport.abort()
            raise ForbiddenAddress("the connection is not to the address that was allowed", where=url)
        return connection
