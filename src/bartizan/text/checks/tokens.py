"""Tokens of one issuer: what has a checksum or a structure inside is read, the rest must at least be no stand-in."""

import base64
import binascii
import json
import re
import zlib

from bartizan.text.checks.passwords import pair
from bartizan.text.checks.placeholders import MAX_JUDGED_CHARS, dull, exemplary
from bartizan.text.checksums import base36, crc62

_MAX_JSON_CHARS = 16_384


def real(token: str) -> bool:
    """Whether the token is none of those that manuals show. Its issuer's form has spoken for it already."""
    token = token[:MAX_JUDGED_CHARS]
    return not (dull(token) or exemplary(token))


def github(token: str) -> bool:
    """`ghp_` and its like: the last six digits are the CRC-32 of the thirty before."""
    body = token.rpartition("_")[2]
    return crc62(body[:-6]) == body[-6:]


def gitlab(token: str) -> bool:
    """A routable token: version, length and CRC-32 of all before, the numbers in base 36."""
    before, crc = token[:-7], token[-7:]
    payload, _, rest = before.rpartition(".01.")
    length = len(payload) - payload.find("-") - 1
    return base36(zlib.crc32(before.encode()), 7) == crc and rest == base36(length, 2)


def grafana(token: str) -> bool:
    """`glsa_`: the last eight digits are the CRC-32 of all before, least byte first."""
    before, _, crc = token.rpartition("_")
    return zlib.crc32(before.encode()).to_bytes(4, "little").hex() == crc


def synapse(token: str) -> bool:
    """A Matrix homeserver's token: its last part is the CRC-32 of all before."""
    before, _, crc = token.rpartition("_")
    return crc62(before) == crc


def pypi(token: str) -> bool:
    """A macaroon (version 2) that names its index as the place it is for."""
    macaroon = unbase64(token.removeprefix("pypi-"))
    place = macaroon[3 : 3 + macaroon[2]] if macaroon[:2] == b"\x02\x01" and len(macaroon) > 2 else b""
    return place in (b"pypi.org", b"test.pypi.org") and real(token)


def discord(token: str) -> bool:
    """A bot's token begins with the bot's number, in base64."""
    return unbase64(token.partition(".")[0]).isdigit() and real(token)


def jwt(token: str) -> bool:
    """A signed or encrypted token (RFC 7519): its header is an object that names the algorithm."""
    header = _json(unbase64(token.partition(".")[0]))
    return isinstance(header, dict) and "alg" in header


def inner_jwt(token: str) -> bool:
    """A JWT that was put into base64 once more."""
    text = unbase64(token)
    return text.count(b".") >= 2 and jwt(text.decode("ascii", "replace"))


def json_inside(token: str) -> bool:
    """A token whose part from `eyJ` on is an object in base64, perhaps cut."""
    at = token.find("eyJ")
    return at >= 0 and unbase64(token[at:].partition(".")[0]).startswith(b'{"') and real(token)


def basic(text: str) -> bool:
    """`user:password` in base64 (RFC 7617), both as one may really use."""
    decoded = unbase64(text).decode("utf-8", "replace")
    return ":" in decoded and decoded.count("\ufffd") <= 1 and pair(decoded)


def base64_of_secrets(block: str) -> bool:
    """Lines `name: base64`, as the data of a Kubernetes Secret: one of the values says something."""
    values = re.findall(
        r"(?m)^[ \t]*[\"']?[\w.-]+[\"']?:[ \t]*(?:[|>][-+]?\n[ \t]*)?[\"']?([A-Za-z0-9+/]{6,}={0,2})", block
    )
    return any(len(unbase64(value)) >= 4 and real(value) for value in values)


def unbase64(text: str) -> bytes:
    """The bytes that the text encodes, in either alphabet, padded or not; none if it does not."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/")[:_MAX_JSON_CHARS]
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _json(text: bytes) -> object:
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed
