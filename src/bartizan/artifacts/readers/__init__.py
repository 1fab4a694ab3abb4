"""The table of readers. The order is the order of the formats in a report, special ones before general ones."""

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module

from bartizan.artifacts.reader import Reader

MODULES = (
    "torch_zip",
    "torch_legacy",
    "keras_zip",
    "skops_zip",
    "tar",
    "zip_archive",
    "npy",
    "safetensors",
    "gguf",
    "pickled",
    "streams",
    "seven_zip",
    "keras_h5",
    "onnx",
    "tensorflow",
    "tensorflow_text",
    "tflite",
    "tf_checkpoint",
    "boosters",
    "notebook",
    "json_config",
    "yaml_config",
    "pmml",
    "torchscript_code",
    "python_source",
    "bytecode",
    "shell_script",
    "chat_template",
    "requirements",
    "plain",
)


@lru_cache
def all_readers() -> Mapping[str, Reader]:
    """Every reader by its name."""
    modules = [import_module(f"bartizan.artifacts.readers.{name}") for name in MODULES]
    readers = [reader for module in modules for reader in getattr(module, "READERS", None) or [module.READER]]
    return {reader.name: reader for reader in readers}
