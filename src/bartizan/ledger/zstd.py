"""Zstandard as the ledger and its backups use it: the standard library's (Python 3.14), or its backport."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from bartizan.ledger.errors import LedgerTampered

if sys.version_info >= (3, 14):
    from compression.zstd import CompressionParameter, DecompressionParameter, ZstdCompressor, ZstdError, ZstdFile
else:
    from backports.zstd import CompressionParameter, DecompressionParameter, ZstdCompressor, ZstdError, ZstdFile

__all__ = ["BROKEN", "READING", "Unpacked", "ZstdFile", "packed", "writing"]

BROKEN = (ZstdError, EOFError)
"""What reading raises for bytes that are no zstd, and for those that end too early."""

READING: dict[int, int] = {DecompressionParameter.window_log_max: 27}
"""A window of 128 MiB is the most that `zstd --long` uses by default."""


def writing(level: int) -> dict[int, int]:
    """The options of a compressor whose frames carry a checksum."""
    return {CompressionParameter.compression_level: level, CompressionParameter.checksum_flag: 1}


def packed(pieces: Iterator[bytes], size: int, level: int) -> Iterator[bytes]:
    """The pieces as one frame that says how many bytes it holds."""
    compressor = ZstdCompressor(options=writing(level))
    compressor.set_pledged_input_size(size)
    for piece in pieces:
        yield compressor.compress(piece)
    yield compressor.flush()


class Unpacked(ZstdFile):
    """The bytes of a packed segment, all its frames in a row."""

    def __init__(self, file: BufferedReader, where: Path) -> None:
        self._packed, self._where = file, where
        super().__init__(file, options=READING)

    def read(self, size: int | None = -1) -> bytes:
        with self._refusing():
            return super().read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        with self._refusing():
            return super().seek(offset, whence)

    def close(self) -> None:
        super().close()
        self._packed.close()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except BROKEN as error:
            raise LedgerTampered(f"a packed segment cannot be unpacked: {error}", where=self._where) from None
