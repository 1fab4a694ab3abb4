"""Examples: templates that grow into texts with random letters, so that no real-looking secret is written down.

    {hex:32}  {alnum:36}  {base64url:20-40}      so many random letters of an alphabet
    {word}  {words:4}  {uuid}                    words; a random UUID
    {crc62:36}  {luhn:16}  {luhn:4539:16}        letters, or digits (from a prefix on), that end in their checksum
    {bip39:12}  {wif}  {xprv}  {jwt}             seed phrase, Bitcoin keys, signed token
    {as-base64:user:{alnum:20}}                  another template, encoded
    {{                                           a brace; a `}` that closes nothing stands for itself

The same template and seed give the same text, always.
"""

import base64
import random
import string
import urllib.parse
from collections.abc import Callable

from bartizan.kernel.errors import UsageError
from bartizan.text.checksums import BASE58, BASE62, base58check, crc62, luhn, seed_phrase

ALPHABETS = {
    "digits": string.digits,
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "letters": string.ascii_letters,
    "alnum": BASE62,
    "loweralnum": string.ascii_lowercase + string.digits,
    "upperalnum": string.ascii_uppercase + string.digits,
    "hex": "0123456789abcdef",
    "upperhex": "0123456789ABCDEF",
    "base32": string.ascii_uppercase + "234567",
    "base58": BASE58,
    "base64": BASE62 + "+/",
    "base64url": BASE62 + "-_",
    "password": BASE62 + "!#$%*+-=?@^_~",
}

WORDS = """
    amber anchor autumn bakery barrel beacon bottle bridge candle canyon castle cellar circle copper cotton desert
    dragon engine falcon feather forest garden ginger hammer harbor island jacket kettle ladder lantern lemon
    magnet marble meadow mirror mustard needle orchard oyster paddle pepper pillow planet pocket puzzle rabbit
    ribbon river saddle salmon shadow silver spider summer sunset tailor temple thunder timber tunnel valley
    velvet violin walnut window winter
""".split()  # noqa: SIM905 - a list of words reads best as words


def expand(template: str, seed: int = 0) -> str:
    """The template's text for this seed."""
    dice = random.Random(f"{seed}:{template}")  # noqa: S311 - the same letters each time are the point
    return _filled(template, 0, dice, inside=False)[0]


def _filled(template: str, at: int, dice: random.Random, *, inside: bool) -> tuple[str, int]:
    """The text of the template from here on, up to its end or to the brace that closes the placeholder around it."""
    text, open_braces = "", 0
    while at < len(template):
        if template.startswith("{{", at):
            text, open_braces, at = text + "{", open_braces + 1, at + 2
        elif template[at] == "{":
            placed, at = _placed(template, at + 1, dice)
            text += placed
        elif template[at] == "}" and inside and not open_braces:
            return text, at + 1
        else:
            open_braces -= template[at] == "}" and open_braces > 0
            text, at = text + template[at], at + 1
    if inside:
        raise UsageError("a placeholder is not closed", where=template, todo="Write {{ for a brace.")
    return text, at


def _placed(template: str, at: int, dice: random.Random) -> tuple[str, int]:
    """What a placeholder grows into, and where the template goes on."""
    inner, end = _filled(template, at, dice, inside=True)
    name, _, argument = inner.partition(":")
    try:
        if name in ALPHABETS:
            return _drawn(ALPHABETS[name], _length(argument, dice), dice), end
        return _MAKERS[name](argument, dice), end
    except (KeyError, ValueError) as fault:
        raise UsageError(f"{{{inner}}} is no placeholder", where=template, todo="Write {{ for a brace.") from fault


def _length(argument: str, dice: random.Random) -> int:
    least, _, most = argument.partition("-")
    return dice.randint(int(least), int(most or least))


def _drawn(alphabet: str, count: int, dice: random.Random) -> str:
    return "".join(dice.choices(alphabet, k=count))


def _uuid(_: str, dice: random.Random) -> str:
    digits = dice.randbytes(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{dice.choice('89ab')}{digits[17:20]}-{digits[20:]}"


def _crc62(argument: str, dice: random.Random) -> str:
    body = _drawn(BASE62, int(argument) - 6, dice)
    return body + crc62(body)


def _luhn(argument: str, dice: random.Random) -> str:
    prefix, _, length = argument.rpartition(":")
    body = prefix + _drawn(string.digits, int(length) - 1 - len(prefix), dice)
    return body + luhn(body)


def _jwt(_: str, dice: random.Random) -> str:
    header = _base64url('{"alg":"HS256","typ":"JWT"}')
    payload = _base64url(f'{{"sub":"{_drawn(string.digits, 10, dice)}","iat":17{_drawn(string.digits, 8, dice)}}}')
    return f"{header}.{payload}.{_drawn(ALPHABETS['base64url'], 42, dice)}{dice.choice('AEIMQUYcgkosw048')}"


def _wif(_: str, dice: random.Random) -> str:
    return base58check(b"\x80" + dice.randbytes(32) + b"\x01")


def _xprv(_: str, dice: random.Random) -> str:
    """An extended private key (BIP-32): version, depth, parent, number, chain code, 0, key."""
    return base58check(bytes.fromhex("0488ade4") + bytes(9) + dice.randbytes(32) + b"\0" + dice.randbytes(32))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _base64url(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


_MAKERS: dict[str, Callable[[str, random.Random], str]] = {
    "word": lambda _, dice: dice.choice(WORDS),
    "words": lambda argument, dice: " ".join(dice.choices(WORDS, k=_length(argument, dice))),
    "uuid": _uuid,
    "crc62": _crc62,
    "luhn": _luhn,
    "bip39": lambda argument, dice: seed_phrase(dice.randbytes(int(argument) * 4 // 3)),
    "wif": _wif,
    "xprv": _xprv,
    "jwt": _jwt,
    "as-base64": lambda argument, _: _base64(argument),
    "as-base64url": lambda argument, _: _base64url(argument),
    "as-hex": lambda argument, _: argument.encode().hex(),
    "as-url": lambda argument, _: urllib.parse.quote(argument, safe=""),
}
