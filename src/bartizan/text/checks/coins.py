"""Addresses of coins, by the checksums that they carry."""

import hashlib

_BASE58 = {char: value for value, char in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}
_BECH32 = {char: value for value, char in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_BECH32_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_WORD = (1 << 64) - 1


def base58(text: str) -> bool:
    """A Bitcoin address of the old form: 25 bytes, the last four a double SHA-256."""
    number = 0
    for char in text:
        number = number * 58 + _BASE58[char]
    if number >= 1 << 200:
        return False
    full = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(full[:21]).digest()).digest()[:4] == full[21:]


def bech32(text: str) -> bool:
    """A Bitcoin address of the segregated-witness form (BIP 173; BIP 350 from version 1 on)."""
    prefix, _, body = text.lower().partition("1")
    values = [_BECH32[char] for char in body]
    check = 1
    for value in [*(ord(char) >> 5 for char in prefix), 0, *(ord(char) & 31 for char in prefix), *values]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, step in enumerate(_BECH32_STEPS):
            check ^= step if top >> bit & 1 else 0
    return check == (1 if values[0] == 0 else 0x2BC830A3)


def ethereum(text: str) -> bool:
    """An Ethereum address in mixed case, which spells the Keccak-256 of it (EIP-55)."""
    address = text[2:]
    if address in (address.lower(), address.upper()):
        return False
    spelled = keccak_256(address.lower().encode()).hex()
    return all(
        char.isdigit() or char.isupper() == (int(nibble, 16) > 7)
        for char, nibble in zip(address, spelled, strict=False)
    )


def ethereum_one_case(text: str) -> bool:
    """An Ethereum address that spells no checksum; not a filler of a few digits."""
    address = text[2:]
    return address in (address.lower(), address.upper()) and len(set(address)) > 5


def keccak_256(message: bytes) -> bytes:
    """The Keccak-256 of a message of at most 135 bytes: what came before SHA-3, with another padding."""
    block = bytearray(message.ljust(136, b"\0"))
    block[len(message)] ^= 1
    block[135] ^= 0x80
    lanes = [int.from_bytes(block[at : at + 8], "little") for at in range(0, 136, 8)] + [0] * 8
    lfsr = 1
    for _ in range(24):
        lanes, lfsr = _round(lanes, lfsr)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _round(lanes: list[int], lfsr: int) -> tuple[list[int], int]:
    """One round of Keccak-f[1600] (FIPS 202, 3.2), with the state of the register that makes its constants."""
    columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
    mixed = [columns[(x - 1) % 5] ^ _turn(columns[(x + 1) % 5], 1) for x in range(5)]
    lanes = [lane ^ mixed[place % 5] for place, lane in enumerate(lanes)]
    x, y, current = 1, 0, lanes[1]
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        current, lanes[x + 5 * y] = lanes[x + 5 * y], _turn(current, (step + 1) * (step + 2) // 2 % 64)
    rows = [lanes[start : start + 5] for start in range(0, 25, 5)]
    lanes = [row[x] ^ (~row[(x + 1) % 5] & _WORD & row[(x + 2) % 5]) for row in rows for x in range(5)]
    for bit in range(7):
        lanes[0] ^= (lfsr & 1) << ((1 << bit) - 1)
        lfsr = lfsr << 1 ^ (0x171 if lfsr & 0x80 else 0)
    return lanes, lfsr


def _turn(lane: int, by: int) -> int:
    return (lane << by | lane >> (64 - by)) & _WORD
