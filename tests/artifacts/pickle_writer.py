"""Writes opcodes, and keeps the kinds of what is on the stack, the marks and the memo."""

import random
import struct

from bartizan.artifacts.pickle.opcodes import CODES

WORDS = ("__setstate__", "extend", "append", "add", "__class__", "f", "g", "probe", "x", "Plain", "rot13", "utf-8", "")


class Writer:
    """The values, the stack and the memo of one program."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._out = bytearray()
        self._stack: list[str] = []
        self._marks: list[int] = []
        self._memo: dict[int, str] = {}
        self._protocol = dice.choice((0, 0, 1, 2, 3, 4, 4, 5))
        self._wild = dice.random() < 0.15

    def _atom(self) -> None:
        choice = self._dice.randrange(14)
        number = self._dice.randrange(-3, 120)
        if choice == 0:
            self._push("none", "NONE")
        elif choice == 1:
            self._push("int", self._dice.choice(("NEWTRUE", "NEWFALSE")))
        elif choice == 2:
            self._push("int", "BININT", struct.pack("<i", number))
        elif choice == 3:
            self._push("int", "BININT1", bytes([number % 128]))
        elif choice == 4:
            self._push("int", "BININT2", struct.pack("<H", number % 128))
        elif choice == 5:
            self._push(
                "int", "INT", self._dice.choice((b"%d\n", b"0x%x\n", b"0%o\n", b" %d\n", b"%d\0z\n")) % abs(number)
            )
        elif choice == 6:
            self._push("int", self._dice.choice(("INT", "INT", "LONG")), self._dice.choice((b"00\n", b"01\n", b"7\n")))
        elif choice == 7:
            self._push("int", "LONG", b"%dL\n" % number)
        elif choice == 8:
            self._push("int", "LONG1", b"\x02" + struct.pack("<h", number))
        elif choice == 9:
            self._push("int", "LONG4", b"\x02\0\0\0" + struct.pack("<h", number))
        elif choice == 10:
            self._push("float", "BINFLOAT", struct.pack(">d", number / 3))
        elif choice == 11:
            self._push("float", "FLOAT", b"%d.5\n" % number)
        elif choice == 12:
            self._bytes()
        else:
            self._push("other", self._dice.choice(("EMPTY_TUPLE", "NEXT_BUFFER")))

    def _bytes(self) -> None:
        data = self._dice.choice((b"", b"zyx", b"probe"))
        name, size = self._dice.choice(
            (("SHORT_BINBYTES", "B"), ("BINBYTES", "I"), ("BINBYTES8", "Q"), ("BYTEARRAY8", "Q"))
        )
        self._push("bytes", name, struct.pack("<" + size, len(data)) + data)
        if self._dice.random() < 0.2:
            self._op("READONLY_BUFFER")

    def _text(self, text: str | None = None) -> None:
        word = self._dice.choice(WORDS) if text is None else text
        data = word.encode()
        choice = self._dice.randrange(7)
        if choice == 0:
            self._push("text", "UNICODE", data + b"\n")
        elif choice == 1:
            self._push("text", "STRING", b"'%s'\n" % data)
        elif choice == 2:
            self._push("text", "BINSTRING", struct.pack("<I", len(data)) + data)
        elif choice == 3:
            self._push("text", "SHORT_BINSTRING", bytes([len(data)]) + data)
        elif choice == 4:
            self._push("text", "BINUNICODE", struct.pack("<I", len(data)) + data)
        elif choice == 5:
            self._push("text", "BINUNICODE8", struct.pack("<Q", len(data)) + data)
        else:
            self._push("text", "SHORT_BINUNICODE", bytes([len(data)]) + data)

    def _container(self) -> None:
        name = self._dice.choice(("EMPTY_LIST", "EMPTY_DICT", "EMPTY_DICT", "EMPTY_SET", "EMPTY_TUPLE"))
        self._push({"EMPTY_LIST": "list", "EMPTY_DICT": "dict", "EMPTY_SET": "set"}.get(name, "tuple"), name)

    def _mark(self) -> None:
        self._op("MARK")
        self._marks.append(len(self._stack))

    def _maybe_memoize(self) -> None:
        if self._stack and self._dice.random() < 0.5:
            self._put()

    def _put(self) -> None:
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            return
        choice, slot = self._dice.randrange(4), self._dice.randrange(6)
        if choice == 0:
            slot = len(self._memo)
            self._op("MEMOIZE")
        elif choice == 1:
            self._op("BINPUT", bytes([slot]))
        elif choice == 2:
            self._op("LONG_BINPUT", struct.pack("<I", slot))
        else:
            self._op("PUT", b"%d\n" % slot)
        self._memo[slot] = self._stack[-1]

    def _get(self) -> None:
        if not self._memo:
            return
        slot = self._dice.choice(list(self._memo))
        name, operand = self._dice.choice((
            ("BINGET", bytes([slot % 256])), ("LONG_BINGET", struct.pack("<I", slot)), ("GET", b"%d\n" % slot),
        ))  # fmt: skip
        self._push(self._memo[slot], name, operand)

    def _dup(self) -> None:
        if len(self._stack) > (self._marks[-1] if self._marks else 0):
            self._push(self._stack[-1], "DUP")

    def _pop(self) -> None:
        if len(self._stack) > (self._marks[-1] if self._marks else 0):
            self._op("POP")
            self._stack.pop()
        elif self._marks:
            self._op(self._dice.choice(("POP", "POP_MARK")))
            self._marks.pop()

    def _frame(self) -> None:
        self._op("FRAME", struct.pack("<Q", 0))

    def _operand(self, name: str) -> bytes:
        """Some operand for an opcode at a place where it may not fit."""
        if name in ("GLOBAL", "INST"):
            return b"probe\nf\n"
        if name in ("INT", "LONG", "GET", "PUT", "FLOAT", "PERSID", "UNICODE"):
            return b"1\n"
        if name == "STRING":
            return b"'a'\n"
        widths = {"BININT": 4, "BININT1": 1, "BININT2": 2, "BINGET": 1, "BINPUT": 1, "LONG_BINGET": 4, "LONG_BINPUT": 4,
                  "BINFLOAT": 8, "EXT1": 1, "EXT2": 2, "EXT4": 4, "PROTO": 1, "LONG1": 1, "LONG4": 4}  # fmt: skip
        return bytes(
            widths.get(name, 8 if name.endswith("8") or name == "FRAME" else 4 if name.startswith("BIN") else 1)
        )

    def _op(self, name: str, operand: bytes = b"") -> None:
        self._out.append(CODES[name])
        self._out += operand

    def _push(self, kind: str, name: str, operand: bytes = b"") -> None:
        self._op(name, operand)
        self._stack.append(kind)

    def _call_op(self, name: str, taken: int, kind: str) -> None:
        self._op(name)
        callee = self._stack[-taken] if len(self._stack) >= taken else ""
        if kind == "object":
            kind = callee[6:] if callee.startswith("class ") else "full" if callee in ("function", "full") else "other"
        del self._stack[-taken:]
        self._stack.append(kind)
