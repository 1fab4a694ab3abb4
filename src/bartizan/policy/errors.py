"""What can be wrong with a policy, a key or a request."""

import msgspec

from bartizan.kernel import BartizanError, UsageError

MAX_MESSAGE_CHARS = 300


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a policy text."""

    what: str
    line: int = 0
    """The line on which the rule begins; 0 if it is about the whole text."""


class PolicyBroken(UsageError):
    """A policy text that nobody may decide by."""

    def __init__(self, faults: tuple[Fault, ...], *, source: str = "") -> None:
        self.faults = tuple(Fault(one_line(fault.what), fault.line) for fault in faults)
        first = self.faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        where = f"{source}:{first.line}" if first.line else source
        super().__init__(f"the policy is broken: {first.what}{more}", where=where, todo="bartizan policy check FILE")


class OddRequest(BartizanError):
    """A request that no schema-abiding caller makes; it is denied."""


class UnknownKey(UsageError):
    """There is no such API key."""


def one_line(text: str) -> str:
    """The text on one line, short, and without characters that could steer a terminal."""
    line = " ".join(text.split())
    shown = "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in line[:MAX_MESSAGE_CHARS])
    return shown + ("..." if len(line) > MAX_MESSAGE_CHARS else "")
