"""Byte ranges (RFC 9110, 14): what is asked for, and whether the answer is that and nothing else."""

import re
from dataclasses import dataclass

from bartizan.net.errors import Unsendable, WrongRange
from bartizan.net.headers import Headers
from bartizan.net.url import Url

CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})\Z")
UNSATISFIED = re.compile(r"bytes \*/([0-9]{1,19})\Z")


@dataclass(frozen=True, slots=True)
class ContentRange:
    """Which bytes an answer holds, of how many."""

    start: int
    end: int
    """One past the last."""
    total: int


def range_field(start: int, end: int) -> str:
    """The `range` field that asks for the bytes from `start` up to, not including, `end`."""
    if not 0 <= start < end:
        raise Unsendable(f"from {start} up to {end} is no range of bytes")
    return f"bytes={start}-{end - 1}"


def check_range(status: int, headers: Headers, asked: tuple[int, int], url: Url) -> ContentRange | None:
    """The range that the answer holds; None if it is an error or redirect of the server's instead.

    A server may cut the range at the end of the file, and no otherwise. One that ignores ranges is refused before
    its body is read.
    """
    if status != 206:
        if 200 <= status < 300:
            what = f"the server answered {status} to a request for a range, not 206"
            raise WrongRange(what, where=url, todo="Download the file whole.")
        return None
    found = CONTENT_RANGE.match(headers.get("content-range") or "")
    if found is None or len(headers.all("content-range")) != 1:
        raise WrongRange("the answer does not say which range of how many bytes it holds", where=url)
    start, end, total = int(found[1]), int(found[2]) + 1, int(found[3])
    if (start, end) != (asked[0], min(asked[1], total)) or start >= end:
        raise WrongRange(f"asked for bytes {asked[0]} to {asked[1]}, got {start} to {end} of {total}", where=url)
    length = headers.get("content-length")
    if length is not None and int(length) != end - start:
        raise WrongRange(f"the answer holds {length} bytes, its range {end - start}", where=url)
    return ContentRange(start, end, total)


def unsatisfied_total(headers: Headers) -> int | None:
    """How many bytes there are, as an answer with status 416 says it."""
    found = UNSATISFIED.match(headers.get("content-range") or "")
    return int(found[1]) if found else None
