"""A closed set of functions on text and bytes, evaluated so that names which a stream computes are known.

Nothing outside the set is ever called, and nothing in it does more than make text, bytes or a number out of others.
"""

import base64
import binascii
import codecs
from collections.abc import Callable
from typing import Any

MAX_LENGTH = 1 << 16
TEXT_CODECS = frozenset(
    {"utf-8", "utf8", "ascii", "latin1", "latin-1", "iso-8859-1", "rot13", "rot_13", "hex", "base64"}
)
EXACT = (str, bytes, int, bool, type(None))


def _decode(data: Any, codec: Any = "utf-8", *_: Any) -> Any:
    return codecs.decode(data, codec) if codec.lower().replace(" ", "") in TEXT_CODECS else None


def _encode(text: Any, codec: Any = "utf-8", *_: Any) -> Any:
    return codecs.encode(text, codec) if codec.lower().replace(" ", "") in TEXT_CODECS else None


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "builtins.str": str,
    "builtins.bytes": bytes,
    "builtins.chr": chr,
    "builtins.ascii": ascii,
    "builtins.str.join": str.join,
    "builtins.str.lower": str.lower,
    "builtins.str.upper": str.upper,
    "builtins.str.title": str.title,
    "builtins.str.swapcase": str.swapcase,
    "builtins.str.strip": str.strip,
    "builtins.str.lstrip": str.lstrip,
    "builtins.str.rstrip": str.rstrip,
    "builtins.str.replace": str.replace,
    "builtins.str.removeprefix": str.removeprefix,
    "builtins.str.removesuffix": str.removesuffix,
    "builtins.str.__add__": str.__add__,
    "builtins.str.encode": _encode,
    "builtins.bytes.decode": _decode,
    "builtins.bytes.fromhex": bytes.fromhex,
    "builtins.bytes.__add__": bytes.__add__,
    "codecs.decode": _decode,
    "codecs.encode": _encode,
    "operator.add": lambda a, b: a + b if type(a) is type(b) and type(a) in (str, bytes) else None,
    "operator.concat": lambda a, b: a + b if type(a) is type(b) and type(a) in (str, bytes) else None,
    "base64.b64decode": base64.b64decode,
    "base64.b32decode": base64.b32decode,
    "base64.b16decode": base64.b16decode,
    "binascii.unhexlify": binascii.unhexlify,
    "binascii.a2b_hex": binascii.a2b_hex,
    "binascii.a2b_base64": binascii.a2b_base64,
}


def evaluate(name: str, args: tuple[Any, ...]) -> str | bytes | int | None:
    """The result of the function on exactly known arguments; None if it is not known, too long, or an error."""
    if not all(_exact(arg) for arg in args) or (name == "builtins.bytes" and any(type(arg) is int for arg in args)):
        return None
    try:
        value = FUNCTIONS[name](*args)
    except Exception:  # the loader would meet the same error; that it is listed as a call is enough
        return None
    return value if type(value) in EXACT and len(str(value)) <= MAX_LENGTH else None


def _exact(value: Any) -> bool:
    """True for short text and bytes, numbers, and flat tuples of them."""
    if type(value) is tuple:
        return len(value) <= MAX_LENGTH and all(type(item) in EXACT and _short(item) for item in value)
    return type(value) in EXACT and _short(value)


def _short(value: Any) -> bool:
    return type(value) not in (str, bytes) or len(value) <= MAX_LENGTH
