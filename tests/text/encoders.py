"""Ways to hide a payload, each written by the standard library or by hand here, never by what reads it again."""
# ruff: noqa: RUF001

import base64
import codecs
import html
import json
import quopri
import re
import string
import urllib.parse
from collections.abc import Callable

Encoder = Callable[[str], str]

ASCII = string.ascii_lowercase
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
Z85 = string.digits + string.ascii_lowercase + string.ascii_uppercase + ".-:+=^!/*?&<>()[]{}@%$#"
MORSE_SIGNS = """
    .- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..
    ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. .-.-.- --..-- ..--.. -....-
"""
MORSE = dict(zip(ASCII + string.digits + ".,?-", MORSE_SIGNS.split(), strict=True))
BRAILLE = "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵"
UPSIDE_DOWN = "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz"
CYRILLIC = str.maketrans("aceopxyijsAEOPCTKMHBX", "асеорхуіјѕАЕОРСТКМНВХ")
GREEK = str.maketrans("aeoivkptux", "αεοινκρτυχ")
LEET = str.maketrans("aeiost", "431057")
LEET_SIGNS = str.maketrans("ais", "@!$")
ACCENTS = str.maketrans("aeiou", "äëïöü")


def base58(payload: str) -> str:
    number, digits = int.from_bytes(payload.encode(), "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = BASE58[digit] + digits
    return digits


def z85(payload: str) -> str:
    data = payload.encode()
    data += b" " * (-len(data) % 4)
    digits = ""
    for at in range(0, len(data), 4):
        number = int.from_bytes(data[at : at + 4], "big")
        digits += "".join(Z85[number // 85**place % 85] for place in (4, 3, 2, 1, 0))
    return digits


def rot(by: int) -> Encoder:
    small = ASCII[by:] + ASCII[:by]
    table = str.maketrans(ASCII + ASCII.upper(), small + small.upper())
    return lambda payload: payload.translate(table)


def each(template: str) -> Encoder:
    """Every byte of the payload written by itself."""
    return lambda payload: "".join(template.format(byte) for byte in payload.encode())


def listed(template: str, between: str) -> Encoder:
    return lambda payload: between.join(template.format(byte) for byte in payload.encode())


def mapped(alphabet: str) -> Encoder:
    table = str.maketrans(ASCII + ASCII.upper(), alphabet * 2)
    return lambda payload: payload.translate(table)


def shifted(first: int, last: int, by: int) -> Encoder:
    return lambda payload: payload.translate({code: code + by for code in range(first, last + 1)})


def by_word(encode: Encoder, between: str = " ") -> Encoder:
    return lambda payload: between.join(map(encode, payload.split(" ")))


def morse(payload: str) -> str:
    return " / ".join(" ".join(MORSE[char] for char in word if char in MORSE) for word in payload.lower().split())


def selectors(payload: str) -> str:
    return "😀" + "".join(chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in payload.encode())


def blanks(payload: str) -> str:
    return "".join("\u200b\u200c"[int(bit)] for byte in payload.encode() for bit in f"{byte:08b}")


def lined(digits: str) -> str:
    return "\n".join(digits[at : at + 64] for at in range(0, len(digits), 64))


def b64(payload: str) -> str:
    return base64.b64encode(payload.encode()).decode()


ENCODERS: dict[str, Encoder] = {
    "cyrillic look-alikes": lambda payload: payload.translate(CYRILLIC),
    "greek look-alikes": lambda payload: payload.translate(GREEK),
    "full width": shifted(33, 126, 0xFEE0),
    "mathematical bold": mapped("".join(chr(0x1D41A + at) for at in range(26))),
    "circled": mapped("".join(chr(0x24D0 + at) for at in range(26))),
    "squared on black": mapped("".join(chr(0x1F170 + at) for at in range(26))),
    "small capitals": lambda payload: payload.translate(str.maketrans("aeiorvwnm", "ᴀᴇɪᴏʀᴠᴡɴᴍ")),
    "regional indicators": mapped("".join(chr(0x1F1E6 + at) for at in range(26))),
    "braille": lambda payload: payload.translate(str.maketrans(ASCII + ASCII.upper() + " ", BRAILLE * 2 + "\u2800")),
    "decomposed": lambda payload: "".join(char + "\u0301\u0323" if char.isalpha() else char for char in payload),
    "struck through": lambda payload: "\u0336".join(payload),
    "accents": lambda payload: payload.translate(ACCENTS),
    "zero width spaces": lambda payload: "\u200b".join(payload),
    "soft hyphens": lambda payload: "\u00ad".join(payload),
    "word joiners and bidi": lambda payload: "\u202e" + "\u2060".join(payload) + "\u202c",
    "nul between": lambda payload: "\0".join(payload),
    "terminal colours": lambda payload: "\x1b[31m" + payload.replace("o", "\x1b[8mo\x1b[0m"),
    "tags": shifted(32, 126, 0xE0000),
    "variation selectors": selectors,
    "bits of blanks": blanks,
    "upside down": lambda payload: mapped(UPSIDE_DOWN)(payload)[::-1],
    "leet": lambda payload: payload.translate(LEET),
    "leet with signs": lambda payload: payload.translate(LEET_SIGNS),
    "letters apart": lambda payload: "   ".join(" ".join(word) for word in payload.split(" ")),
    "letters apart, all of them": lambda payload: " ".join(payload),
    "letters with dots": by_word(".".join),
    "letters with hyphens": by_word("-".join),
    "letters with underscores": by_word("_".join),
    "letters below each other": lambda payload: "\n".join(payload),
    "words with underscores": lambda payload: payload.replace(" ", "_"),
    "words in capitals": lambda payload: payload.title().replace(" ", ""),
    "words run together": lambda payload: payload.lower().replace(" ", ""),
    "reversed": lambda payload: payload[::-1],
    "reversed words": by_word(lambda word: word[::-1]),
    "rot13": lambda payload: codecs.encode(payload, "rot13"),
    "rot47": lambda payload: payload.translate({code: 33 + (code + 14) % 94 for code in range(33, 127)}),
    "mirrored": mapped(ASCII[::-1]),
    "base64": b64,
    "base64 unpadded": lambda payload: b64(payload).rstrip("="),
    "base64 for urls": lambda payload: base64.urlsafe_b64encode(payload.encode()).decode(),
    "base64 in lines": lambda payload: lined(b64(payload)),
    "base64 by words": lambda payload: " ".join(map(b64, re.findall(r"\S+(?: \S+){0,2}", payload))),
    "base64 of utf-16": lambda payload: base64.b64encode(payload.encode("utf-16-le")).decode(),
    "base32": lambda payload: base64.b32encode(payload.encode()).decode(),
    "base32 small": lambda payload: base64.b32encode(payload.encode()).decode().lower().rstrip("="),
    "base58": base58,
    "ascii85": lambda payload: base64.a85encode(payload.encode()).decode(),
    "ascii85 of adobe": lambda payload: base64.a85encode(payload.encode(), adobe=True, wrapcol=40).decode(),
    "base85": lambda payload: base64.b85encode(payload.encode()).decode(),
    "z85": z85,
    "hex": lambda payload: payload.encode().hex(),
    "hex capitals": lambda payload: payload.encode().hex().upper(),
    "hex with spaces": lambda payload: payload.encode().hex(" "),
    "hex with colons": lambda payload: payload.encode().hex(":"),
    "hex in groups": lambda payload: payload.encode().hex(" ", 2),
    "hex as in C": each("\\x{:02x}"),
    "hex list": listed("0x{:02x}", ", "),
    "binary": listed("{:08b}", " "),
    "binary of seven": lambda payload: " ".join(f"{ord(char):07b}" for char in payload),
    "binary unbroken": each("{:08b}"),
    "decimal": listed("{}", " "),
    "decimal list": lambda payload: json.dumps(list(payload.encode())),
    "octal": listed("{:o}", " "),
    "octal escapes": each("\\{:03o}"),
    "url": urllib.parse.quote,
    "url all": each("%{:02x}"),
    "url of url of url": lambda payload: urllib.parse.quote(urllib.parse.quote(each("%{:02x}")(payload))),
    "url as in javascript": lambda payload: "".join(f"%u{ord(char):04x}" for char in payload),
    "html decimal": lambda payload: "".join(f"&#{ord(char)};" for char in payload),
    "html hexadecimal": lambda payload: "".join(f"&#x{ord(char):x};" for char in payload),
    "html of html": lambda payload: "".join(html.escape(f"&#{ord(char)};") for char in payload),
    "html named": lambda payload: payload.replace(" ", "&nbsp;").replace("t", "&#116;"),
    "json": lambda payload: "".join(f"\\u{ord(char):04x}" for char in payload),
    "json of json": lambda payload: "".join(f"\\\\u{ord(char):04x}" for char in payload),
    "python long": lambda payload: "".join(f"\\U{ord(char):08x}" for char in payload),
    "javascript braces": lambda payload: "".join(f"\\u{{{ord(char):x}}}" for char in payload),
    "css": lambda payload: "".join(f"\\{ord(char):x} " for char in payload),
    "line ends escaped": lambda payload: payload.replace(" ", "\\n"),
    "quoted printable": lambda payload: "".join(f"={ord(char):02X}" for char in payload),
    "quoted printable lines": lambda payload: quopri.encodestring(payload.replace(" ", "=20").encode()).decode(),
    "morse": morse,
    "html comment": lambda payload: f"<!-- {payload} -->",
    "html not displayed": lambda payload: f'<div style="display: none">{payload}</div>',
    "html white on white": lambda payload: f"<span style='color:#FFFFFF'>{payload}</span>",
    "html in its ground": lambda payload: f'<p style="color: navy; background-color: navy">{payload}</p>',
    "html size nought": lambda payload: f"<font size=0>{payload}</font>",
    "html font-size nought": lambda payload: f'<b style="font-size:0px">{payload}</b>',
    "html class": lambda payload: f"<style>.x {{ visibility: hidden }}</style><p class='a x'>{payload}</p>",
    "html alt": lambda payload: f'<img src="a.png" alt="{payload}">',
    "html title": lambda payload: f"<a href='/' title='{payload}'>here</a>",
    "html in pieces": lambda payload: payload.replace("o", "<b></b>o").replace("e", "<!-- -->e"),
    "markdown alt": lambda payload: f"![{payload}](https://example.com/a.png)",
    "markdown title": lambda payload: f'[here](https://example.com/ "{payload}")',
    "markdown comment": lambda payload: f"\n[//]: # ({payload})\n",
    "markdown emphasis": lambda payload: payload.replace("no", "**no**").replace("st", "**st**"),
} | {f"rot{by}": rot(by) for by in (1, 3, 7, 11, 20, 25)}

NESTED: dict[str, Encoder] = {
    "base64 of url of leet": lambda payload: b64(urllib.parse.quote(payload.translate(LEET))),
    "hex of base64": lambda payload: b64(payload).encode().hex(),
    "base64 of base64 of base64": lambda payload: b64(b64(b64(payload))),
    "base64 of reversed": lambda payload: b64(payload[::-1]),
    "base64 of rot13": lambda payload: b64(codecs.encode(payload, "rot13")),
    "url of html of json": lambda payload: urllib.parse.quote(html.escape(ENCODERS["json"](payload))),
    "html of base32": lambda payload: ENCODERS["html decimal"](ENCODERS["base32"](payload)),
    "comment of base64": lambda payload: f"<!-- {b64(payload)} -->",
    "full width of base64": lambda payload: ENCODERS["full width"](b64(payload)),
    "base64 of full width": lambda payload: b64(ENCODERS["full width"](payload)),
    "base64 of morse": lambda payload: b64(morse(payload)),
    "tags of base64": lambda payload: ENCODERS["tags"](b64(payload)),
    "json of tags": lambda payload: json.dumps(ENCODERS["tags"](payload)),
}
