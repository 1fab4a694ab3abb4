"""The table of readers. The order is the order of the formats in a report, special ones before general ones."""

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module

from bartizan.artifacts.reader import Reader

MODULES = (
    "torch_zip",
    "torch_legacy",
    "tar",
    "zip_archive",
    "npy",
    "safetensors",
    "gguf",
    "streams",
    "seven_zip",
    "pickled",
    "plain",
)


@lru_cache
def all_readers() -> Mapping[str, Reader]:
    """Every reader by its name."""
    modules = [import_module(f"bartizan.artifacts.readers.{name}") for name in MODULES]
    readers = [reader for module in modules for reader in getattr(module, "READERS", None) or [module.READER]]
    return {reader.name: reader for reader in readers}
