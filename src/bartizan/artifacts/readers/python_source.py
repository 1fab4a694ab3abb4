"""Python source: modelling code, loader scripts, `setup.py`, `conftest.py`, and the import lines of a `.pth` file."""

import re
from collections.abc import Iterator
from contextlib import suppress

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Spent, Structure, shown
from bartizan.artifacts.reader import HEAD_BYTES, Found, Head, Look, Reader

MAX_BYTES = 1 << 20
TYPICAL = re.compile(
    rb"^\s*(?:from\s+[\w.]+\s+import\s|import\s+[\w.]+|(?:async\s+)?def\s+\w+\s*\(|class\s+\w+\s*[(:]|@\w[\w.]*"
    rb"|(?:try|else|finally)\s*:|(?:if|for|while|with|elif|except)\b.*:\s*(?:#.*)?$|(?:raise|return|assert|del)\s"
    rb"|(?:[\w.\[\]'\"]+\s*(?::=|[-+]?=)\s*)?\(?\W?[\w.]+\(.*)",
    re.MULTILINE,
)
"""Lines that begin as statements do; what matters less, the lines between them may be anything."""
CALLS = re.compile(rb"\w\s*\(|[\])]\s*\(|\bimport\b|\bclass\b")
COOKIE = re.compile(rb"\A(?:#!.*\n)?[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
PLAIN_CODECS = (b"utf-8", b"utf8", b"latin-1", b"ascii", b"iso-8859-1", b"utf-8-sig")
MARKUP = re.compile(rb"\A\s*(?:<|\{|---\s)")
FENCED = re.compile(rb"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
PTH_LINE = re.compile(rb"^import[ \t].*[;(].*$", re.MULTILINE)
SURE = re.compile(rb"^(?:import \w+|from [\w.]+ import \w|(?:async )?def \w+\(|class \w+[(:])", re.MULTILINE)
SURE_SHARE = 0.6
MAX_PTH_LINES = 100


def sniff(head: Head) -> bool:
    """True for text that parses as Python and does something, or is made of lines of code and does not parse."""
    start = head.start
    if b"\0" in start or not start.strip() or not (CALLS.search(start) or _other_codec(start)):
        return False
    if _other_codec(start):
        return True
    if head.size <= HEAD_BYTES:
        from bartizan.artifacts.code_tree import does_something

        if does_something(start):
            return True
    if PTH_LINE.search(start) and not MARKUP.match(start):
        return True
    return not MARKUP.match(start) and (_share_of_code(start) >= SURE_SHARE or _has_sure_lines(head))


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What importing or running it can do."""
    from bartizan.artifacts.code import capabilities
    from bartizan.artifacts.code_tree import Broken

    if artifact.size > MAX_BYTES:
        yield Spent("spent", f"{artifact.size:,} bytes of source, the most is {MAX_BYTES:,}")
        return
    look.meter.spend("bytes", artifact.size)
    source = artifact.read(0, artifact.size)
    try:
        yield from capabilities(source, meter=look.meter)
        return
    except Broken as error:
        fault = shown(str(error))
    number, at = 1, 0
    for count, match in enumerate(PTH_LINE.finditer(source)):  # `site` runs such lines of a .pth file one by one
        if count >= MAX_PTH_LINES:
            yield Spent("spent", f"more than {MAX_PTH_LINES} lines that `site` would run")
            break
        number, at = number + source.count(b"\n", at, match.start()), match.start()
        with suppress(Broken):
            yield from capabilities(match[0], f".pth line {number}:", meter=look.meter)
    if _share_of_code(source) >= SURE_SHARE or SURE.search(FENCED.sub(b"", source)):
        yield Structure("unsupported", f"source that does not parse: {fault}")


def _other_codec(start: bytes) -> bool:
    """True if Python would decode the source by a codec that can hide code in what looks like text."""
    cookie = COOKIE.match(start)
    return cookie is not None and cookie[1].lower().replace(b"_", b"-") not in PLAIN_CODECS


def _has_sure_lines(head: Head) -> bool:
    """True for more than fits into the head, with lines that only Python has."""
    return head.size > HEAD_BYTES and SURE.search(FENCED.sub(b"", head.start + b"\n" + head.end)) is not None


def _share_of_code(text: bytes) -> float:
    """How much of the lines looks like code."""
    lines = [line for line in text[:HEAD_BYTES].splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    return sum(1 for line in lines if TYPICAL.match(line)) / len(lines) if lines else 0.0


READER = Reader("python", sniff, read)
