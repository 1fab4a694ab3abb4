"""Redaction: a text with spans of it replaced by the names of what stood there."""

from collections.abc import Iterable

from bartizan.guard.verdict import Hit


def redacted(text: str, hits: Iterable[Hit], first: int = 0, last: int | None = None) -> str:
    """The text from `first` to `last`, with `[kind]` for each span that is to be redacted and reaches into it."""
    last = len(text) if last is None else last
    spans = sorted((hit.start, -hit.end, hit.kind) for hit in hits if hit.action == "redact")
    pieces: list[str] = []
    at = first
    for start, minus_end, kind in spans:
        if -minus_end > at and start < last:
            pieces += (text[at : max(start, at)], f"[{kind}]")
            at = min(-minus_end, last)
    return "".join((*pieces, text[at:last])) if pieces else text[first:last]
