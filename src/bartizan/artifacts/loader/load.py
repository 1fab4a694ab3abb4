"""`load`: the value in a file, if opening the file does nothing but make it."""

import io
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from bartizan.artifacts.artifact import Artifact, Held, Stored
from bartizan.artifacts.fact import AnyFact, Calls, Imports
from bartizan.artifacts.loader import formats
from bartizan.artifacts.loader.refusal import Refused, advice
from bartizan.artifacts.loader.unpickler import Trust
from bartizan.artifacts.profile import default_profile
from bartizan.artifacts.report import Report
from bartizan.artifacts.scan import scan
from bartizan.kernel import BartizanError, Budget, MissingExtra, UsageError

LOAD_BUDGET = Budget()
HELD_BYTES = 64 << 20
JOBLIB_MARK = b"joblib.numpy_pickle"
EXTRA_OF = {
    "joblib": "sklearn",
    "numpy": "sklearn",
    "pandas": "sklearn",
    "scipy": "sklearn",
    "sklearn": "sklearn",
    "safetensors": "torch",
    "torch": "torch",
}
PACKED = frozenset({"gzip", "zlib", "bzip2", "xz", "lzma", "lz4"})

OPENERS: dict[str, Callable[[formats.Opening], Any]] = {
    "pickle": formats.open_pickle,
    "joblib": formats.open_joblib,
    "torch": formats.open_torch,
    "torch-legacy": formats.open_torch,
    "npy": formats.open_npy,
    "zip": formats.open_npz,
    "safetensors": formats.open_safetensors,
}


def load(
    path: str | Path, *, trust: Collection[str] = (), map_location: Any = None, budget: Budget = LOAD_BUDGET
) -> Any:
    """The value that `torch.load`, `joblib.load`, `numpy.load` or `pickle.load` would return for this file.

    Raises `Refused`, and opens nothing, unless the file only makes values: no call of code, no file but itself, no
    name that is unknown. Classes of your own are unknown until you `trust` them by name (`["mylib.models.Net"]`).
    """
    trusted = Trust(trust)
    if not os.path.lexists(path):
        raise UsageError("there is no such file", where=path)
    with Stored.open(Path(path)) as file:
        # What fits is held, so that what is judged and what is opened are the same bytes whoever writes to the file.
        held = Held(str(path), file.read(0, file.size)) if file.size <= HELD_BYTES else None
        if not file.size:
            raise UsageError("the file is empty", where=path)
        report = scan(held or file, budget=budget, digest=False)
        check(report, trusted)
        loader = loader_of(report, held or file)
        if loader not in OPENERS:
            raise UsageError(f"there is no loader for {loader}", where=path, todo="Open it with its own library.")
        if file.changed:
            raise Refused("somebody wrote to the file while it was scanned", where=path)
        with io.BytesIO(held.read(0, held.size)) if held else os.fdopen(os.dup(file.fileno()), "rb") as stream:
            stream.seek(0)
            return _opened(OPENERS[loader], formats.Opening(stream, str(path), trusted, map_location))


def _opened(opener: Callable[[formats.Opening], Any], opening: formats.Opening) -> Any:
    """What the library makes of the file; a file that it cannot read is refused, with the library's words."""
    try:
        return opener(opening)
    except BartizanError:
        raise
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library in EXTRA_OF:
            raise MissingExtra(EXTRA_OF[library], f"what {opening.name} holds") from None
        what = f"what the file holds needs {library or 'a library'}, which is not installed"
        raise BartizanError(what, where=opening.name, todo="Install the library that made the file.") from None
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        raise Refused(f"the file cannot be read: {what}", where=opening.name) from error


def check(report: Report, trust: Trust) -> None:
    """Raise unless everything that the report holds against the file is a name that is trusted."""
    if report.verdict == "allow":
        return
    profile = default_profile()
    doubts = [fact for one in report.walk() for fact in one.facts if profile.judge(fact) != "allow"]
    unknown = [fact for fact in doubts if isinstance(fact, Calls | Imports) and fact.rule in {"unknown", "library"}]
    untrusted = list(dict.fromkeys(name for fact in unknown for name in [_name(fact)] if not trust.covers(name)))
    worse = [fact for fact in doubts if fact not in unknown and _forbids(fact)]
    if not untrusted and not worse:
        return
    what = report.reasons[0] if worse else f"the file names what the table does not know: {', '.join(untrusted[:5])}"
    raise Refused(f"not opened: {what}", where=report.path, todo=advice(untrusted if not worse else []), report=report)


def loader_of(report: Report, file: Artifact) -> str:
    """Which loader a user would open the file with."""
    if report.format == "pickle":
        return "joblib" if _mentions(file, JOBLIB_MARK) else "pickle"
    if report.format in PACKED and [member.format for member in report.members] == ["pickle"]:
        return "joblib"
    return report.format


def _forbids(fact: AnyFact) -> bool:
    """True for what keeps a file closed: all but layout that only some loaders mind."""
    return default_profile().judge(fact) in {"block", "unscanned"} or isinstance(fact, Calls | Imports)


def _name(fact: Calls | Imports) -> str:
    """The global that the fact is about, as the caller would write it in `trust`."""
    return fact.what.partition(" (as ")[0]


def _mentions(file: Artifact, mark: bytes) -> bool:
    held = b""
    for chunk in file.chunks():
        if mark in held + chunk:
            return True
        held = chunk[-len(mark) :]
    return False
