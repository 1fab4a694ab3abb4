"""The less frequent opcodes: text operands, long payloads, and all that finds, makes or builds objects."""

from collections.abc import Callable
from functools import partial

from bartizan.artifacts.pickle.calls import Calls
from bartizan.artifacts.pickle.opcodes import CODES, CONTAINERS, COUNTED
from bartizan.artifacts.pickle.source import Cut, Ended, Source, long_number, slot_number, unescaped, whole_number
from bartizan.artifacts.pickle.values import BUFFER, DICT, FLOAT, UNKNOWN, Blob, Global, Made, Value

MAX_TEXT_BYTES = 1 << 16
HIGHEST_PROTOCOL = 5
MAX_LENGTH = (1 << 63) - 1
TRUTH = {b"00": False, b"01": True}


class State:
    """The unpickler's stack, marks and memo."""

    __slots__ = ("fence", "marks", "memo", "stack")

    def __init__(self) -> None:
        self.stack: list[Value] = []
        self.marks: list[int] = []
        self.memo: dict[int, Value] = {}
        self.fence = 0
        """Nothing below the latest mark may be taken."""

    def pop(self) -> Value:
        if len(self.stack) <= self.fence:
            raise Ended("the stack is empty")
        return self.stack.pop()

    def pop_mark(self) -> int:
        if not self.marks:
            raise Ended("there is no MARK")
        mark = self.marks.pop()
        self.fence = self.marks[-1] if self.marks else 0
        return mark

    def pop_items(self) -> tuple[Value, ...]:
        mark = self.pop_mark()
        items = tuple(self.stack[mark:])
        del self.stack[mark:]
        return items


