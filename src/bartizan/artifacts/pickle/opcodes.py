"""The opcodes of pickle protocols 0 to 5, and how the machine groups them.

`KIND` maps each byte to a small number; the most frequent opcodes have the lowest and are decided first.
"""

from bartizan.artifacts.pickle.values import FLOAT, FROZENSET, LIST, SET

NAMES: dict[int, str] = {
    ord("("): "MARK", ord("."): "STOP", ord("0"): "POP", ord("1"): "POP_MARK", ord("2"): "DUP", ord("F"): "FLOAT",
    ord("I"): "INT", ord("J"): "BININT", ord("K"): "BININT1", ord("L"): "LONG", ord("M"): "BININT2", ord("N"): "NONE",
    ord("P"): "PERSID", ord("Q"): "BINPERSID", ord("R"): "REDUCE", ord("S"): "STRING", ord("T"): "BINSTRING",
    ord("U"): "SHORT_BINSTRING", ord("V"): "UNICODE", ord("X"): "BINUNICODE", ord("a"): "APPEND", ord("b"): "BUILD",
    ord("c"): "GLOBAL", ord("d"): "DICT", ord("}"): "EMPTY_DICT", ord("e"): "APPENDS", ord("g"): "GET",
    ord("h"): "BINGET", ord("i"): "INST", ord("j"): "LONG_BINGET", ord("l"): "LIST", ord("]"): "EMPTY_LIST",
    ord("o"): "OBJ", ord("p"): "PUT", ord("q"): "BINPUT", ord("r"): "LONG_BINPUT", ord("s"): "SETITEM",
    ord("t"): "TUPLE", ord(")"): "EMPTY_TUPLE", ord("u"): "SETITEMS", ord("G"): "BINFLOAT", 0x80: "PROTO",
    0x81: "NEWOBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x85: "TUPLE1", 0x86: "TUPLE2", 0x87: "TUPLE3",
    0x88: "NEWTRUE", 0x89: "NEWFALSE", 0x8A: "LONG1", 0x8B: "LONG4", ord("B"): "BINBYTES", ord("C"): "SHORT_BINBYTES",
    0x8C: "SHORT_BINUNICODE", 0x8D: "BINUNICODE8", 0x8E: "BINBYTES8", 0x8F: "EMPTY_SET", 0x90: "ADDITEMS",
    0x91: "FROZENSET", 0x92: "NEWOBJ_EX", 0x93: "STACK_GLOBAL", 0x94: "MEMOIZE", 0x95: "FRAME", 0x96: "BYTEARRAY8",
    0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
}  # fmt: skip

CODES = {name: code for code, name in NAMES.items()}

# What each opcode of the kind PUSH pushes, and how many bytes it takes with its operand.
PUSHED: dict[int, tuple[object, int]] = {
    CODES["NONE"]: (None, 1),
    CODES["NEWTRUE"]: (True, 1),
    CODES["NEWFALSE"]: (False, 1),
    CODES["EMPTY_LIST"]: (LIST, 1),
    CODES["EMPTY_TUPLE"]: ((), 1),
    CODES["EMPTY_SET"]: (SET, 1),
    CODES["BINFLOAT"]: (FLOAT, 9),
}

# Size of the length field, and whether what follows is text, of opcodes that carry a counted payload.
COUNTED: dict[int, tuple[int, bool]] = {
    CODES["SHORT_BINUNICODE"]: (1, True),
    CODES["BINUNICODE"]: (4, True),
    CODES["BINUNICODE8"]: (8, True),
    CODES["SHORT_BINSTRING"]: (1, True),
    CODES["BINSTRING"]: (4, True),
    CODES["SHORT_BINBYTES"]: (1, False),
    CODES["BINBYTES"]: (4, False),
    CODES["BINBYTES8"]: (8, False),
    CODES["BYTEARRAY8"]: (8, False),
}

(
    PUSH, MEMOIZE, BININT1, BINGET, SHORT_TEXT, SHORT_BYTES,
    EMPTY_DICT, TUPLE_N, REDUCE, ITEM,
    MARK, ITEMS, BININT, PUT, GET, TUPLE, TEXT, RARE,
) = range(18)  # fmt: skip
FREQUENT, COMMON = SHORT_BYTES, ITEM
"""The last of the most frequent ones, and of those that follow."""


def _kinds() -> bytes:
    kinds = dict.fromkeys(range(256), RARE) | dict.fromkeys(PUSHED, PUSH)
    by_kind = {
        MEMOIZE: ["MEMOIZE"],
        BININT1: ["BININT1"],
        BINGET: ["BINGET"],
        SHORT_TEXT: ["SHORT_BINUNICODE"],
        SHORT_BYTES: ["SHORT_BINBYTES"],
        MARK: ["MARK"],
        EMPTY_DICT: ["EMPTY_DICT"],
        TUPLE_N: ["TUPLE1", "TUPLE2", "TUPLE3"],
        ITEMS: ["SETITEMS", "APPENDS", "ADDITEMS"],
        BININT: ["BININT", "BININT2"],
        ITEM: ["SETITEM", "APPEND"],
        PUT: ["BINPUT", "LONG_BINPUT"],
        GET: ["LONG_BINGET"],
        TUPLE: ["TUPLE"],
        REDUCE: ["REDUCE"],
        TEXT: ["BINUNICODE"],
    }
    kinds |= {CODES[name]: kind for kind, names in by_kind.items() for name in names}
    return bytes(kinds[code] for code in range(256))


KIND = _kinds()
CONTAINERS = {CODES["LIST"]: LIST, CODES["FROZENSET"]: FROZENSET}
