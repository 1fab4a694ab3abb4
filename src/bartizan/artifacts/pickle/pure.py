"""A closed set of functions on text and bytes, evaluated so that names which a stream computes are known.

Nothing outside the set is ever called, and nothing in it does more than make text, bytes or a number out of others.
"""

import base64
import binascii
import codecs
from collections.abc import Callable
from typing import Any

from bartizan.kernel import Meter

MAX_LENGTH = 1 << 16
TOO_LONG = MAX_LENGTH + 1
CHARS_PER_STEP = 16
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


def _joined(between: Any, items: Any) -> int:
    return _length(items) + len(between) * len(items)


def _replaced(text: Any, old: Any, new: Any, *_: Any) -> int:
    return len(text) + (text.count(old) if old else len(text) + 1) * len(new)


GROWING: dict[str, Callable[..., int]] = {"builtins.str.join": _joined, "builtins.str.replace": _replaced}
"""How long at most the result of those is that make much out of little."""


def evaluate(name: str, args: tuple[Any, ...], meter: Meter) -> str | bytes | int | None:
    """The result of the function on exactly known arguments; None if it is not known, too long, or an error."""
    length = sum(map(_length, args))
    if length > MAX_LENGTH or (name == "builtins.bytes" and any(type(arg) is int for arg in args)):
        return None
    meter.spend("steps", length // CHARS_PER_STEP)
    try:
        if name in GROWING and GROWING[name](*args) > MAX_LENGTH:
            return None
        value = FUNCTIONS[name](*args)
    except Exception:  # the loader would meet the same error; that it is listed as a call is enough
        return None
    if type(value) in (str, bytes):
        return value if len(value) <= MAX_LENGTH else None
    return value if type(value) in EXACT else None


def _length(value: Any) -> int:
    """The characters of text and bytes, of numbers, and of flat tuples of them; too many of anything else."""
    if type(value) is tuple and len(value) <= MAX_LENGTH:
        return len(value) + sum(TOO_LONG if type(item) is tuple else _length(item) for item in value)
    if type(value) not in EXACT:
        return TOO_LONG
    return len(value) if type(value) in (str, bytes) else 1
