"""HTTP/1.1: everyone's only client, and the pieces that a server is made of."""

from bartizan.net.address import public_only
from bartizan.net.client import Answer, Client, Response
from bartizan.net.errors import (
    BadRedirect,
    BadStatus,
    Changed,
    ForbiddenAddress,
    Malformed,
    NetError,
    Overdue,
    TooLarge,
    Unreachable,
    Unsendable,
    Untrusted,
    WrongRange,
)
from bartizan.net.headers import Headers
from bartizan.net.limits import Deadlines, Limits
from bartizan.net.options import Options
from bartizan.net.range_file import RangeFile
from bartizan.net.sync import fetch
from bartizan.net.url import Url

__all__ = [
    "Answer",
    "BadRedirect",
    "BadStatus",
    "Changed",
    "Client",
    "Deadlines",
    "ForbiddenAddress",
    "Headers",
    "Limits",
    "Malformed",
    "NetError",
    "Options",
    "Overdue",
    "RangeFile",
    "Response",
    "TooLarge",
    "Unreachable",
    "Unsendable",
    "Untrusted",
    "Url",
    "WrongRange",
    "fetch",
    "public_only",
]
