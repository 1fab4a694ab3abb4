"""LZ4 frames (lz4_Frame_format.md 1.6), unpacked block by block; the lz4 library is no core dependency."""

from bartizan.kernel import HostileInput

MARK = b"\x04\x22\x4d\x18"
BLOCK_BYTES = {4: 64 << 10, 5: 256 << 10, 6: 1 << 20, 7: 4 << 20}
WINDOW_BYTES = 64 << 10
UNCOMPRESSED = 0x8000_0000
MIN_MATCH = 4


class Lz4:
    """One frame. Checksums are passed over: a scanner need not refuse what a lenient loader takes."""

    def __init__(self) -> None:
        self._input = b""
        self._ready = b""
        self._window = b""
        self._flags: int | None = None
        self._max_block = 0
        self._done = False
        self.unused_data = b""
        self.unconsumed_tail = b""

    @property
    def eof(self) -> bool:
        return self._done and not self._ready

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes of output."""
        self._input += data
        while not self._done and (max_length < 0 or len(self._ready) < max_length) and self._step():
            pass
        if self._done and self._input:
            self.unused_data, self._input = self._input, b""
        cut = len(self._ready) if max_length < 0 else max_length
        piece, self._ready = self._ready[:cut], self._ready[cut:]
        return piece

    def _step(self) -> bool:
        """Read the header or one block; False if more input is needed."""
        if self._flags is None:
            return self._read_header()
        if len(self._input) < 4:
            return False
        word = int.from_bytes(self._input[:4], "little")
        if word == 0:
            return self._read_end(self._flags)
        size = word & ~UNCOMPRESSED
        if size > self._max_block:
            raise HostileInput(f"an LZ4 block of {size} bytes is larger than its frame allows")
        whole = 4 + size + (4 if self._flags & 0x10 else 0)
        if len(self._input) < whole:
            return False
        block, self._input = self._input[4 : 4 + size], self._input[whole:]
        window = b"" if self._flags & 0x20 else self._window
        unpacked = block if word & UNCOMPRESSED else unpack_block(block, window, self._max_block)
        self._ready += unpacked
        self._window = (window + unpacked)[-WINDOW_BYTES:]
        return True

    def _read_header(self) -> bool:
        if len(self._input) < 7:
            return False
        flags, block = self._input[4], self._input[5]
        length = 7 + (8 if flags & 0x08 else 0) + (4 if flags & 0x01 else 0)
        if not self._input.startswith(MARK) or flags >> 6 != 1 or block >> 4 & 7 not in BLOCK_BYTES:
            raise HostileInput("this is no LZ4 frame")
        if len(self._input) < length:
            return False
        self._flags, self._max_block, self._input = flags, BLOCK_BYTES[block >> 4 & 7], self._input[length:]
        return True

    def _read_end(self, flags: int) -> bool:
        length = 8 if flags & 0x04 else 4
        if len(self._input) < length:
            return False
        self._input, self._done = self._input[length:], True
        return True


def unpack_block(block: bytes, window: bytes, limit: int) -> bytes:
    """The bytes of one compressed block (lz4_Block_format.md); matches may reach back into the window."""
    out, at, end = bytearray(window), 0, len(block)
    limit += len(window)
    while at < end:
        token = block[at]
        length, at = _length(block, at + 1, token >> 4)
        if at + length > end:
            raise HostileInput("an LZ4 block ends within its literals")
        out += block[at : at + length]
        at += length
        if at == end:
            break
        offset = int.from_bytes(block[at : at + 2], "little")
        length, at = _length(block, at + 2, token & 15)
        length += MIN_MATCH
        if not 0 < offset <= len(out) or len(out) + length > limit:
            raise HostileInput("an LZ4 match lies outside of its block")
        start = len(out) - offset
        pattern = out[start : start + length]
        out += (pattern * (length // len(pattern) + 1))[:length]
    return bytes(out[len(window) :])


def _length(block: bytes, at: int, length: int) -> tuple[int, int]:
    """A length of four bits, and the bytes that add to it while they are full."""
    if length == 15:
        while True:
            if at >= len(block):
                raise HostileInput("an LZ4 block ends within a length")
            length += block[at]
            at += 1
            if block[at - 1] != 255:
                break
    return length, at