class Rare:
    """The steps of one stream; each takes the offset of its operand and returns that of the next opcode."""

    def __init__(self, source: Source, state: State, calls: Calls) -> None:
        self._source = source
        self._state = state
        self._push = state.stack.append
        self._calls = calls

    # Operands

    def _little(self, at: int, length: int, signed: bool = False) -> int:
        return int.from_bytes(self._source.bytes_at(at, length), "little", signed=signed)

    def _line(self, at: int, least: int = 1) -> tuple[bytes, int]:
        line, end = self._source.line(at)
        if len(line) < least:
            raise Ended("an operand is missing")
        return line, end

    def _counted(self, at: int, *, op: int) -> int:
        width, text = COUNTED[op]
        length = self._little(at, width)
        if length > MAX_LENGTH:
            raise Ended("a length beyond all memory")
        first, end = at + width, at + width + length
        if end > self._source.size:
            raise Cut("a payload is longer than the file")
        if length > MAX_TEXT_BYTES:
            self._push(Blob(first, length, text))
        else:
            data = self._source.bytes_at(first, length)
            legacy = op in (CODES["BINSTRING"], CODES["SHORT_BINSTRING"])
            self._push(
                data if not text else data.decode("latin-1") if legacy else data.decode("utf-8", "surrogatepass")
            )
        return end

    def _int(self, at: int) -> int:
        line, end = self._line(at)
        self._push(TRUTH[line] if line in TRUTH else whole_number(line))
        return end

    def _long(self, at: int) -> int:
        line, end = self._line(at)
        self._push(long_number(line))
        return end

    def _long1(self, at: int) -> int:
        return self._counted_number(at, 1)

    def _long4(self, at: int) -> int:
        return self._counted_number(at, 4)

    def _counted_number(self, at: int, width: int) -> int:
        length = self._little(at, width, signed=width == 4)
        if length < 0:
            raise Ended("a number of fewer than no bytes")
        if at + width + length > self._source.size:
            raise Cut("a number is longer than the file")
        self._push(self._little(at + width, length, signed=True) if length <= MAX_TEXT_BYTES else FLOAT)
        return at + width + length

    def _float(self, at: int) -> int:
        line, end = self._line(at)
        try:
            float(line.partition(b"\0")[0])
        except ValueError:
            raise Ended("a float that is none") from None
        self._push(FLOAT)
        return end

    def _string(self, at: int) -> int:
        line, end = self._source.line(at)
        if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
            raise Ended("a STRING without quotes")
        self._push(unescaped(line[1:-1]).decode("latin-1"))
        return end

    def _unicode(self, at: int) -> int:
        line, end = self._source.line(at)
        try:
            self._push(line.decode("raw-unicode-escape"))
        except ValueError:
            raise Ended("a UNICODE with a broken escape") from None
        return end

    def _get(self, at: int) -> int:
        line, end = self._line(at)
        self._push(self._state.memo[slot_number(line)])
        return end

    def _put(self, at: int) -> int:
        line, end = self._line(at)
        if len(self._state.stack) <= self._state.fence:
            raise Ended("PUT of nothing")
        self._state.memo[slot_number(line)] = self._state.stack[-1]
        return end

    # Stack, containers, frames

    def _pop(self, at: int) -> int:
        state = self._state
        if state.marks and state.marks[-1] == len(state.stack):
            state.pop_mark()
        else:
            state.pop()
        return at

    def _pop_mark(self, at: int) -> int:
        self._state.pop_items()
        return at

    def _dup(self, at: int) -> int:
        value = self._state.pop()
        self._state.stack += (value, value)
        return at

    def _container(self, at: int, *, op: int) -> int:
        self._state.pop_items()
        self._push(CONTAINERS[op])
        return at

    def _dict(self, at: int) -> int:
        items = self._state.pop_items()
        if len(items) % 2:
            raise Ended("a key without a value")
        made: Value = {} if self._calls.dicts_kept else DICT
        self._calls.put_items(CODES["DICT"], made, items, at - 1)
        self._push(made)
        return at

    def _proto(self, at: int) -> int:
        protocol = self._little(at, 1)
        if protocol > HIGHEST_PROTOCOL:
            raise Ended(f"protocol {protocol}, which nobody reads")
        self._calls.protocol = protocol
        return at + 1

    def _frame(self, at: int) -> int:
        self._calls.frame_end = at + 8 + self._little(at, 8)
        if self._calls.frame_end > self._source.size:
            self._calls.note("broken", "a frame is longer than the file: C stops here, Python goes on", at - 1)
        return at + 8

    def _next_buffer(self, at: int) -> int:
        self._push(BUFFER)
        return at

    def _readonly_buffer(self, at: int) -> int:
        self._push(self._state.pop())
        return at

    # Objects

    def _global(self, at: int) -> int:
        module, at = self._line(at)
        name, end = self._line(at)
        self._push(self._calls.find(module.decode(), name.decode(), at))
        return end

    def _stack_global(self, at: int) -> int:
        name = self._state.pop()
        module = self._state.pop()
        self._push(self._calls.find_computed(module, name, at - 1))
        return at

    def _inst(self, at: int) -> int:
        args = self._state.pop_items()
        module, end = self._line(at)
        name, end = self._line(end)
        try:
            cls = self._calls.find(module.decode("ascii"), name.decode("ascii"), at - 1)
        except UnicodeDecodeError:
            raise Ended("a name that is not ASCII") from None
        self._push(self._calls.call("INST", cls, args, at - 1))
        return end

    def _newobj(self, at: int) -> int:
        args = self._state.pop()
        cls = self._state.pop()
        made = cls.newed if type(cls) is Global else None
        self._push(self._calls.new("NEWOBJ", cls, args, at - 1) if made is None else made)
        return at

    def _newobj_ex(self, at: int) -> int:
        kwargs = self._state.pop()
        args = self._state.pop()
        self._push(self._calls.new("NEWOBJ_EX", self._state.pop(), (args, kwargs), at - 1))
        return at

    def _obj(self, at: int) -> int:
        items = self._state.pop_items()
        if not items:
            raise Ended("OBJ without a class")
        self._push(self._calls.call("OBJ", items[0], items[1:], at - 1))
        return at

    def _build(self, at: int) -> int:
        given = self._state.pop()
        state = self._state
        if len(state.stack) <= state.fence:
            raise Ended("BUILD of nothing")
        target = state.stack[-1]
        if type(target) is Made and type(given) is not Made and target.by is not None and target.by.filled:
            return at
        end, made = self._calls.build(target, given, at)
        state.stack[-1] = made
        return end

    def _persid(self, at: int) -> int:
        line, end = self._source.line(at)
        self._push(self._calls.persistent(line.decode("latin-1")))
        return end

    def _binpersid(self, at: int) -> int:
        self._push(self._calls.persistent(self._state.pop()))
        return at

    def _ext1(self, at: int) -> int:
        return self._extension(at, 1)

    def _ext2(self, at: int) -> int:
        return self._extension(at, 2)

    def _ext4(self, at: int) -> int:
        return self._extension(at, 4)

    def _extension(self, at: int, width: int) -> int:
        code = self._little(at, width, signed=width == 4)
        if code <= 0:
            raise Ended("an extension code below one")
        self._calls.opaque("name", f"extension code {code}, which only the loader's registry knows", at - 1)
        self._push(UNKNOWN)
        return at + width


def _steps() -> dict[int, Callable[[Rare, int], int]]:
    names = (
        "INT", "LONG", "FLOAT", "STRING", "UNICODE", "GLOBAL", "INST", "PERSID", "GET", "PUT", "LONG1", "LONG4", "POP",
        "POP_MARK", "DUP", "DICT", "PROTO", "FRAME", "STACK_GLOBAL", "NEWOBJ", "NEWOBJ_EX", "OBJ", "BUILD", "BINPERSID",
        "NEXT_BUFFER", "READONLY_BUFFER", "EXT1", "EXT2", "EXT4",
    )  # fmt: skip
    steps: dict[int, Callable[[Rare, int], int]] = {CODES[name]: getattr(Rare, f"_{name.lower()}") for name in names}
    steps |= {op: partial(Rare._counted, op=op) for op in COUNTED}
    return steps | {op: partial(Rare._container, op=op) for op in CONTAINERS}


STEPS = _steps()
"""What to do for each opcode."""
