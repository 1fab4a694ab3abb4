"""The lexical part of YAML: the patterns of its tokens, and what scalars and tags come to."""

import re

BLANK = re.compile(r"[ \t]*(?:#.*)?\Z")
PROPERTIES = re.compile(r"[ \t]*(?:(?P<tag>!(?:<[^>\n]*>|[^\s,\[\]{}]*))|(?P<anchor>&[^\s,\[\]{}]+))(?=[\s,\[\]{}]|\Z)")
ALIAS = re.compile(r"[ \t]*\*([^\s,\[\]{}:]+)")
QUOTED = re.compile(r"'(?:[^']|'')*+'|\"(?:[^\"\\]|\\.)*+\"", re.DOTALL)
ENDING = {"'": re.compile(r"(?:[^']|'')*+'"), '"': re.compile(r"(?:[^\"\\]|\\.)*+\"")}
"""The last line of a quoted scalar, up to its closing quote."""
PLAIN_KEY = re.compile(
    r"(?:[^\s#:'\"\[\]{},&*!|>%@`-]|[-?](?=\S)|:(?=\S)|(?<=\S)#)(?:[^\n:#]|:(?=\S)|(?<=\S)#){0,1024}?(?=\s{0,40}:(?:\s|\Z))"
)
SEQUENCE_ITEM = re.compile(r"-(?=\s|\Z)")
EXPLICIT_KEY = re.compile(r"\?(?=\s|\Z)")
BLOCK_SCALAR = re.compile(r"[ \t]*[|>][-+0-9]*[ \t]*(?:#.*)?\Z")
FLOW_PLAIN = re.compile(
    r"[^,\[\]{}:#\n'\"][^,\[\]{}\n]*?(?=\s{0,40}(?:[,\[\]{}]|:(?:[\s,\[\]{}]|\Z)|\s#|\Z))", re.DOTALL
)
NULLS = frozenset({"null", "Null", "NULL", "~"})
COMMENT = re.compile(r"(?:^|[ \t])#.*")
DOCUMENT = re.compile(r"(?:---|\.\.\.)(?=\s|\Z)")
ESCAPES = {
    "n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v", "_": "\xa0",
    "N": "\x85", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(\r?\n[ \t]*)|(.))", re.DOTALL)


def unquoted(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    return ESCAPE.sub(_escaped, text[1:-1] if text.endswith('"') else text[1:])


def _escaped(match: re.Match[str]) -> str:
    number = match[1] or match[2] or match[3]
    if number:
        code = int(number, 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return "" if match[4] else ESCAPES.get(match[5], match[5])


def level(text: str) -> int:
    bare = COMMENT.sub("", QUOTED.sub("", text))
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


def spelt(tag: str) -> str:
    return re.sub(r"%([0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)), tag)
