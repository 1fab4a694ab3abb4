"""LZ4 frames (lz4_Frame_format.md 1.6), unpacked block by block; the lz4 library is no core dependency."""

from bartizan.kernel import HostileInput

MARK = b"\x04\x22\x4d\x18"
BLOCK_BYTES = {4: 64 << 10, 5: 256 << 10, 6: 1 << 20, 7: 4 << 20}
WINDOW_BYTES = 64 << 10
UNCOMPRESSED = 0x8000_0000
MOST_KEPT_BYTES = 1 << 20
MIN_MATCH = 4


class Lz4:
    """One frame. Checksums are passed over: a scanner need not refuse what a lenient loader takes."""

    def __init__(self) -> None:
        self._input = bytearray()
        self._out = bytearray()
        """What was unpacked last: the window for the blocks that come, and what was not handed out yet."""
        self._given = 0
        """Up to where `_out` was handed out."""
        self._flags: int | None = None
        self._max_block = 0
        self._done = False
        self.unused_data = b""
        self.unconsumed_tail = b""

    @property
    def eof(self) -> bool:
        return self._done and self._given == len(self._out)

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes of output."""
        self._input += data
        at = 0
        while not self._done and (max_length < 0 or len(self._out) - self._given < max_length):
            taken = self._step(at)
            if not taken:
                break
            at += taken
        del self._input[:at]
        if self._done and self._input:
            self.unused_data = bytes(self._input)
            self._input.clear()
        end = len(self._out) if max_length < 0 else min(len(self._out), self._given + max_length)
        piece = bytes(self._out[self._given : end])
        self._given = end
        if self._given > MOST_KEPT_BYTES:
            del self._out[: self._given - WINDOW_BYTES]
            self._given = WINDOW_BYTES
        return piece

    def _step(self, at: int) -> int:
        """Read the header or one block; how many bytes it took, none if more input is needed."""
        if self._flags is None:
            return self._read_header()
        left = len(self._input) - at
        if left < 4:
            return 0
        word = int.from_bytes(self._input[at : at + 4], "little")
        if word == 0:
            end = 8 if self._flags & 0x04 else 4
            self._done = left >= end
            return end if self._done else 0
        size = word & ~UNCOMPRESSED
        if size > self._max_block:
            raise HostileInput(f"an LZ4 block of {size} bytes is larger than its frame allows")
        whole = 4 + size + (4 if self._flags & 0x10 else 0)
        if left < whole:
            return 0
        block = bytes(self._input[at + 4 : at + 4 + size])
        if word & UNCOMPRESSED:
            self._out += block
        else:
            alone = bool(self._flags & 0x20)
            unpack_block(block, self._out, len(self._out) if alone else 0, self._max_block)
        return whole

    def _read_header(self) -> int:
        if len(self._input) < 7:
            return 0
        flags, block = self._input[4], self._input[5]
        length = 7 + (8 if flags & 0x08 else 0) + (4 if flags & 0x01 else 0)
        if not self._input.startswith(MARK) or flags >> 6 != 1 or block >> 4 & 7 not in BLOCK_BYTES:
            raise HostileInput("this is no LZ4 frame")
        if len(self._input) < length:
            return 0
        self._flags, self._max_block = flags, BLOCK_BYTES[block >> 4 & 7]
        return length


def unpack_block(block: bytes, out: bytearray, begin: int, limit: int) -> None:
    """Adds the bytes of one compressed block (lz4_Block_format.md); matches may reach back to `begin`."""
    at, end = 0, len(block)
    limit += len(out)
    while at < end:
        token = block[at]
        length, at = _length(block, at + 1, token >> 4)
        if at + length > end or len(out) + length > limit:
            raise HostileInput("an LZ4 block ends within its literals, or is longer than its frame allows")
        out += block[at : at + length]
        at += length
        if at == end:
            break
        offset = int.from_bytes(block[at : at + 2], "little")
        length, at = _length(block, at + 2, token & 15)
        length += MIN_MATCH
        start = len(out) - offset
        if not offset or start < begin or len(out) + length > limit:
            raise HostileInput("an LZ4 match lies outside of its block")
        pattern = out[start : start + length]
        out += (pattern * (length // len(pattern) + 1))[:length]


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
