"""A remote file that is read like a local one, by ranges: looking at the head of 70 GB costs kilobytes."""

import io
import os
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bartizan.net.client import Client, Response
from bartizan.net.errors import BadStatus, Changed, TooLarge
from bartizan.net.headers import Headers, HeadersLike
from bartizan.net.limits import KIB, MIB
from bartizan.net.options import Options
from bartizan.net.ranges import unsatisfied_total
from bartizan.net.sync import Blocking
from bartizan.net.url import Url

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class RangeFile(io.RawIOBase):
    """A read-only, seekable, binary file at a URL; for one thread. Every read is of the same version of the file.

    A read gets all the bytes that it asks for, up to the end of the file.
    """

    def __init__(
        self,
        url: str | Url,
        *,
        headers: HeadersLike = (),
        options: Options | None = None,
        block_bytes: int = 64 * KIB,
        cache_blocks: int = 64,
        budget_bytes: int = 64 * MIB,
    ) -> None:
        """`budget_bytes` is the most that may be fetched in all; more is OutOfBudget."""
        super().__init__()
        self.url = url if isinstance(url, Url) else Url.parse(url)
        self.name = str(self.url)
        self.fetched_bytes = 0
        self._headers = Headers.to_send(headers)
        self._block_bytes, self._cache_blocks, self._budget_bytes = block_bytes, cache_blocks, budget_bytes
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._position = 0
        self._version: _Version | None = None
        self._blocking, self._client = Blocking(), Client(options)
        try:
            self._blocking.run(self._client.__aenter__())
            self.size = self._open()
        except BaseException:
            self.close()
            raise

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError(f"there is no position {start + offset}")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: "WriteableBuffer") -> int:
        if self.closed:
            raise ValueError("the file is closed")
        view = memoryview(buffer).cast("B")
        begin, end = self._position, min(self._position + len(view), self.size)
        while self._position < end:
            data = self._bytes_at(self._position, end)
            at = self._position - begin
            view[at : at + len(data)] = data
            self._position += len(data)
        return max(0, self._position - begin)

    def close(self) -> None:
        if not self.closed:
            self._blocking.run(self._client.close())
            self._blocking.close()
        super().close()

    def _open(self) -> int:
        """Fetch the first block; the size of the file."""
        answer = self._ask(0, self._block_bytes)
        if answer.status == 416 and unsatisfied_total(answer.headers) == 0:
            return 0
        self._keep(0, answer)
        return _version(answer).total

    def _bytes_at(self, start: int, end: int) -> bytes:
        """Some bytes from `start` on, at least one and none beyond `end`."""
        number = start // self._block_bytes
        if number not in self._blocks:
            last = number
            while (
                (last + 1) * self._block_bytes < end
                and last + 1 not in self._blocks
                and last + 1 - number < self._cache_blocks
            ):
                last += 1
            self._keep(number, self._ask(number * self._block_bytes, min((last + 1) * self._block_bytes, self.size)))
        self._blocks.move_to_end(number)
        offset = number * self._block_bytes
        return self._blocks[number][start - offset : end - offset]

    def _ask(self, start: int, end: int) -> Response:
        if self.fetched_bytes + end - start > self._budget_bytes:
            raise TooLarge(f"more than {self._budget_bytes:,} bytes would have to be fetched", where=self.url)
        condition = {"if-match": self._version.etag} if self._version and self._version.is_strong else {}
        request = self._client.request(
            "GET", self.url, headers=[*self._headers, *condition.items()], range=(start, end), body_bytes=end - start
        )
        answer = self._blocking.run(request)
        self.fetched_bytes += len(answer.body)
        if answer.status == 206:
            self._check_version(_version(answer))
        elif answer.status in {412, 416} and self._version is not None:
            raise Changed("the file changed while it was read", where=self.url)
        elif answer.status != 416:
            raise BadStatus(f"the server answered {answer.status}", where=self.url)
        return answer

    def _check_version(self, version: "_Version") -> None:
        if self._version is not None and version != self._version:
            raise Changed("the file changed while it was read", where=self.url)
        self._version = version

    def _keep(self, number: int, answer: Response) -> None:
        for offset in range(0, len(answer.body), self._block_bytes):
            self._blocks[number + offset // self._block_bytes] = answer.body[offset : offset + self._block_bytes]
        while len(self._blocks) > self._cache_blocks:
            self._blocks.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Version:
    """What tells one version of a file from another."""

    total: int
    etag: str
    modified: str

    @property
    def is_strong(self) -> bool:
        """Whether equal tags mean equal bytes (RFC 9110, 8.8.1)."""
        return self.etag.startswith('"')


def _version(answer: Response) -> _Version:
    found = answer.content_range
    if found is None:
        raise BadStatus(f"the server answered {answer.status}", where=answer.url)
    return _Version(found.total, answer.headers.get("etag") or "", answer.headers.get("last-modified") or "")
