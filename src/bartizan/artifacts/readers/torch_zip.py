"""torch files since 1.6: a ZIP archive with a pickle, the bytes of its tensors, and in TorchScript also code.

`torch.load` unpickles `<root>/data.pkl`; `torch.jit.load` unpickles `constants.pkl` and `attributes.pkl` too, and
compiles `code/`; `torch.package` unpickles whatever is named `*.pkl` and imports the sources beside it.
"""

import re
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import Structure
from bartizan.artifacts.reader import Found, Head, Look, Member, Reader
from bartizan.artifacts.zipped import LOCAL_MARK, Entry, Zip

NAME_AT = 30
STORAGE = re.compile(r"[^/]+/(?:data|constants|tensors|\.data)/(?:\d+|[\w.-]+\.storage)")
BOOKKEEPING = re.compile(
    r"[^/]+/(?:version|byteorder|\.format_version|\.storage_alignment|\.data/(?:version|serialization_id|python_version"
    r"|extern_modules|uses_torch_deploy))"
)
MAX_BOOKKEEPING_BYTES = 64 << 10


def sniff(head: Head) -> bool:
    """True if the first entry, or the directory as far as it is seen, is that of a torch file."""
    if head.start.startswith(LOCAL_MARK):
        length = int.from_bytes(head.start[26:28], "little")
        if head.start[NAME_AT : NAME_AT + length].endswith((b"/data.pkl", b"/constants.pkl", b"/.data/version")):
            return True
    return b"PK\x01\x02" in head.end and b"/data.pkl" in head.end


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The pickles, in the order of the archive; then whatever else it holds, but not the raw bytes of tensors."""
    archive = Zip(artifact, look, passed_over=_inert)
    looked_at = [entry for entry in archive.entries if not _inert(entry)]
    looked_at.sort(key=lambda entry: not entry.name.endswith(".pkl"))
    if len({entry.name.partition("/")[0] for entry in archive.entries}) > 1:
        yield Structure("ambiguous", "the archive has two roots, and loaders differ in which one they take")
    for entry, inner in archive.members(looked_at):
        yield Member(inner, reader="pickle" if entry.name.endswith(".pkl") else None)
    yield from archive.faults


def _inert(entry: Entry) -> bool:
    """True for what no loader interprets: folders, raw tensors, version numbers."""
    if entry.is_folder or STORAGE.fullmatch(entry.name):
        return True
    return bool(BOOKKEEPING.fullmatch(entry.name)) and entry.size <= MAX_BOOKKEEPING_BYTES


READER = Reader("torch", sniff, read, covers=("zip",))
