"""The table of readers. The order is the order of the formats in a report, special ones before general ones."""

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module

from bartizan.artifacts.reader import Reader

MODULES = (
    "gzip_stream",
    "plain",
)


@lru_cache
def all_readers() -> Mapping[str, Reader]:
    """Every reader by its name."""
    readers = [import_module(f"bartizan.artifacts.readers.{module}").READER for module in MODULES]
    return {reader.name: reader for reader in readers}
