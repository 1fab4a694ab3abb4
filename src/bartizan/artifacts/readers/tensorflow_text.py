"""TensorFlow graphs as text (`saved_model.pbtxt`, `graph.pbtxt`): the operators that they name."""

import re
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Calls, shown
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.artifacts.tensorflow_ops import op_grade

STEP_BYTES = 1 << 20
OVERLAP_BYTES = 1 << 10
START = re.compile(
    rb"\A(?:[ \t]*(?:#.*)?\n)*[ \t]*"
    rb"(?:saved_model_schema_version[ \t]*:|meta_graphs[ \t]*[:{<]|node[ \t]*[:{<]|library[ \t]*[{<])"
)
OPERATOR = re.compile(rb"\bop[ \t\n]{0,20}:[ \t\n]{0,20}[\"']([^\"'\n]{1,200})[\"']")


def sniff(head: Head) -> bool:
    return START.match(head.start) is not None


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The operators that do more than compute, each once."""
    told: set[bytes] = set()
    at = 0
    while at < artifact.size:
        look.meter.check_time()
        for match in OPERATOR.finditer(artifact.read(at, STEP_BYTES + OVERLAP_BYTES)):
            if match[1] not in told:
                told.add(match[1])
                name = _spelt(match[1])
                grade = op_grade(name)
                if grade != "inert":
                    yield Calls(grade, f"the operator {shown(name)}", where="graph")
        at += STEP_BYTES


def _spelt(raw: bytes) -> str:
    """The name with the escapes of the text format undone."""
    return re.sub(rb"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))", _character, raw).decode("utf-8", "replace")


def _character(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16) if match[1] else int(match[2], 8) & 0xFF])


READER = Reader("tensorflow-text", sniff, read, covers=("yaml",))
