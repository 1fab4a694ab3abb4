"""Papers: signature, signed scan and bill of materials that come with a model, as bytes that nobody trusts yet."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import msgspec

from bartizan.artifacts.admit.reference import checked_root
from bartizan.kernel import BartizanError, HostileInput
from bartizan.ledger import files

MIB = 1 << 20
MAX_BYTES = {"signature": 64 * MIB, "scan": MIB, "bom": 16 * MIB}
NAMES = {"signature": "model.sig", "scan": "scan.sig", "bom": "bom.json"}


class Papers(msgspec.Struct, frozen=True):
    """What came with a model; None where nothing did."""

    signature: bytes | None = None
    scan: bytes | None = None
    bom: bytes | None = None

    @classmethod
    def beside(cls, signature: Path, scan: Path, boms: Iterable[Path]) -> Self:
        """The papers in these files; of several bills of materials the first that exists."""
        found = (read(path, MAX_BYTES["bom"]) for path in boms)
        return cls(
            read(signature, MAX_BYTES["signature"]),
            read(scan, MAX_BYTES["scan"]),
            next((bom for bom in found if bom is not None), None),
        )


class Store:
    """Papers of many models, each in the folder `<root in hex>`.

    Nothing in it is trusted: bundles are verified again whenever they are used. Whoever can write to the folder can
    withhold papers, put older ones back and make up bills of materials, but not sign.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def papers(self, root: str) -> Papers:
        """The papers of the model of this digest, of which there may be none."""
        place = self._folder / checked_root(root)
        return Papers(*(read(place / NAMES[kind], MAX_BYTES[kind]) for kind in NAMES))

    def publish(self, root: str, papers: Papers) -> Path:
        """Puts the papers in, each whole or not at all, in place of those of the same kind; the folder they are in."""
        place = self._folder / checked_root(root)
        try:
            for folder in (self._folder, place):
                files.make_folder(folder)
            for kind, name in NAMES.items():
                content: bytes | None = getattr(papers, kind)
                if content is not None:
                    files.replace(place / name, content)
        except OSError as error:
            raise BartizanError(f"the evidence cannot be published: {error.strerror}", where=place) from None
        return place


def read(path: Path, limit: int) -> bytes | None:
    """The bytes of a plain file, None if there is none; a device, a pipe or too long a file is refused."""
    try:
        # Without O_NONBLOCK a pipe in the file's place would be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as stream:  # noqa: PTH123
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise HostileInput("this is no plain file", where=path)
            content = stream.read(limit + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BartizanError(f"a file cannot be read: {error.strerror}", where=path) from None
    if len(content) > limit:
        raise HostileInput(f"a file has more than {limit:,} bytes", where=path)
    return content
