"""Decompressors in the shape that `unpack.py` takes, for what the standard library lacks."""

import lzma

from bartizan.kernel import HostileInput

FEED_BYTES = 1 << 10
MAX_WINDOW_BYTES = 1 << 26


class Zstandard:
    """zstd frames. Fed in small slices: a kilobyte can unpack to no more than some 32 MiB."""

    def __init__(self) -> None:
        import zstandard

        self._inner = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES).decompressobj()
        self._ready = b""
        self._given = 0
        """Bytes of `_ready` that were handed out."""
        self.unconsumed_tail = b""
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof and self._given == len(self._ready)

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes; input that was not needed for them is the `unconsumed_tail`."""
        at = 0
        while self._given == len(self._ready) and at < len(data) and not self._inner.eof:
            self._ready, self._given = self._inner.decompress(data[at : at + FEED_BYTES]), 0
            at += FEED_BYTES
        rest = data[at:]
        end = len(self._ready) if max_length < 0 else self._given + max_length
        piece = self._ready[self._given : end]
        self._given += len(piece)
        if self._inner.eof:
            self.unused_data = self._inner.unused_data + rest if not self.unused_data else self.unused_data
            rest = b""
        self.unconsumed_tail = rest
        return piece


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
