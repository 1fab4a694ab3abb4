"""The pickle machine: runs a stream as CPython's C unpickler would, on kinds of values in place of objects.

The effect of every opcode on stack, marks and memo is that of `Modules/_pickle.c`; where loaders differ (the unpickler
in Python, which joblib builds on, skips some checks) the machine goes on, because what is listed too much harms less
than what is missed. Whatever would call something goes through `Calls`, which lists it.

A stretch at the end of the window is not special-cased in the loop: reading past it raises IndexError before anything
was changed, and the opcode is begun again in the next window.
"""

import struct

from bartizan.artifacts.pickle.calls import Calls
from bartizan.artifacts.pickle.opcodes import (
    BINGET,
    BININT,
    BININT1,
    CODES,
    COMMON,
    EMPTY_DICT,
    FREQUENT,
    GET,
    ITEMS,
    KIND,
    MARK,
    MEMOIZE,
    PUSH,
    PUSHED,
    PUT,
    REDUCE,
    SHORT_BYTES,
    TEXT,
    TUPLE,
    TUPLE_N,
)
from bartizan.artifacts.pickle.rare import MAX_TEXT_BYTES, STEPS, Rare, State
from bartizan.artifacts.pickle.source import Ended, Source
from bartizan.artifacts.pickle.values import DICT, LIST, SET, Global, Made

INT4 = struct.Struct("<i").unpack_from
SLOT4 = struct.Struct("<I").unpack_from
INT2 = struct.Struct("<H").unpack_from

CONSTANT = [PUSHED.get(code, (None, 0))[0] for code in range(256)]
APPEND, APPENDS, SETITEMS, ADDITEMS, STOP = (
    CODES[name] for name in ("APPEND", "APPENDS", "SETITEMS", "ADDITEMS", "STOP")
)
TUPLE1 = CODES["TUPLE1"]
STRIDE = [PUSHED.get(code, (None, 0))[1] for code in range(256)]


def run(source: Source, start: int, calls: Calls) -> int:
    """Run one stream from `start` to its STOP and return the offset after it; raises Ended where a loader would stop.

    Everything that the stream does on the way is listed in `calls`, also when it raises.
    """
    state = State()
    rare = Rare(source, state, calls)
    stack, memo = state.stack, state.memo
    append = stack.append
    at = start
    pos = start - source.base
    data = source.window
    if not 0 <= pos < len(data):
        data, pos = source.move(start), 0
    while True:
        try:
            while True:
                op = data[pos]
                kind = KIND[op]
                if kind <= FREQUENT:
                    if kind == PUSH:
                        value = CONSTANT[op]
                        append(value)
                        pos += STRIDE[op]
                        if data[pos] == 0x94:
                            memo[len(memo)] = value
                            pos += 1
                    elif kind == MEMOIZE:
                        if len(stack) <= state.fence:
                            raise Ended("MEMOIZE of nothing")
                        memo[len(memo)] = stack[-1]
                        pos += 1
                    elif kind == BININT1:
                        append(data[pos + 1])
                        pos += 2
                    elif kind == BINGET:
                        append(memo[data[pos + 1]])
                        pos += 2
                    else:
                        end = pos + 2 + data[pos + 1]
                        if end > len(data):
                            raise IndexError
                        raw = data[pos + 2 : end]
                        value = raw if kind == SHORT_BYTES else raw.decode("utf-8", "surrogatepass")
                        append(value)
                        pos = end
                        if data[pos] == 0x94:
                            memo[len(memo)] = value
                            pos += 1
                elif kind <= COMMON:
                    if kind == EMPTY_DICT:
                        append(DICT if not calls.dicts_kept else {})
                    elif kind == TUPLE_N:
                        first = len(stack) - (op - 0x84)
                        if first < state.fence:
                            raise Ended("a tuple of more than there is")
                        stack[first:] = (tuple(stack[first:]),) if op != TUPLE1 else ((stack[first],),)
                    elif kind == REDUCE:
                        if len(stack) - 2 < state.fence:
                            raise Ended("REDUCE of nothing")
                        args = stack.pop()
                        callee = stack[-1]
                        if (
                            type(callee) is Global
                            and callee.called is not None
                            and (not callee.consuming or callee.calls_same_with(args))
                        ):
                            stack[-1] = callee.called
                        else:
                            stack[-1] = calls.call("REDUCE", callee, args, source.base + pos)
                    else:
                        first = len(stack) - (1 if op == APPEND else 2)
                        if first <= state.fence:
                            raise Ended("an item for nothing")
                        target, value = stack[first - 1], type(stack[-1])
                        if target is LIST:
                            known = op == APPEND
                        elif value is Global or value is Made:
                            known = False
                        elif target is DICT:
                            known = op != APPEND
                        else:
                            known = type(target) is Made and target.by is not None and op in target.by.takes
                        if not known:
                            calls.put_items(op, target, stack[first:], source.base + pos)
                        del stack[first:]
                    pos += 1
                    if data[pos] == 0x94:
                        memo[len(memo)] = stack[-1]
                        pos += 1
                elif kind == MARK:
                    state.fence = len(stack)
                    state.marks.append(state.fence)
                    pos += 1
                elif kind == ITEMS:
                    mark = state.pop_mark()
                    if mark <= state.fence:
                        raise Ended("items for nothing")
                    target = stack[mark - 1]
                    if len(stack) > mark:
                        items = stack[mark:]
                        del stack[mark:]
                        if target is DICT and op == SETITEMS and not len(items) & 1:
                            kinds = set(map(type, items))
                            if Global in kinds or Made in kinds:
                                calls.put_items(op, target, items, source.base + pos)
                        elif not ((target is LIST and op == APPENDS) or (target is SET and op == ADDITEMS)):
                            calls.put_items(op, target, items, source.base + pos)
                    pos += 1
                elif kind == BININT:
                    if op == 0x4A:
                        append(INT4(data, pos + 1)[0])
                        pos += 5
                    else:
                        append(INT2(data, pos + 1)[0])
                        pos += 3
                elif kind == PUT:
                    slot, size = (data[pos + 1], 2) if op == 0x71 else (SLOT4(data, pos + 1)[0], 5)
                    if len(stack) <= state.fence:
                        raise Ended("PUT of nothing")
                    memo[slot] = stack[-1]
                    pos += size
                elif kind == GET:
                    append(memo[SLOT4(data, pos + 1)[0]])
                    pos += 5
                elif kind == TUPLE:
                    mark = state.pop_mark()
                    stack[mark:] = (tuple(stack[mark:]),)
                    pos += 1
                elif kind == TEXT and (length := SLOT4(data, pos + 1)[0]) <= MAX_TEXT_BYTES:
                    end = pos + 5 + length
                    if end > len(data):
                        raise IndexError
                    append(data[pos + 5 : end].decode("utf-8", "surrogatepass"))
                    pos = end
                elif op == STOP:
                    state.pop()
                    return source.base + pos + 1
                elif op not in STEPS:
                    raise Ended(f"{op:#04x} is no opcode")
                else:
                    at = STEPS[op](rare, source.base + pos + 1)
                    pos, data = at - source.base, source.window
        except (IndexError, struct.error):
            data = source.move(source.base + pos)
            pos = 0
        except KeyError:
            raise Ended("a memo slot that is empty") from None
        except UnicodeDecodeError:
            raise Ended("text that is not UTF-8") from None
        finally:
            source.count(source.base + pos)
