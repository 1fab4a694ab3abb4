"""`bartizan scan`: what model files would do when they are opened."""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bartizan.cli import show
from bartizan.cli.lazy import COULD_NOT_LOOK, FOUND
from bartizan.cli.options import Finite, data_option, format_option
from bartizan.kernel import BartizanError, OutOfBudget, UsageError

if TYPE_CHECKING:
    from bartizan.artifacts import Profile, Report, Verdict
    from bartizan.artifacts.many import Task
    from bartizan.runner.settings import Settings

EXAMPLES = """\b
Examples:
  bartizan scan model.pt
  bartizan scan ./models --format sarif > scan.sarif
  bartizan scan ./repo --advisories osv-pypi.json
  curl -s https://example.org/model.pkl | bartizan scan -
  bartizan scan https://example.org/model.gguf
"""

MARKS: "dict[Verdict, str]" = {"block": "BLOCK", "unscanned": "unscanned", "warn": "warn", "allow": "allow"}
"""The worst first, which is the order of the table."""

WORDS: "dict[Verdict, str]" = {
    "block": "blocked",
    "warn": "warned about",
    "unscanned": "not scanned",
    "allow": "allowed",
}
STDIN = "-"
GIT = ".git"
MANY_FILES = 64
CHUNK_BYTES = 1 << 20


