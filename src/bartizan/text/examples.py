"""Examples: templates that grow into texts with random letters, so that no real-looking secret is written down.

    {hex:32}  {alnum:36}  {base64url:20-40}      so many random letters of an alphabet
    {word}  {words:4}  {uuid}  {password:12}     words; a random UUID; a password with letters, digits and marks
    {crc62:36}  {luhn:16}  {luhn:4539:16}        letters, or digits (from a prefix on), that end in their checksum
    {bip39:12}  {wif}  {xprv}  {ripple}  {stellar}  {bech32:nsec}  {key-bytes:64}      keys to money
    {jwt}  {macaroon:pypi.org}  {gitlab:glpat}  {grafana:sa}  {synapse:syt}            tokens with an inside
    {as-base64:user:{alnum:20}}                  another template, encoded
    {{                                           a brace; a `}` that closes nothing stands for itself

The same template and seed give the same text, always.
"""

import base64
import binascii
import random
import string
import urllib.parse
import zlib
from collections.abc import Callable

from bartizan.kernel.errors import UsageError
from bartizan.text.checksums import BASE58, BASE62, RIPPLE58, base36, base58check, bech32, crc62, luhn, seed_phrase

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
    "lowerbase32": string.ascii_lowercase + "234567",
    "base58": BASE58,
    "base64": BASE62 + "+/",
    "base64url": BASE62 + "-_",
}

MARKS = "!+-=?^_~"

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


def _password(argument: str, dice: random.Random) -> str:
    letters = [dice.choice(kind) for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits, MARKS)]
    letters += dice.choices(BASE62 + MARKS, k=_length(argument, dice) - len(letters) - 1)
    dice.shuffle(letters)
    return dice.choice(string.ascii_letters) + "".join(letters)


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


def _ripple(_: str, dice: random.Random) -> str:
    return base58check(b"\x21" + dice.randbytes(16)).translate(str.maketrans(BASE58, RIPPLE58))


def _stellar(_: str, dice: random.Random) -> str:
    payload = bytes([18 << 3]) + dice.randbytes(32)
    return base64.b32encode(payload + binascii.crc_hqx(payload, 0).to_bytes(2, "little")).decode()


def _bech32(human: str, dice: random.Random) -> str:
    """32 bytes in bech32, in the case that the human-readable part has."""
    groups = [*(dice.randrange(32) for _ in range(51)), dice.randrange(2) << 4]
    text = bech32(human.lower(), groups)
    return text.upper() if human.isupper() else text


def _macaroon(place: str, dice: random.Random) -> str:
    """A macaroon (version 2) for this place."""
    body = b"\x02\x01" + bytes([len(place)]) + place.encode() + b"\x02\x24" + dice.randbytes(80)
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _gitlab(prefix: str, dice: random.Random) -> str:
    payload = base64.urlsafe_b64encode(dice.randbytes(16) + b"o:1\nu:2d\x09").decode().rstrip("=")
    before = f"{prefix}-{payload}.01.{base36(len(payload), 2)}"
    return before + base36(zlib.crc32(before.encode()), 7)


def _grafana(service: str, dice: random.Random) -> str:
    before = f"gl{service}_{_drawn(BASE62, 32, dice)}"
    return f"{before}_{zlib.crc32(before.encode()).to_bytes(4, 'little').hex()}"


def _synapse(kind: str, dice: random.Random) -> str:
    before = f"{kind}_{_base64(dice.choice(WORDS)).rstrip('=')}_{_drawn(string.ascii_letters, 20, dice)}"
    return f"{before}_{crc62(before)}"


def _key_bytes(argument: str, dice: random.Random) -> str:
    return f"[{','.join(map(str, dice.randbytes(int(argument))))}]"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _base64url(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


_MAKERS: dict[str, Callable[[str, random.Random], str]] = {
    "word": lambda _, dice: dice.choice(WORDS),
    "words": lambda argument, dice: " ".join(dice.choices(WORDS, k=_length(argument, dice))),
    "uuid": _uuid,
    "password": _password,
    "crc62": _crc62,
    "luhn": _luhn,
    "bip39": lambda argument, dice: seed_phrase(dice.randbytes(int(argument) * 4 // 3)),
    "wif": _wif,
    "xprv": _xprv,
    "ripple": _ripple,
    "stellar": _stellar,
    "bech32": _bech32,
    "key-bytes": _key_bytes,
    "jwt": _jwt,
    "macaroon": _macaroon,
    "gitlab": _gitlab,
    "grafana": _grafana,
    "synapse": _synapse,
    "as-base64": lambda argument, _: _base64(argument),
    "as-base64url": lambda argument, _: _base64url(argument),
    "as-hex": lambda argument, _: argument.encode().hex(),
    "as-url": lambda argument, _: urllib.parse.quote(argument, safe=""),
}
