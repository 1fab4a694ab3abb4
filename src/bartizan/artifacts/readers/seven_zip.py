"""7z archives: every file is a member."""

from collections.abc import Callable, Iterator

from bartizan.artifacts.artifact import Artifact, Part
from bartizan.artifacts.fact import Structure, WritesPath, shown
from bartizan.artifacts.paths import MAX_PATH_CHARS, leaves_folder
from bartizan.artifacts.reader import Found, Head, Look, Member, Reader
from bartizan.artifacts.seven_zip import COPY, MARK, Encrypted, Entry, Folder, Unsupported, decompressor, read_listing
from bartizan.artifacts.unpack import pieces, unpacked

NAMELESS = Entry("", True, False)


def sniff(head: Head) -> bool:
    return head.start.startswith(MARK)


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The files, folder by folder."""
    try:
        listing = read_listing(artifact, look, _unpacker(artifact, look))
        for entry in listing.entries:
            if leaves_folder(entry.name):
                yield WritesPath("outside", shown(entry.name))
        entries = iter([entry for entry in listing.entries if entry.has_bytes])
        for folder in listing.folders:
            yield from _files(artifact, folder, [next(entries, NAMELESS) for _ in folder.files], look)
    except Encrypted as error:
        yield Structure("encrypted", shown(error.what))
    except Unsupported as error:
        yield Structure("unsupported", shown(error.what))


def _unpacker(artifact: Artifact, look: Look) -> Callable[[Folder], bytes]:
    def unpack(folder: Folder) -> bytes:
        part = Part("header", artifact, folder.start, folder.packed)
        if [coder.method for coder in folder.coders] == [COPY]:
            return part.read(0, part.size)
        return b"".join(pieces(part, decompressor(folder), look, size=folder.size))

    return unpack


def _files(artifact: Artifact, folder: Folder, entries: list[Entry], look: Look) -> Iterator[Found]:
    packed = Part("folder", artifact, folder.start, folder.packed)
    if [coder.method for coder in folder.coders] == [COPY]:
        yield from _slices(packed, folder, entries)
        return
    with unpacked(packed, decompressor(folder), look, size=folder.size) as whole:
        yield from _slices(whole, folder, entries)


def _slices(whole: Artifact, folder: Folder, entries: list[Entry]) -> Iterator[Found]:
    at = 0
    for entry, size in zip(entries, folder.files, strict=True):
        if entry.is_link:
            target = whole.read(at, min(size, MAX_PATH_CHARS)).decode("utf-8", "replace")
            yield Structure("link", shown(f"{entry.name} leads to {target}"))
            if leaves_folder(target):
                yield WritesPath("outside", shown(f"{entry.name} leads to {target}"))
        yield Member(Part(shown(entry.name), whole, at, size))
        at += size


READER = Reader("7z", sniff, read)
