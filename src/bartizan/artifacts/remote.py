"""A model file at a URL, read by ranges: what a 70 GB model can do costs kilobytes to know."""

from typing import Self

from bartizan.artifacts.artifact import Artifact
from bartizan.kernel import OutOfBudget
from bartizan.net import NetError, RangeFile


class Remote(Artifact):
    """A file that is never had whole, so that it has no digest and cannot be admitted."""

    whole = False

    def __init__(self, file: RangeFile) -> None:
        self.name = file.name
        self.size = file.size
        self._file = file

    @classmethod
    def open(cls, url: str) -> Self:
        """The file at `url`; close it, or use it as a context manager."""
        return cls(RangeFile(url))

    def read(self, start: int, length: int) -> bytes:
        self._file.seek(start)
        try:
            return self._file.read(max(0, min(length, self.size - start)))
        except NetError as error:
            # The rest is not known, which is not the same as a broken file.
            raise OutOfBudget(error.what, where=self.name) from None

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
