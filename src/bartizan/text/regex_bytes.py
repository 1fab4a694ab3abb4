"""A pattern's tree said again over bytes, for Hyperscan: it finds each match's end, and now and then an end too many.

Each match of the pattern ends where this form reports an end, or a byte before: a NUL, which stands between texts, may
take the place of an edge of the text. What is found in excess costs a look of RE2, which has the last word.
"""

from bartizan.text.regex import ASCII, Chars, Edge, Node, Repeat, Sequence

LAST_BY_LENGTH = (0x7F, 0x7FF, 0xFFFF)
"""The last code points whose UTF-8 has one, two and three bytes."""
MAX_CHAR_BYTES = 4
EDGES = {
    "^": rb"(?:^|\x00)",
    "$": rb"(?:$|\x00)",
    "m^": rb"(?:(?m:^)|\x00)",
    "m$": rb"(?:(?m:$)|\x00)",
    "b": rb"\b",
    "B": rb"\B",
}


def bytes_form(node: Node) -> bytes:
    """The pattern for Hyperscan in its default mode, without any flag."""
    if isinstance(node, Chars):
        return _chars(node)
    if isinstance(node, Edge):
        return EDGES[node.kind]
    if isinstance(node, Repeat):
        return _repeat(node)
    if isinstance(node, Sequence):
        return b"".join(bytes_form(item) for item in node.items)
    return b"(?:" + b"|".join(bytes_form(item) for item in node.items) + b")"


def _chars(chars: Chars) -> bytes:
    if chars.beyond == ():
        return _byte_set(chars.ascii)
    if chars.beyond is None:
        return b"(?:" + _byte_set(chars.ascii) + rb"|[\xc2-\xf4][\x80-\xbf]{1,3})"
    spelled = [form for low, high in chars.beyond for form in utf8_forms(low, high)]
    if chars.ascii:
        spelled.append(_byte_set(chars.ascii))
    return spelled[0] if len(spelled) == 1 else b"(?:" + b"|".join(spelled) + b")"


def utf8_forms(low: int, high: int) -> list[bytes]:
    """Patterns over bytes that together match the UTF-8 of exactly the code points from low to high."""
    for last in LAST_BY_LENGTH:
        if low <= last < high:
            return utf8_forms(low, last) + utf8_forms(last + 1, high)
    first, final = _utf8(low), _utf8(high)
    for tail in range(1, len(first)):
        # Only where all tails are possible can the bytes before vary.
        below, mask = 6 * tail, (1 << 6 * tail) - 1
        if low >> below == high >> below:
            break
        if low & mask:
            return utf8_forms(low, low | mask) + utf8_forms((low | mask) + 1, high)
        if high & mask != mask:
            return utf8_forms(low, (high & ~mask) - 1) + utf8_forms(high & ~mask, high)
    return [b"".join(_byte_range(one, other) for one, other in zip(first, final, strict=True))]


def _utf8(code: int) -> bytes:
    return chr(code).encode(errors="surrogatepass")


def _byte_range(low: int, high: int) -> bytes:
    return b"\\x%02x" % low if low == high else b"[\\x%02x-\\x%02x]" % (low, high)


def _repeat(repeat: Repeat) -> bytes:
    item, low, high = repeat
    if isinstance(item, Chars) and item.beyond is None:
        # By bytes, which is far smaller than by characters: so many characters are one to four times as many bytes.
        return _byte_set(item.ascii, high=True) + _bounds(low, None if high is None else high * MAX_CHAR_BYTES)
    inner = bytes_form(item)
    single = isinstance(item, Chars) and inner[:1] == b"[" and item.beyond == ()
    return (inner if single else b"(?:" + inner + b")") + _bounds(low, high)


def _bounds(low: int, high: int | None) -> bytes:
    if (low, high) in (short := {(0, None): b"*", (1, None): b"+", (0, 1): b"?"}):
        return short[low, high]
    return b"{%d,}" % low if high is None else b"{%d}" % low if low == high else b"{%d,%d}" % (low, high)


def _byte_set(ascii_bits: int, *, high: bool = False) -> bytes:
    """A class of these ASCII characters, and of all bytes above if `high`."""
    members = ascii_bits & ASCII | (((1 << 128) - 1) << 128 if high else 0)
    if members.bit_count() == 1:
        return _escaped(bytes([members.bit_length() - 1]))
    if not members:
        return rb"[^\x00-\xff]"
    ranges, code = [], 0
    while members >> code:
        if not members >> code & 1:
            code += 1
            continue
        first = code
        while members >> (code + 1) & 1:
            code += 1
        ranges.append(b"\\x%02x-\\x%02x" % (first, code) if code > first else b"\\x%02x" % first)
        code += 1
    return b"[" + b"".join(ranges) + b"]"


def _escaped(literal: bytes) -> bytes:
    return b"".join(bytes([byte]) if chr(byte).isalnum() and byte < 128 else b"\\x%02x" % byte for byte in literal)
