"""The bytes of a stream, seen through a window that moves forward, so that a large file is never held."""

import codecs
import re
import warnings

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.pickle.values import Blob
from bartizan.kernel import HostileInput, Meter

WINDOW_BYTES = 1 << 20
MAX_LINE_BYTES = 64 << 20
BYTES_PER_STEP, SKIMMED_BYTES_PER_STEP = 4, 64
BYTES_PER_READING_STEP = 1 << 8

SHORT_DIGITS, ZERO = 18, ord("0")
LONG_DIGITS = re.compile(rb"\s*[+-]?[0-9]{4300,}\s*\Z")
# C's strtol with base 0, which INT tries before Python's own rules.
STRTOL = re.compile(rb"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\Z")


class Ended(HostileInput):
    """A loader stops here with an error; what it did before is done."""


class Cut(Ended):
    """The bytes end before the stream does."""


class Source:
    """An artifact's bytes by absolute offset; `window` holds those from `base` on."""

    def __init__(self, artifact: Artifact, meter: Meter) -> None:
        self.artifact = artifact
        self.size = artifact.size
        self.meter = meter
        self.base = 0
        self.window = b""
        self._counted = 0
        """Up to where the meter was told that the bytes were read."""

    def move(self, at: int, length: int = WINDOW_BYTES) -> bytes:
        """The window that begins at this offset; raises Ended if there is nothing more than is already seen."""
        if at >= self.size:
            raise Cut("the stream ends before STOP" if at == self.size else "the stream ends inside an opcode")
        if at == self.base and len(self.window) >= min(length, self.size - at):
            raise Cut("the stream ends inside an opcode")
        self.count(self.base + len(self.window))
        self.meter.check_time()
        self.base = at
        self.window = self.artifact.read(at, length)
        return self.window

    def begin(self, at: int) -> None:
        """From here on the bytes are read, also those that were read before."""
        self._counted = at

    def count(self, to: int, *, skimmed: bool = False) -> None:
        """Tell the meter that the bytes up to here were read: one by one, or skimmed by a regular expression."""
        read = min(to, self.base + len(self.window)) - max(self._counted, self.base)
        if read > 0:
            self.meter.spend("steps", 1 + read // (SKIMMED_BYTES_PER_STEP if skimmed else BYTES_PER_STEP))
        self._counted = max(self._counted, to)

    def line(self, at: int) -> tuple[bytes, int]:
        """The line at this offset without its newline, and the offset after it."""
        pos = at - self.base
        end = self.window.find(b"\n", pos)
        length = WINDOW_BYTES
        while end < 0:
            if self.base + len(self.window) >= self.size:
                raise Cut("a line does not end")
            if length > MAX_LINE_BYTES:
                self.meter.spend("bytes", self.meter.budget.bytes + 1)
            self.move(at, length)
            length *= 4
            pos, end = 0, self.window.find(b"\n")
        return self.window[pos:end], self.base + end + 1

    def text_of(self, blob: Blob) -> str:
        """A text that was too long to hold, within the budget for bytes."""
        self.meter.spend("bytes", blob.length)
        self.meter.spend("steps", blob.length // BYTES_PER_READING_STEP)
        return self.bytes_at(blob.at, blob.length).decode("utf-8", "surrogatepass")

    def bytes_at(self, at: int, length: int) -> bytes:
        """Bytes from anywhere; raises Ended if there are fewer."""
        data = self.artifact.read(at, length)
        if len(data) < length:
            raise Cut("the stream ends inside an opcode")
        return data


def whole_number(line: bytes) -> int:
    """The operand of INT as C reads it: strtol with base 0, and failing that Python's rules with base 0."""
    if line.isdigit() and len(line) < SHORT_DIGITS and line[0] != ZERO:
        return int(line)
    if line.startswith(b"\0"):
        return 0  # strtol converts nothing, and C takes its end, which is a NUL, for the end of the number
    text = line.partition(b"\0")[0]
    if match := STRTOL.match(text):
        digits = match[2].lower()
        base = 16 if digits.startswith(b"0x") else 8 if digits.startswith(b"0") else 10
        number = int(digits, base)
        if number < 1 << 63:
            return -number if match[1] == b"-" else number
    return _python_number(text, 0)


def long_number(line: bytes) -> int:
    """The operand of LONG, with or without its L."""
    return _python_number((line[:-1] if line.endswith(b"L") else line).partition(b"\0")[0], 0)


def slot_number(line: bytes) -> int:
    """The operand of GET and PUT; a slot below zero is refused."""
    if line.isdigit() and len(line) < SHORT_DIGITS:
        return int(line)
    slot = _python_number(line.partition(b"\0")[0], 10)
    if not 0 <= slot < 1 << 63:
        raise Ended("a memo slot below zero or beyond all")
    return slot


def unescaped(text: bytes) -> bytes:
    """The operand of STRING with its escapes undone, as for a bytes literal; unknown ones stay as they are."""
    if b"\\" not in text:
        return text
    try:
        with warnings.catch_warnings():  # of escapes that Python may refuse one day
            warnings.simplefilter("ignore")
            return codecs.escape_decode(text)[0]  # what C's unpickler calls
    except ValueError:
        raise Ended("a STRING with a broken escape") from None


def _python_number(text: bytes, base: int) -> int:
    try:
        return int(text.decode("ascii"), base)
    except ValueError:
        if LONG_DIGITS.match(text):  # older Pythons have no limit on digits and go on
            return 0
        raise Ended("a number that is none") from None
