"""What it is to call or to import an object that a configuration names by its dotted path.

A pickle must spell out every constructor, so there a function that the table does not list counts as code. A
configuration is meant to name classes of its framework; those are what it is for, and only the rest goes by the table.
"""

import re

from bartizan.artifacts.fact import Calls, Grade, Imports, shown
from bartizan.artifacts.globals import table

FRAMEWORKS = frozenset({
    "torch", "torchvision", "torchaudio", "torchmetrics", "torchdata", "torchtune", "torchtext", "torch_geometric",
    "nemo", "nemo_text_processing", "megatron", "apex", "transformer_engine", "pytorch_lightning", "lightning",
    "lightning_fabric", "lightning_utilities", "transformers", "diffusers", "peft", "trl", "tokenizers",
    "sentence_transformers", "timm", "monai", "detectron2", "mmcv", "mmengine", "mmdet", "mmseg", "fairseq",
    "fairseq2", "speechbrain", "espnet", "espnet2", "keras", "tf_keras", "tensorflow", "tensorflow_probability",
    "sklearn", "xgboost", "lightgbm", "catboost", "flair", "allennlp", "open_clip", "audiocraft", "ldm", "sgm",
    "omegaconf", "skorch", "imblearn", "sktime", "hydra_plugins", "accelerate", "bitsandbytes", "deepspeed", "einops",
    "kornia", "albumentations", "gluonts", "darts", "pyannote", "TTS", "coqpit", "whisper", "optimum", "setfit",
    "spacy", "haystack",
})  # fmt: skip
CLASS = re.compile(r"[A-Z]\w*\Z")
LEADING_OUT = re.compile(
    r"load|save|exec|eval|open|download|compile|import|system|popen|spawn|shell|write|read|run\b|call|get_method"
    r"|get_class|get_object|py_func|numpy_func|instantiate|pickle|command|fork|remote",
    re.IGNORECASE,
)
"""In the name of a function: it does more than make a part of a model."""
PART_MAKERS = re.compile(
    r"(?:torch\.(?:manual_seed|device|tensor|zeros|ones|arange|linspace)|torch\.nn\.(?:functional|init)\.\w+"
    r"|torchvision\.models\.(?:\w+\.)?[a-z]\w+|timm\.create_model|(?:\w+\.)+seed_everything)\Z"
)
"""Functions that make or set parts of a model, as classes do."""
NO_MODEL_PART = frozenset({
    "cpp_extension", "hub", "package", "serialization", "multiprocessing", "exec_utils", "_pickle", "cpp_backtrace",
    "os", "sys", "io", "subprocess", "shutil", "importlib", "builtins", "pickle", "socket", "ctypes", "runpy", "code",
    "pty", "inspect", "tempfile", "pathlib", "posixpath", "posix", "nt", "cloudpickle", "dill", "joblib",
})  # fmt: skip
"""Steps of a path that lead out of a framework's own classes."""
NAME = re.compile(r"[^\W\d]\w*(?:[.:][^\W\d]\w*)*\Z")


def called(dotted: str, where: str, why: str = "") -> Calls:
    """The fact that loading calls this object."""
    what, grade = _graded(dotted, "call")
    return Calls(grade, what + why, where=where)


def imported(dotted: str, where: str, why: str = "") -> Imports:
    """The fact that loading imports this object without calling it."""
    what, grade = _graded(dotted, "named")
    return Imports(grade, what + why, where=where)


def _graded(dotted: str, use: str) -> tuple[str, Grade]:
    """How the report shows it, and what it can do."""
    dotted = dotted.strip()
    if not NAME.match(dotted):
        return shown(dotted), "unknown"
    module, _, name = dotted.replace(":", ".").rpartition(".")
    if not module:
        return shown(dotted), "unknown"
    steps = dotted.replace(":", ".").split(".")
    private = any(step.startswith("_") for step in steps)
    if steps[0] in FRAMEWORKS and not private and NO_MODEL_PART.isdisjoint(steps):
        if CLASS.match(name) or PART_MAKERS.match(".".join(steps)):
            return shown(dotted), "container"
        return _by_table(module, name, use) if LEADING_OUT.search(name) else (shown(dotted), "unknown")
    what, grade = _by_table(module, name, use)
    if grade == "unknown" and steps[0] in FRAMEWORKS and not NO_MODEL_PART.isdisjoint(steps[:-1]):
        tail = next(at for at, step in enumerate(steps) if step in NO_MODEL_PART)
        return shown(dotted), _by_table(".".join(steps[tail:-1]), name, use)[1]
    return what, grade


def _by_table(module: str, name: str, use: str) -> tuple[str, Grade]:
    """The table's answer, found from the module as far as it knows it."""
    entry = table().look(module, name)
    grade = entry.call if use == "call" else entry.named
    if grade == "library":
        grade = "inert"
    return entry.what, grade if grade in ("inert", "container", "code", "io", "unknown") else "unknown"  # type: ignore[return-value]
