"""TorchScript source in a torch file: `torch.jit.load` compiles it, and running the model runs it.

It is a small language without files or imports; what reaches beyond tensors are a few operators, and those of libraries
that must be loaded first.
"""

import ast
import re
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Calls, Spent, Structure, shown
from bartizan.artifacts.reader import Found, Head, Look, Reader

MAX_BYTES = 4 << 20
STEPS_PER_NODE = 3
MARK = re.compile(
    rb"^op_version_set = \d+|^(?:  )?def \w+\(self: __torch__\."
    rb"|^class \w+\((?:Module|NamedTuple|Enum)\):[ \t]*\n  __(?:parameters|annotations)__",
    re.MULTILINE,
)
TOUCHES_FILES = frozenset(
    {"from_file", "save", "load", "_save", "_load", "read_file", "write_file", "decode_video", "read_video"}
)
NAMESPACES = frozenset({
    "aten", "prim", "prims", "quantized", "quantized_decomposed", "_quantized", "prepacked", "torchvision", "mkldnn",
    "mkldnn_prepacked", "metal", "metal_prepack", "vulkan", "vulkan_prepack", "xnnpack", "sparse", "onednn", "cudnn",
    "c10d", "c10d_functional", "_c10d_functional", "rngprims", "static_runtime", "torchaudio", "fbgemm", "inductor",
    "torch_ipex", "aten_special", "_caffe2", "torch_scatter", "torch_sparse", "torch_cluster", "torch_spline_conv",
    "tensorrt", "neuron", "dynamo", "higher_order", "export", "profiler", "debugprims", "torchao", "torchtext",
    "torchrec", "pyg",
})  # fmt: skip


def sniff(head: Head) -> bool:
    return b"\0" not in head.start[:4096] and MARK.search(head.start) is not None


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The operators that touch files, and those of libraries that torch does not have."""
    if artifact.size > MAX_BYTES:
        yield Spent("spent", f"{artifact.size:,} bytes of TorchScript")
        return
    look.meter.spend("bytes", artifact.size)
    try:
        tree = ast.parse(artifact.read(0, artifact.size))
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError) as error:
        yield Structure("unsupported", shown(f"TorchScript that does not parse: {error}"))
        return
    told: set[str] = set()
    for node in ast.walk(tree):
        look.meter.spend("steps", STEPS_PER_NODE)
        name = _dotted(node.func) if isinstance(node, ast.Call) else ""
        if not name or name in told:
            continue
        told.add(name)
        steps = name.split(".")
        if steps[0] in ("torch", "ops") and steps[-1] in TOUCHES_FILES:
            yield Calls("io", f"the operator {shown(name)}", where=f"line {getattr(node, 'lineno', 0)}")
        elif steps[0] == "ops" and len(steps) > 2 and steps[1] not in NAMESPACES:
            yield Structure("custom-op", f"the operator {shown(name)} needs a library of its own")


def _dotted(node: ast.expr) -> str:
    steps = []
    while isinstance(node, ast.Attribute):
        steps.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(steps)]) if isinstance(node, ast.Name) else ""


READER = Reader("torchscript", sniff, read)
