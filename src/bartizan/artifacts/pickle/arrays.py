"""Raw arrays that joblib writes between the opcodes of a stream: where each ends, or the stream that it is.

joblib's unpickler, when BUILD has filled an array wrapper, reads the array from the file: a byte that says how much
padding follows, the padding, then `shape` times the size of `dtype`; or, where the dtype holds objects, a stream.
"""

import re
from collections.abc import Callable
from math import prod

from bartizan.artifacts.fact import ReadsPath, shown
from bartizan.artifacts.pickle.calls import ARRAY_WRAPPER, DTYPE, Calls
from bartizan.artifacts.pickle.source import Ended, Source
from bartizan.artifacts.pickle.values import Made, Value

MAX_COUNT = (1 << 63) - 1
SIMPLE = re.compile(r"[<>=|]?(?:(b)1|([iufcmMSUV])(\d{1,9})|(O)\d?)\Z")
STATE_SIZE, STATE_FLAGS, STATE_LENGTH = 5, 7, 8
HOLDS_OBJECTS = 1
BYTES_PER_CHAR = 4
PADDING_DEFAULT = None


class Unclear(Exception):
    """The extent of an array cannot be computed."""


def build_array(source: Source, calls: Calls, wrapper: Made, at: int, run: Callable[[Source, int, Calls], int]) -> int:
    """The offset after the array of this wrapper, which begins at `at`; what it does is listed in `calls`."""
    name = wrapper.by.name if wrapper.by else ""
    state = wrapper.state if type(wrapper.state) is dict else {}
    if name != ARRAY_WRAPPER:
        calls.add(_file_beside(state, at))
        return at
    if at < calls.frame_end:
        calls.opaque("code", "an array inside a frame: joblib reads it from after the frame", at)
        return at
    try:
        holds_objects, size = _extent(state)
    except Unclear as error:
        calls.opaque("code", f"the extent of a raw array: {error}", at)
        return at
    if holds_objects:
        protocol = calls.protocol
        end = run(source, at, calls)
        calls.protocol = protocol
        return end
    if state.get("numpy_array_alignment_bytes") is not None:
        at += 1 + source.bytes_at(at, 1)[0]
    if at + size > source.size:
        raise Ended("an array is longer than the file")
    return at + size


def _file_beside(state: dict[str, Value], at: int) -> ReadsPath:
    """Old joblib kept each array in a file of its own, read with pickles allowed."""
    name = state.get("filename")
    if type(name) is not str:
        return ReadsPath("outside", "a computed file name", at, "NDArrayWrapper")
    inside = "/" not in name and "\\" not in name and name not in ("", ".", "..")
    return ReadsPath("inside" if inside else "outside", shown(name), at, "NDArrayWrapper")


def _extent(state: dict[str, Value]) -> tuple[bool, int]:
    """Whether the array holds objects, and how many bytes it takes if not."""
    shape, dtype = state.get("shape"), state.get("dtype")
    if type(shape) is not tuple or not all(type(length) is int and length >= 0 for length in shape):
        raise Unclear("its shape is computed")
    if type(dtype) is not Made or dtype.by is None or dtype.by.name != DTYPE:
        raise Unclear("its dtype is computed")
    holds_objects, item_bytes = _item(dtype)
    count = prod(shape)
    if count > MAX_COUNT:
        raise Unclear("its shape overflows")
    return holds_objects, count * item_bytes


def _item(dtype: Made) -> tuple[bool, int]:
    """Whether items of this dtype are objects, and their size."""
    code = dtype.args[0] if type(dtype.args) is tuple and dtype.args else None
    match = SIMPLE.match(code) if type(code) is str else None
    if match is None:
        raise Unclear("its dtype is none that is known")
    if match[1]:
        return False, 1
    if match[4]:
        return True, 0
    kind, size = match[2], int(match[3])
    if kind not in "SUV":
        return False, size
    if dtype.state is None:
        return False, size * BYTES_PER_CHAR if kind == "U" else size
    state = dtype.state
    if type(state) is not tuple or len(state) < STATE_LENGTH:
        raise Unclear("its dtype has an odd state")
    item_bytes, flags = state[STATE_SIZE], state[STATE_FLAGS]
    if type(item_bytes) is not int or type(flags) is not int or item_bytes <= 0:
        raise Unclear("its dtype has an odd state")
    return bool(flags & HOLDS_OBJECTS), item_bytes
