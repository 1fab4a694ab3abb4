"""Text from outside, made fit to show: what would hide itself or steer the reader's screen is written out."""

from bartizan.kernel.unseen import unseen


def visible(text: object, *, keep: str = "") -> str:
    """The text with each control, bidirectional, invisible or unassigned character escaped, but those in `keep`."""
    shown = str(text)
    if shown.isascii() and shown.isprintable():
        return shown
    return "".join(char if char in keep or not unseen(char) else _escape(char) for char in shown)


def _escape(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{{{ord(char):x}}}"
