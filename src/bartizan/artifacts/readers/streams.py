"""Compressed streams: the bytes inside are a member. One reader for each mark."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.decompress import MAX_WINDOW_BYTES, Gzip, zstandard
from bartizan.artifacts.lz4_frame import Lz4
from bartizan.artifacts.reader import Found, Head, Look, Member, Reader
from bartizan.artifacts.unpack import Decompressor, unpacked

XZ_MEMORY_BYTES = 2 * MAX_WINDOW_BYTES


def _reader(name: str, sniff: Callable[[Head], bool], begin: Callable[[], Decompressor]) -> Reader:
    def read(artifact: Artifact, look: Look) -> Iterator[Found]:
        with unpacked(artifact, begin, look) as inner:
            yield Member(inner)

    return Reader(name, sniff, read)


def _marked(mark: bytes) -> Callable[[Head], bool]:
    return lambda head: head.start.startswith(mark)


def _is_zlib(head: Head) -> bool:
    """A zlib header (RFC 1950, 2.2), and a first block that really unpacks: two bytes alone are no mark."""
    start = head.start
    if len(start) < 8 or start[0] & 0x8F != 0x08 or (start[0] << 8 | start[1]) % 31 or start[1] & 0x20:
        return False
    try:
        return len(zlib.decompressobj().decompress(start, 64)) > 0
    except zlib.error:
        return False


def _is_lzma_alone(head: Head) -> bool:
    """The old LZMA header as `lzma.open` and joblib write it: properties 0x5d, a round dictionary, a size or -1."""
    start = head.start
    return len(start) > 13 and start[:3] == b"]\0\0" and start[4] in (0, 1, 2, 4, 8) and start[13] == 0


READERS = (
    _reader("gzip", _marked(b"\x1f\x8b\x08"), Gzip),
    _reader("zlib", _is_zlib, zlib.decompressobj),
    _reader("bzip2", _marked(b"BZh"), bz2.BZ2Decompressor),
    _reader("xz", _marked(b"\xfd7zXZ\0"), lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)),
    _reader("lzma", _is_lzma_alone, lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=XZ_MEMORY_BYTES)),
    _reader("zstd", _marked(b"\x28\xb5\x2f\xfd"), zstandard),
    _reader("lz4", _marked(b"\x04\x22\x4d\x18"), Lz4),
)
