"""Plain data beside models that no loader acts on: images, audio, and prose. Everything else stays unrecognised."""

import re
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Structure
from bartizan.artifacts.reader import Found, Head, Look, Reader

MARKS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"%PDF-", b"OggS", b"fLaC")

# A hash-bang, or a line that begins as a statement of Python or of the shell does: then it is no prose.
CODE = re.compile(
    rb"\A#!|^[ \t]*(?:from[ \t]+[\w.]+[ \t]+import\s|import[ \t]+[\w.]+[ \t]*(?:as[ \t]+\w+\s*)?$|def[ \t]+\w+\s*\("
    rb"|class[ \t]+\w+\s*[(:]|(?:sudo|curl|wget|eval|exec|source|bash|sh)[ \t]+\S|<script\b|<\?php)",
    re.MULTILINE | re.IGNORECASE,
)
CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
FENCED = re.compile(rb"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
MARKDOWN = re.compile(rb"^#{1,6} \S", re.MULTILINE)


def sniff(head: Head) -> bool:
    start = head.start
    return start.startswith(MARKS) or (start[:4] == b"RIFF" and start[8:12] in (b"WEBP", b"WAVE")) or _prose(head)


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """Nothing, unless prose turns into code or bytes where the head ends: no media format runs or fetches anything."""
    head = Head.of(artifact)
    if artifact.size <= len(head.start) or head.start.startswith((*MARKS, b"RIFF")):
        return
    for chunk in artifact.chunks(len(head.start)):
        look.meter.check_time()
        if b"\0" in chunk or CODE.search(chunk):
            yield Structure("unrecognised", "text that goes on as code or as bytes")
            return


def _prose(head: Head) -> bool:
    """True for UTF-8 text without control characters and without code; fences in Markdown only show code."""
    text = head.start
    if CONTROL.search(text) or (head.size > len(text) and b"\0" in head.end):
        return False
    try:
        text.decode() if head.size <= len(text) else text[:-4].decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(text) - 8:
            return False
    bare = FENCED.sub(b"", text) if MARKDOWN.search(text) else text
    return not CODE.search(bare)


READER = Reader("data", sniff, read, weak=True)
