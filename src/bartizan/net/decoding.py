"""Content coding (RFC 9110, 8.4): gzip, when it was asked for, and within the limit of what it unpacks to."""

import zlib
from collections.abc import AsyncIterator

from bartizan.net.errors import Malformed, TooLarge
from bartizan.net.limits import KIB
from bartizan.net.url import Url

PIECE_BYTES = 64 * KIB


async def gunzip(pieces: AsyncIterator[bytes], limit_bytes: int, url: Url) -> AsyncIterator[bytes]:
    """The unpacked bytes of one gzip member; anything before, after or missing is refused."""
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    unpacked_bytes = 0
    async for data in pieces:
        rest = data
        while rest or not unpacker.eof:
            try:
                piece = unpacker.decompress(rest, PIECE_BYTES)
            except zlib.error:
                raise Malformed("the body is no proper gzip", where=url) from None
            unpacked_bytes += len(piece)
            if unpacked_bytes > limit_bytes:
                raise TooLarge(f"a body that unpacks to more than {limit_bytes:,} bytes", where=url)
            if unpacker.unused_data:
                raise Malformed("bytes follow the gzip member", where=url)
            rest = unpacker.unconsumed_tail
            if piece:
                yield piece
            elif not rest:
                break
    if not unpacker.eof:
        raise Malformed("the gzip member is cut short", where=url)
