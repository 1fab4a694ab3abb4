"""A family of benign files: a function that saves them into a folder."""

import random
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Save = Callable[[Path], object]
Family = Callable[["Folder"], None]

SEED = 20261126


class Folder:
    """Where one family's files go."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.dice = random.Random(SEED)
        self.failed: list[str] = []
        path.mkdir(parents=True, exist_ok=True)

    def save(self, name: str, save: Save) -> None:
        """Let `save` write one file; what a library will not save makes no file, and is remembered."""
        path = self._path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                save(path)
        except Exception as error:  # an object that its library cannot save is no file
            with suppress(FileNotFoundError):
                path.unlink()
            self.failed.append(f"{name}: {type(error).__name__}")

    def write(self, name: str, data: bytes | str) -> None:
        content = data.encode() if isinstance(data, str) else data
        self.save(name, lambda path: path.write_bytes(content))
