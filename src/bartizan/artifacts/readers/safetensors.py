"""safetensors: a JSON header and the bytes of tensors, which must tile the rest of the file exactly.

What the reference implementation refuses is malformed: no saver writes it, and a lenient loader would read past ends.
"""

import math
from collections.abc import Iterator
from typing import Any

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Structure, shown
from bartizan.artifacts.json_document import decode, doubled_keys
from bartizan.artifacts.reader import Found, Head, Look, Malformed, Reader
from bartizan.kernel import HostileInput

MAX_HEADER_BYTES = 100_000_000
"""The limit of the reference implementation."""
STEPS_PER_TENSOR = 6
DTYPE_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64,
    "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


def sniff(head: Head) -> bool:
    """Eight bytes of length that are no text, then an opening brace; whether the length is right is for `read`."""
    length = head.start[:8]
    return head.start[8:9] == b"{" and (b"\0" in length or not length.isascii())


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """Nothing for a file as the reference implementation writes it; else what differs."""
    length = int.from_bytes(artifact.read(0, 8), "little")
    if length > MAX_HEADER_BYTES or 8 + length > artifact.size:
        raise Malformed(f"the header has {length:,} bytes, the file {artifact.size:,}")
    look.meter.spend("bytes", length)
    header: Any = decode(artifact.read(8, length))
    if not isinstance(header, dict):
        raise Malformed("the header is no JSON object")
    for name in doubled_keys(header):
        yield Structure("ambiguous", shown(f"the header names {name} twice"))
    yield from _metadata(header.pop("__metadata__", {}))
    look.meter.spend("steps", STEPS_PER_TENSOR * len(header))
    yield from _tiling(header, artifact.size - 8 - length)


def _metadata(metadata: Any) -> Iterator[Structure]:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        yield Structure("malformed", "the metadata is no map from text to text")


def _tiling(tensors: dict[str, Any], rest: int) -> Iterator[Structure]:
    """What keeps the tensors from covering the rest of the file once, without gaps and overlaps."""
    spans = []
    for name, tensor in tensors.items():
        try:
            spans.append((*_span(tensor), name))
        except HostileInput as error:
            yield Structure("malformed", shown(f"tensor {name}: {error.what}"))
    end = 0
    for start, stop, name in sorted(spans):
        if start < end:
            yield Structure("ambiguous", shown(f"tensor {name} shares bytes with another"), at=start)
        elif start > end:
            yield Structure("malformed", shown(f"{start - end:,} bytes lie unused before tensor {name}"), at=end)
        end = max(end, stop)
    if end > rest:
        yield Structure("malformed", f"the tensors need {end:,} bytes, the file has {rest:,}")
    elif end < rest:
        yield Structure("malformed", f"{rest - end:,} bytes follow the last tensor", at=end)


def _span(tensor: Any) -> tuple[int, int]:
    """Where a tensor's bytes begin and end, if that agrees with its type and shape."""
    if not isinstance(tensor, dict) or set(tensor) != {"dtype", "shape", "data_offsets"}:
        raise HostileInput("it is no map of dtype, shape and data_offsets")
    dtype, shape, offsets = tensor["dtype"], tensor["shape"], tensor["data_offsets"]
    if not _sizes(shape) or not _sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise HostileInput("its shape or its offsets are no sizes")
    bits = DTYPE_BITS.get(dtype) if isinstance(dtype, str) else None
    if bits is None:
        raise HostileInput(f"its type {dtype!r} is unknown")
    if (need := math.prod(shape) * bits) != (offsets[1] - offsets[0]) * 8:
        wraps = ", as if the product had wrapped" if need >= 2**64 else ""
        raise HostileInput(f"its shape does not fit its {offsets[1] - offsets[0]:,} bytes{wraps}")
    return offsets[0], offsets[1]


def _sizes(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(number) is int and 0 <= number < 2**63 for number in numbers)


READER = Reader("safetensors", sniff, read)
