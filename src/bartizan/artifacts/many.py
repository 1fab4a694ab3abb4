"""Many files at once: found in folders, scanned here or in workers, each answered by a report whatever happens."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from bartizan.artifacts.artifact import Stored
from bartizan.artifacts.cache import Cache
from bartizan.artifacts.fact import AnyFact, Spent, Structure, shown
from bartizan.artifacts.profile import Profile
from bartizan.artifacts.reader import Reader
from bartizan.artifacts.readers import all_readers
from bartizan.artifacts.report import Report
from bartizan.artifacts.scan import scan, walk
from bartizan.kernel import BartizanError, Budget, UsageError
from bartizan.scale import Outcome, fanout

GRACE_SECONDS = 10.0
HUB_FOLDERS = {"blobs", "snapshots"}


@dataclass(frozen=True, slots=True)
class Task:
    """How each file is scanned; it travels to the workers."""

    profile: Profile
    budget: Budget
    cache: Cache | None = None
    advisories: Path | None = None
    """An OSV file, whose word on packages is told with requirements files. It is read once per process."""

    def __call__(self, path: Path, _seed: int) -> Report:
        """The report on one file; a file that cannot be read is `unscanned`."""
        try:
            with Stored.open(path) as file:
                return self.look(file)
        except BartizanError as error:
            why = Structure("unreadable", shown(_of_a_folder(path) or error.what))
            return unread(shown(str(path), 4096), why, self.profile)

    def look(self, file: Stored) -> Report:
        """The report on an open file, from the cache if its bytes were scanned before."""
        readers = readers_with(self.advisories)
        if self.cache is None:
            return scan(file, profile=self.profile, budget=self.budget, readers=readers)
        digest = file.digest()
        known = self.cache.get(digest, shown(file.name, 4096)) if digest and not file.changed else None
        if known is None:
            found = scan(file, profile=self.profile, budget=self.budget, readers=readers, digest=False)
            known = msgspec.structs.replace(found, digest=digest)
            if not file.changed:
                self.cache.put(known)
        return known


def scan_many(
    paths: Sequence[Path], task: Task, *, on: str = "local", progress: Callable[[int, int | None], None] | None = None
) -> Iterator[Report]:
    """The reports in the order of the paths. `on` is as for `fanout`."""
    seconds = task.budget.seconds + GRACE_SECONDS if on.startswith("local:") else None
    for outcome in fanout(task, paths, on=on, seconds=seconds, progress=progress):
        yield _report(outcome, paths[outcome.index], task.profile)


@lru_cache
def readers_with(advisories: Path | None) -> Mapping[str, Reader]:
    """All readers; that of requirements files knows what the advisories say."""
    if advisories is None:
        return all_readers()
    from bartizan.artifacts.advisories import Advisories
    from bartizan.artifacts.readers.requirements import knowing

    reader = knowing(Advisories.read(advisories))
    return {**all_readers(), reader.name: reader}


def find_files(path: Path) -> list[Path]:
    """The files to scan: the file itself, or all below the folder; of a model hub's cache only its snapshots."""
    try:
        if not path.is_dir():
            path.stat()
            return [path]
    except FileNotFoundError:
        raise UsageError("there is no such file or folder", where=path) from None
    except OSError as error:
        raise BartizanError(f"this cannot be looked at: {error.strerror}", where=path) from None
    return [file for file in walk(path) if not _is_blob(file)]


def unread(path: str, fact: AnyFact, profile: Profile) -> Report:
    """The report on something that could not be looked at."""
    verdict, reasons = profile.weigh([fact])
    return Report(
        path=path, format="unknown", verdict=verdict, size=0, profile=profile.name, facts=(fact,), reasons=reasons
    )


def _of_a_folder(path: Path) -> str:
    """Why a folder among the files was not looked into; nothing if it is none."""
    try:
        if path.is_dir():
            return "a link to a folder elsewhere, not followed" if path.is_symlink() else "the folder cannot be listed"
    except OSError:
        pass
    return ""


def _report(outcome: Outcome[Report], path: Path, profile: Profile) -> Report:
    if outcome.error is None and outcome.value is not None:
        return outcome.value
    return unread(shown(str(path), 4096), Spent("spent", shown(f"the scan ended early: {outcome.error}")), profile)


def _is_blob(file: Path) -> bool:
    """True for the store behind the links of a Hugging Face cache, whose files have a second, speaking name."""
    folder = file.parent
    return folder.name == "blobs" and all((folder.parent / name).is_dir() for name in HUB_FOLDERS)
