"""TensorFlow Lite: a flatbuffer; the operators that are not built in."""

import struct
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Calls, Structure, shown
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.artifacts.tensorflow_ops import op_grade
from bartizan.kernel import HostileInput

IDENTIFIERS = (b"TFL3", b"TFL2", b"TFL1")
OPERATOR_CODES, CUSTOM_CODE = 1, 1
MAX_OPERATORS = 10_000
KNOWN = frozenset({
    "TFLite_Detection_PostProcess", "Convolution2DTransposeBias", "MaxPoolingWithArgmax2D", "MaxUnpooling2D",
    "TransformLandmarks", "TransformTensorBilinear", "Landmarks2TransformMatrix", "edgetpu-custom-op",
    "AudioSpectrogram", "Mfcc", "NumericVerify", "TFSentencepieceTokenizeOp", "RaggedTensorToTensor", "Predict",
    "Normalize", "ExtractFeatures", "ethos-u", "aten::view", "KmeansEmbeddingLookup", "ResizeNearestNeighborCustom",
    "VhloCustom", "odml.rms_norm", "odml.scaled_dot_product_attention", "odml.update_kv_cache", "DISPATCH_OP",
})  # fmt: skip


def sniff(head: Head) -> bool:
    return head.start[4:8] in IDENTIFIERS


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The custom operators, each once."""
    buffer = _Buffer(artifact, look)
    root = buffer.number(0, "<I")
    codes = buffer.field(root, OPERATOR_CODES)
    if codes is None:
        return
    start = codes + buffer.number(codes, "<I")
    count = buffer.number(start, "<I")
    if count > MAX_OPERATORS:
        raise HostileInput(f"{count:,} operators")
    told = set()
    for index in range(count):
        at = start + 4 + 4 * index
        custom = buffer.field(at + buffer.number(at, "<I"), CUSTOM_CODE)
        name = buffer.text(custom) if custom is not None else ""
        if not name or name in told:
            continue
        told.add(name)
        grade = op_grade(name)
        if grade != "inert":
            yield Calls(grade, f"the operator {shown(name)}", where="operator codes")
        elif not name.startswith("Flex") and name not in KNOWN:
            yield Structure("custom-op", f"the operator {shown(name)} needs a library of its own")


class _Buffer:
    """A flatbuffer, of which a few places are read."""

    def __init__(self, artifact: Artifact, look: Look) -> None:
        self._artifact = artifact
        self._look = look

    def number(self, at: int, form: str) -> int:
        self._look.meter.spend("steps")
        size = struct.calcsize(form)
        raw = self._artifact.read(at, size) if 0 <= at < self._artifact.size else b""
        if len(raw) < size:
            raise HostileInput("an offset that leads out of the file")
        value: int = struct.unpack(form, raw)[0]
        return value

    def field(self, table: int, index: int) -> int | None:
        """Where the field of this index is, or None if the table lacks it."""
        vtable = table - self.number(table, "<i")
        size = self.number(vtable, "<H")
        place = 4 + 2 * index
        offset = self.number(vtable + place, "<H") if place + 2 <= size else 0
        return table + offset if offset else None

    def text(self, at: int) -> str:
        start = at + self.number(at, "<I")
        length = self.number(start, "<I")
        if length > 4096:
            raise HostileInput(f"a name of {length:,} bytes")
        return self._artifact.read(start + 4, length).decode("utf-8", "replace")


READER = Reader("tflite", sniff, read)
