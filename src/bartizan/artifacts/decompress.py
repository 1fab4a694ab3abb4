"""Decompressors in the shape that `unpack.py` takes, for what the standard library does otherwise or not at all."""

import lzma
import struct
import sys
import zlib

from bartizan.artifacts.unpack import Decompressor
from bartizan.kernel import HostileInput

MAX_WINDOW_BYTES = 1 << 26
GZIP_MARK = b"\x1f\x8b"
GZIP_HEADER_BYTES, MAX_GZIP_HEADER_BYTES = 10, 1 << 20
GZIP_TRAILER = struct.Struct("<LL")
HEADER_CRC, EXTRA, NAME, COMMENT = 2, 4, 8, 16


def zstandard() -> Decompressor:
    """Of one zstd frame: the standard library's (Python 3.14), or its backport."""
    if sys.version_info >= (3, 14):
        from compression.zstd import DecompressionParameter, ZstdDecompressor
    else:
        from backports.zstd import DecompressionParameter, ZstdDecompressor
    return ZstdDecompressor(options={DecompressionParameter.window_log_max: MAX_WINDOW_BYTES.bit_length() - 1})


class Gzip:
    """gzip members (RFC 1952), whose checksum is looked at after all else: readers hand the data out before it."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=-15)
        self._kept = b""
        """What is left of the last bytes: of a header, or of the end, that goes on in the next ones."""
        self._headed = False
        self._crc = self._size = 0
        self.eof = False
        self.unused_data = self.unconsumed_tail = b""

    def decompress(self, data: bytes, max_length: int = 0) -> bytes:
        """At most `max_length` bytes; raises for a wrong checksum only when all was handed out."""
        self.unconsumed_tail = b""
        if not self._headed:
            data, self._kept = self._kept + data, b""
            length = gzip_header_bytes(data)
            if length is None:
                self._kept = data
                return b""
            self._headed, data = True, data[length:]
        if self._inner.eof:
            return self._end(self._kept + data)
        piece = self._inner.decompress(data, max_length)
        self._crc, self._size = zlib.crc32(piece, self._crc), self._size + len(piece)
        # What follows the data is looked at by a call of its own, so that no error keeps the data back.
        self.unconsumed_tail = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
        return piece

    def _end(self, rest: bytes) -> bytes:
        if len(rest) < GZIP_TRAILER.size:
            self._kept = rest
            return b""
        self.eof, self.unused_data = True, rest[GZIP_TRAILER.size :]
        if GZIP_TRAILER.unpack_from(rest) != (self._crc, self._size & 0xFFFF_FFFF):
            raise HostileInput("a gzip member with a wrong checksum, which is looked at after its data was used")
        return b""


def gzip_header_bytes(data: bytes) -> int | None:
    """The length of the header at the start of these bytes; None if they are too few."""
    if data[:2] != GZIP_MARK[: len(data)] or len(data) > MAX_GZIP_HEADER_BYTES:
        raise HostileInput("no gzip header")
    if len(data) < GZIP_HEADER_BYTES:
        return None
    flags, at = data[3], GZIP_HEADER_BYTES
    if flags & EXTRA:
        if len(data) < at + 2:
            return None
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    for flag in (NAME, COMMENT):
        if flags & flag:
            end = data.find(b"\0", at)
            if end < 0:
                return None
            at = end + 1
    at += 2 if flags & HEADER_CRC else 0
    return at if at <= len(data) else None


class ZipLzma:
    """The LZMA of a ZIP entry: a small header of its own, then a raw stream (APPNOTE 5.8.8)."""

    def __init__(self) -> None:
        self._inner: lzma.LZMADecompressor | None = None
        self._start = b""

    @property
    def eof(self) -> bool:
        return self._inner is not None and self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data if self._inner else b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        if self._inner is None:
            self._start += data
            size = int.from_bytes(self._start[2:4], "little")
            if len(self._start) < 4 + size:
                return b""
            if size != 5:
                raise HostileInput(f"an LZMA entry has {size} bytes of properties, expected 5")
            self._inner = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[lzma1_filter(self._start[4:9])])
            data = self._start[9:]
        return self._inner.decompress(data, max_length)


def lzma1_filter(properties: bytes) -> dict[str, int]:
    """The filter that five bytes of LZMA properties describe, its dictionary capped."""
    lc_lp_pb, dictionary = properties[0], int.from_bytes(properties[1:5], "little")
    rest, lc = divmod(lc_lp_pb, 9)
    pb, lp = divmod(rest, 5)
    if pb > 4 or dictionary > MAX_WINDOW_BYTES:
        raise HostileInput("LZMA properties are out of range")
    return {"id": lzma.FILTER_LZMA1, "dict_size": max(dictionary, 4096), "lc": lc, "lp": lp, "pb": pb}
