"""Private keys as text: armour around base64, with something of a key inside."""

import re

from bartizan.text.checks.placeholders import exemplary
from bartizan.text.checks.tokens import unbase64
from bartizan.text.checks.written import drawn_bits

_ARMOUR = re.compile(r"-{4,5} ?(?:BEGIN|END) [A-Z0-9 ]+ ?-{4,5}")
_HEADER = re.compile(r"(?m)^[ \t\"']*[A-Za-z][A-Za-z-]*: .*$|=[A-Za-z0-9+/]{4}[ \t]*$")
_BREAK = re.compile(r"\\[rnt]|[\s\"'+,;\\>]")
_LEAST_CHARS, _MOST_CHARS = 40, 20_000
_LEAST_DRAWN_BITS_PER_LETTER = 2.0


def armoured(text: str) -> bool:
    """Whether there is a key between the lines, not an ellipsis or a name."""
    text = text[:_MOST_CHARS]
    body = _BREAK.sub("", _HEADER.sub("", _ARMOUR.sub("\n", text.replace("\\n", "\n").replace("\\r", ""))))
    if exemplary(body) or exemplary(text) or len(body) < _LEAST_CHARS:
        return False
    # ASN.1 begins with a sequence, OpenSSH's own form with its name; the rest is encrypted or cut.
    start = unbase64(body[: len(body) // 4 * 4])[:14]
    return (
        start[:1] == b"\x30"
        or start == b"openssh-key-v1"
        or drawn_bits(body) > _LEAST_DRAWN_BITS_PER_LETTER * len(body)
    )


def wireguard(text: str) -> bool:
    """32 bytes in base64."""
    return len(unbase64(text)) == 32 and drawn_bits(text) > len(text)
