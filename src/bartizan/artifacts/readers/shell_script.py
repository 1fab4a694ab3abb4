"""Shell scripts: run only by hand, so what counts is a line that nobody has a good reason for."""

import re
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Calls, Spent, shown
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.artifacts.shell_lines import hostile

MAX_BYTES = 4 << 20
HASH_BANG = re.compile(rb"\A#![ \t]*/(?:usr/)?(?:local/)?bin/(?:env[ \t]+(?:-\S+[ \t]+)?)?(?:ba|z|da|k|fi)?sh\b")
WITHOUT = re.compile(
    rb"\A(?:[ \t]*(?:#.*)?\n)*[ \t]*(?:set -[eux]|export \w+=|curl\s|wget\s|sudo\s|source\s|chmod\s|bash\s|sh\s|nc\s"
    rb"|apt-get\s|pip3? install)"
)
CONTINUED = re.compile(r"\\\n")


def sniff(head: Head) -> bool:
    return b"\0" not in head.start[:4096] and (HASH_BANG.match(head.start) or WITHOUT.match(head.start)) is not None


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The lines that speak against it."""
    if artifact.size > MAX_BYTES:
        yield Spent("spent", f"a script of {artifact.size:,} bytes")
        return
    look.meter.spend("bytes", artifact.size)
    text = CONTINUED.sub(" ", artifact.read(0, artifact.size).decode("utf-8", "replace"))
    for number, line in enumerate(text.splitlines(), 1):
        if not line.lstrip().startswith("#") and (found := hostile(line)):
            yield Calls("code", f"the shell runs {shown(found)}", where=f"line {number}")


READER = Reader("shell", sniff, read)
