"""Archives that hold nothing but themselves: whoever unpacks what is inside unpacks for ever.

DEFLATE can print bytes that it is given (a stored block, `L`) and print again what it has just printed (matches, `R`).
A program of these two that prints its own code, with a prefix and a suffix around it that it prints too, is an archive
whose one member is the archive. What is left is its checksum, which stands in itself: CRC-32 is linear, so that is 32
equations for 32 bits.
"""

import struct
import zlib
from collections.abc import Callable, Iterator

REPEAT_BYTES = 10
END_OF_BLOCK, NO_BITS = 7, 3
LEAST_MATCH, MOST_MATCHES = 3, 5


def gzip_quine() -> bytes:
    """A gzip file that unpacks to itself."""

    def parts(crc: int, size: int, _packed: int) -> tuple[bytes, bytes]:
        return b"\x1f\x8b\x08\0\0\0\0\0\0\3", _stored(b"", final=True) + struct.pack("<LL", crc, size)

    return _quine(parts)


def zip_quine() -> bytes:
    """A ZIP archive with one entry, which is the archive."""
    name = b"itself.zip"

    def parts(crc: int, size: int, packed: int) -> tuple[bytes, bytes]:
        common = struct.pack("<5H3L2H", 20, 0, 8, 0, 0, crc, packed, size, len(name), 0)
        local = b"PK\3\4" + common + name
        central = b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<3H2L", 0, 0, 0, 0, 0) + name
        at = max(0, size - len(central) - 22)
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(central), at, 0)
        return local, _stored(b"", final=True) + central + end

    return _quine(parts)


def _quine(parts: Callable[[int, int, int], tuple[bytes, bytes]]) -> bytes:
    """The file whose prefix and suffix these are, for its checksum, its size, and that of its packed bytes."""
    prefix, suffix = parts(0, 0, 0)
    size = len(_program(prefix, suffix))
    packed = size - len(prefix) - len(suffix) + len(_stored(b"", final=True))

    def made(crc: int) -> bytes:
        return _program(*parts(crc, size, packed))

    return made(_fixed_point(lambda crc: zlib.crc32(made(crc))))


def _program(prefix: bytes, suffix: bytes) -> bytes:
    """Prefix, a program that prints all of this, and suffix. On the right is what each command prints."""
    nothing, ten, five = _header(0), _header(REPEAT_BYTES), _header(5)
    block = 3 * REPEAT_BYTES
    literal, again = _header(block), _repeat(block)
    first, first_again = _header(len(prefix) + 5), _repeat(len(prefix) + 5)
    last, last_again = _header(len(suffix) + REPEAT_BYTES), _repeat(len(suffix) + REPEAT_BYTES)
    return b"".join((
        prefix,
        first, prefix, first,  # prefix first
        first_again,  # prefix first
        ten, first_again,  # first_again
        five, ten,  # ten
        nothing,
        literal, first_again, five, ten, nothing, literal,  # first_again five ten nothing literal
        again,  # the same
        literal, again, literal, again, literal,  # again literal again literal
        again,  # the same
        literal, again, nothing, nothing, nothing, last,  # again nothing nothing nothing last
        again,  # the same
        nothing, nothing, nothing,
        last, last_again, suffix,  # last_again suffix
        last_again,  # the same
        suffix,
    ))  # fmt: skip


def _stored(data: bytes, *, final: bool = False) -> bytes:
    return bytes([final]) + _header(len(data))[1:] + data


def _header(length: int) -> bytes:
    """The five bytes of a stored block before its data (RFC 1951, 3.2.4)."""
    return struct.pack("<BHH", 0, length, length ^ 0xFFFF)


def _repeat(length: int) -> bytes:
    """Ten bytes that print the last `length` bytes again: matches, then empty blocks up to the last bit."""
    room, empty = 8 * REPEAT_BYTES - NO_BITS - END_OF_BLOCK, NO_BITS + END_OF_BLOCK
    for count in range(1, MOST_MATCHES + 1):
        for shares in _shares(length, count, LEAST_MATCH):
            bits = "".join(_match(each, length) for each in shares)
            if len(bits) <= room and (room - len(bits)) % empty == 0:
                return _packed(_fixed(bits) + _fixed("") * ((room - len(bits)) // empty))
    raise ValueError(f"no ten bytes print {length} bytes again")


def _shares(length: int, count: int, least: int) -> Iterator[tuple[int, ...]]:
    """The ways to print so many bytes by this many matches, each as long as the one before or longer."""
    if count == 1:
        yield (length,)
        return
    for first in range(least, length // count + 1):
        for others in _shares(length - first, count - 1, first):
            yield first, *others


def _fixed(bits: str) -> str:
    """A block of fixed codes, not the last: its two kinds of bits, the lowest first, and the code of its end."""
    return "010" + bits + "0" * END_OF_BLOCK


def _match(length: int, distance: int) -> str:
    """The bits of one match (RFC 1951, 3.2.5 and 3.2.6)."""
    code, extra, low = _code(length, 257, 3, 4)
    symbol = f"{code - 256:07b}" if code < 280 else f"{code - 280 + 192:08b}"
    far, far_extra, far_low = _code(distance, 0, 1, 2)
    return symbol + _low_first(length - low, extra) + f"{far:05b}" + _low_first(distance - far_low, far_extra)


def _code(value: int, first: int, least: int, step: int) -> tuple[int, int, int]:
    """The code for a length or a distance, how many bits more it has, and the least that it stands for."""
    code, low, extra = first, least, 0
    while value >= low + (1 << extra):
        low += 1 << extra
        code += 1
        extra = max(0, (code - first) // step - 1)
    return code, extra, low


def _low_first(value: int, width: int) -> str:
    return f"{value:0{width}b}"[::-1] if width else ""


def _packed(bits: str) -> bytes:
    return bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))


def _fixed_point(image: Callable[[int], int]) -> int:
    """The value that an affine function of 32 bits maps to itself, by elimination."""
    target = image(0)
    columns = [image(1 << bit) ^ target ^ (1 << bit) for bit in range(32)]
    rows = [(sum((columns[bit] >> row & 1) << bit for bit in range(32)), target >> row & 1) for row in range(32)]
    solved: dict[int, tuple[int, int]] = {}
    for mask, value in rows:
        for bit, (other, of) in solved.items():
            if mask >> bit & 1:
                mask, value = mask ^ other, value ^ of
        if mask:
            pivot = mask.bit_length() - 1
            for bit, (other, of) in solved.items():
                if other >> pivot & 1:
                    solved[bit] = other ^ mask, of ^ value
            solved[pivot] = mask, value
        elif value:
            raise ValueError("no checksum fits")
    return sum(value << bit for bit, (_, value) in solved.items())
