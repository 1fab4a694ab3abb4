"""Chat templates in a file of their own (`chat_template.jinja`)."""

import re
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.kernel import OutOfBudget

MAX_BYTES = 1 << 20
TAG = re.compile(
    rb"\{%[-+]?\s*(?:for|if|set|macro|block|include|import|from|extends|call|filter|raw|with)\b|\{\{[^{}]{1,2000}\}\}"
)
OTHER_FORMATS = re.compile(rb"\s*(?:\{\s*\"|<!doctype|<html|<\?xml|#{1,6} |---\s)", re.IGNORECASE)


def sniff(head: Head) -> bool:
    start = head.start
    return b"\0" not in start[:4096] and OTHER_FORMATS.match(start) is None and TAG.search(start) is not None


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What rendering it can do."""
    if artifact.size > MAX_BYTES:
        raise OutOfBudget(f"a template of {artifact.size:,} bytes")
    from bartizan.artifacts.jinja_template import template_facts

    look.meter.spend("bytes", artifact.size)
    yield from template_facts(artifact.read(0, artifact.size).decode("utf-8", "replace"), meter=look.meter)


READER = Reader("chat_template", sniff, read, weak=True)