@click.command(epilog=EXAMPLES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH|URL|-...")
@format_option("table", "json", "sarif")
@click.option(
    "--fail-on", type=click.Choice(["warn", "block"]), default="block", show_default=True, help="What exits with 1."
)
@click.option("--all", "show_all", is_flag=True, help="List allowed files too.")
@click.option("--profile", "profile_file", type=click.Path(path_type=Path), metavar="FILE", help="Your own profile.")
@click.option("--advisories", type=click.Path(path_type=Path), metavar="FILE", help="OSV file for requirements files.")
@click.option(
    "--seconds", type=Finite(0.1, 86_400), default=60.0, show_default=True, help="The most that one file may take."
)
@click.option(
    "--on",
    default="",
    metavar="PLACE",
    help="local, local:N, ray:auto or ray://HOST:PORT [default: by number of files].",
)
@click.option("--no-cache", is_flag=True, help="Scan again what was scanned before.")
@click.option("--record", is_flag=True, help="Write what was found into the ledger.")
@data_option
def command(
    settings: "Settings",
    paths: tuple[str, ...],
    form: str,
    fail_on: str,
    show_all: bool,
    profile_file: Path | None,
    advisories: Path | None,
    seconds: float,
    on: str,
    no_cache: bool,
    record: bool,
) -> int:
    """Say what model files, and the code beside them, would do to whoever opens them.

    Nothing is executed or imported. Exits with 1 if something is blocked, with 3 if something could not be read.
    In a folder what lies in .git is left out: no loader opens it.
    """
    task = _task(profile_file, advisories, seconds, no_cache)
    reports = list(_reports(paths, task, on))
    if record:
        _record(settings, reports)
    if form == "json":
        show.as_json({"artifacts": reports})
    elif form == "sarif":
        show.as_json(_sarif(reports, task.profile))
    else:
        _table(reports, show_all)
    verdicts = {report.verdict for report in reports}
    if "block" in verdicts or (fail_on == "warn" and "warn" in verdicts):
        return FOUND
    return COULD_NOT_LOOK if "unscanned" in verdicts else 0


def _task(profile_file: Path | None, advisories: Path | None, seconds: float, no_cache: bool) -> "Task":
    """How each file is scanned. What advisories say changes by the day, so such reports are not kept."""
    from bartizan.artifacts.cache import Cache, default_folder
    from bartizan.artifacts.many import Task, readers_with
    from bartizan.kernel import Budget

    profile = _profile(profile_file)
    readers_with(advisories)  # a file that is none is wrong usage, and not one failure for each file
    cache = None if no_cache or advisories else Cache(default_folder(), profile)
    return Task(profile, Budget(seconds=seconds), cache, advisories)


def _reports(paths: Sequence[str], task: "Task", on: str) -> Iterator["Report"]:
    """The reports, in the order of the paths."""
    found = [_files(path) for path in paths]  # what is wrong usage ends it before the first look
    if paths.count(STDIN) > 1:
        raise UsageError("standard input can be read once only", todo="Write - once")
    files: list[Path] = []
    for path, below in zip(paths, found, strict=True):
        if below is None:
            yield from _scan_files(files, task, on)
            files = []
            yield _scan_stream(path, task)
        else:
            files += below
    yield from _scan_files(files, task, on)


def _files(path: str) -> list[Path] | None:
    """The files that a path stands for; None for standard input and URLs."""
    from bartizan.artifacts.many import find_files

    if path == STDIN or path.startswith(("http://", "https://")):
        return None
    if not path:
        raise UsageError("an empty path names nothing", todo="Name a file, a folder, a URL or -")
    if "://" in path and not Path(path).exists():
        raise UsageError("only http and https are read", where=path, todo="Download the file and name its path")
    files = find_files(Path(path))
    kept = [file for file in files if GIT not in file.relative_to(path).parts[:-1]]
    if left_out := len(files) - len(kept):
        click.echo(f"left out: {show.counted(left_out, 'file')} in {GIT}, which no loader opens", err=True)
    return kept


def _profile(file: Path | None) -> "Profile":
    from bartizan.artifacts import Profile, default_profile

    if file is None:
        return default_profile()
    try:
        return Profile.parse(file.read_bytes(), file)
    except OSError as error:
        raise UsageError(f"the profile cannot be read: {error.strerror}", where=file) from None


def _scan_files(files: Sequence[Path], task: "Task", on: str) -> Iterator["Report"]:
    from bartizan.artifacts.many import scan_many
    from bartizan.cli.progress import progress

    on = on or (f"local:{os.cpu_count() or 1}" if len(files) >= MANY_FILES else "local")
    with progress() as tell:
        yield from scan_many(files, task, on=on, progress=lambda done, total: tell("scanning", done, total))


def _scan_stream(path: str, task: "Task") -> "Report":
    """The report on standard input or a URL; what cannot be had is `unscanned`, and the rest goes on."""
    from bartizan.artifacts.fact import Structure
    from bartizan.artifacts.many import unread

    try:
        return _scan_stdin(task) if path == STDIN else _scan_url(path, task)
    except UsageError:
        raise
    except BartizanError as error:
        return unread(path, Structure("unreadable", f"{error.what}. {error.todo}".removesuffix(". ")), task.profile)


def _scan_stdin(task: "Task") -> "Report":
    from bartizan.artifacts import Stored

    if sys.stdin is None:
        raise UsageError("standard input is closed", todo="Pipe a file into it, or name one")
    with tempfile.TemporaryFile() as held:
        while chunk := sys.stdin.buffer.read(CHUNK_BYTES):
            held.write(chunk)
            if held.tell() > task.budget.bytes:
                raise OutOfBudget(f"standard input has more than {task.budget.bytes:,} bytes", todo="Name a file.")
        held.flush()
        return task.look(Stored(STDIN, held))


def _scan_url(url: str, task: "Task") -> "Report":
    from bartizan.artifacts import scan
    from bartizan.artifacts.remote import Remote

    with Remote.open(url) as remote:
        return scan(remote, profile=task.profile, budget=task.budget)


def _record(settings: "Settings", reports: Iterable["Report"]) -> None:
    """Write the findings into the ledger, and into the state's views."""
    from bartizan.artifacts.control import ModelFile
    from bartizan.artifacts.control import scan as control
    from bartizan.cli.person import whoami
    from bartizan.runner.keep import Keep

    with Keep.open(settings) as keep:
        for report in reports:
            keep.look([control], ModelFile(report.path, report), actor=whoami())


def _sarif(reports: Iterable["Report"], profile: "Profile") -> dict[str, Any]:
    from bartizan import __version__
    from bartizan.artifacts.findings import findings
    from bartizan.cli.sarif import Found, sarif

    found = [
        Found(finding=one.identified(None), asset=f"model-file:{report.path}")
        for report in reports
        for one in findings(report, profile)
    ]
    return sarif(found, {}, __version__, complete=all(report.verdict != "unscanned" for report in reports))


def _table(reports: Sequence["Report"], show_all: bool) -> None:
    listed = [report for report in reports if show_all or report.verdict != "allow"]
    listed.sort(key=lambda report: list(MARKS).index(report.verdict))
    rows = [[MARKS[one.verdict], one.format, one.path, _why(one)] for one in listed]
    if rows:
        show.table(["verdict", "format", "path", "why"], rows)
    counts = Counter(report.verdict for report in reports)
    said = ", ".join(f"{counts[verdict]} {words}" for verdict, words in WORDS.items() if counts[verdict])
    click.echo(f"{show.counted(len(reports), 'file')}: {said or 'nothing to scan'}")


def _why(report: "Report") -> str:
    """The first reason, without the verdict that the row says already, also where it stands after a member's name."""
    first = report.reasons[0].replace(f"{report.verdict}: ", "", 1) if report.reasons else ""
    more = f"(and {len(report.reasons) - 1} more)" if len(report.reasons) > 1 else ""
    return " ".join(part for part in (first, more, "[unverified]" if report.unverified else "") if part)
