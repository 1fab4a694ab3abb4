"""tar archives (POSIX ustar and pax, GNU long names): every file is a member; links and devices are named."""

from collections.abc import Iterator
from dataclasses import dataclass

from bartizan.artifacts.artifact import Artifact, Part
from bartizan.artifacts.fact import Structure, WritesPath, shown
from bartizan.artifacts.paths import leaves_folder
from bartizan.artifacts.reader import Found, Head, Look, Member, Reader
from bartizan.kernel import HostileInput

BLOCK_BYTES = 512
MAX_EXTENDED_BYTES = 1 << 20
STEPS_PER_HEADER = 40
FILES, LINKS, FOLDER = (b"0", b"\0", b"7"), (b"1", b"2"), b"5"
EMPTY_BLOCK = bytes(BLOCK_BYTES)
LOW_BYTES = bytes(range(128))


@dataclass(frozen=True, slots=True)
class Header:
    """One header block."""

    name: str
    size: int
    kind: bytes
    target: str


def sniff(head: Head) -> bool:
    """True if the first block has the checksum of a tar header, which also old archives without a mark have."""
    block = head.start[:BLOCK_BYTES]
    return len(block) == BLOCK_BYTES and block != EMPTY_BLOCK and _has_checksum(block)


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The files, in the order in which an extractor would write them."""
    at = 0
    names: set[str] = set()
    extended: dict[str, str] = {}
    while (block := artifact.read(at, BLOCK_BYTES)) and block != EMPTY_BLOCK:
        look.meter.spend("steps", STEPS_PER_HEADER)
        header = _header(block)
        start, at = at + BLOCK_BYTES, at + BLOCK_BYTES + -(-header.size // BLOCK_BYTES) * BLOCK_BYTES
        if header.kind in b"xgLK":
            extended |= _extended(artifact, start, header)
            continue
        name, target = extended.get("path", header.name), extended.get("linkpath", header.target)
        if "size" in extended:
            size = _decimal(extended["size"])
            at = start + -(-size // BLOCK_BYTES) * BLOCK_BYTES
        else:
            size = header.size
        sparse = header.kind == b"S" or any(key.startswith("GNU.sparse") for key in extended)
        extended = {}
        yield from _oddities(name, target, header.kind, names, start)
        names.add(name)
        if sparse:
            yield Structure("unsupported", shown(f"{name} is a sparse file"), at=start)
        if sparse or header.kind not in (*LINKS, FOLDER):  # an unknown type is a plain file to many an extractor
            if start + size > artifact.size:
                yield Structure("broken", shown(f"{name} is cut off"), at=start)
            yield Member(Part(shown(name), artifact, start, size))
    yield from _rest(artifact, at)


def _oddities(name: str, target: str, kind: bytes, names: set[str], at: int) -> Iterator[Found]:
    if leaves_folder(name):
        yield WritesPath("outside", shown(name), at=at)
    if name in names:
        yield Structure("duplicate", shown(f"two files are named {name}"), at=at)
    if kind in LINKS:
        yield Structure("link", shown(f"{name} leads to {target}"), at=at)
        if leaves_folder(target):
            yield WritesPath("outside", shown(f"{name} leads to {target}"), at=at)
    elif kind not in (*FILES, FOLDER, b"S"):
        yield WritesPath("outside", shown(f"{name} is a device or of the unknown type {kind!r}"), at=at)


def _rest(artifact: Artifact, at: int) -> Iterator[Found]:
    """After the last file there are only empty blocks; anything else was put there for somebody else to read."""
    for chunk in artifact.chunks(at):
        if chunk != bytes(len(chunk)):
            yield Structure("trailing", "bytes lie behind the end of the archive", at=at)
            empty = len(chunk) - len(chunk.lstrip(b"\0"))
            at += empty - empty % BLOCK_BYTES  # an extractor that ignores zeros goes on at a block
            yield Member(Part("behind the archive", artifact, at, artifact.size - at))
            return
        at += len(chunk)


def _has_checksum(block: bytes) -> bool:
    """True if the header's sum is right, with the sum itself read as blanks, by signed or unsigned bytes."""
    text = block[148:156].strip(b" \0")
    if not text or text.strip(b"01234567"):
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    stated, unsigned = int(text, 8), sum(rest)
    return stated == unsigned or stated == unsigned - 256 * len(rest.translate(None, LOW_BYTES))


def _header(block: bytes) -> Header:
    if len(block) < BLOCK_BYTES or not _has_checksum(block):
        raise HostileInput("a header of the archive has a wrong checksum")
    name = _text(block[:100])
    prefix = _text(block[345:500])
    if block[257:263] == b"ustar\0" and prefix:
        name = f"{prefix}/{name}"
    return Header(name, _number(block[124:136]), block[156:157], _text(block[157:257]))


def _number(field: bytes) -> int:
    """Octal digits, or GNU's base 256 where the first bit is set."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big") if field[0] == 0x80 else 0
    digits = field.strip(b" \0")
    if digits.strip(b"01234567"):
        raise HostileInput("a size in the archive is no octal number")
    return int(digits or b"0", 8)


def _decimal(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise HostileInput("a size in an extended header is no number")
    return int(text)


def _extended(artifact: Artifact, start: int, header: Header) -> dict[str, str]:
    """What an extended header says of the next file: pax records (POSIX pax, 'pax Extended Header'), or a GNU name."""
    if header.size > MAX_EXTENDED_BYTES:
        raise HostileInput(f"an extended header has {header.size:,} bytes")
    raw = artifact.read(start, header.size)
    if header.kind in b"LK":
        return {"path" if header.kind == b"L" else "linkpath": _text(raw)}
    found, at = {}, 0
    while at < len(raw) and raw[at]:
        length, blank, _ = raw[at : at + 20].partition(b" ")
        size = int(length) if blank and length.isdigit() else 0
        if size <= len(length) + 1 or at + size > len(raw):
            raise HostileInput("an extended header has a malformed record")
        key, _, value = raw[at + len(length) + 1 : at + size - 1].partition(b"=")
        found[_text(key)] = _text(value)
        at += size
    return found


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")


READER = Reader("tar", sniff, read, covers=("zip", "torch"))
