"""Requirements files: what `pip install -r` fetches from where, and names that an OSV file knows or nearly knows."""

import re
from collections.abc import Iterator
from functools import partial

from bartizan.artifacts.advisories import Advisories
from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import AnyFact, FetchesUrl, ReadsPath, Structure, shown
from bartizan.artifacts.paths import leaves_folder
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.kernel import OutOfBudget

MAX_BYTES = 1 << 20
NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
VERSIONS = (
    r"(?:\s*\(?\s*(?:===|==|>=|<=|~=|!=|>|<)\s*[\w.*+!-]+\s*\)?(?:\s*,\s*(?:===|==|>=|<=|~=|!=|>|<)?\s*[\w.*+!-]+)*)"
)
LINE = re.compile(
    rf"\s*(?:#.*|(?P<name>{NAME})\s*(?:\[[\w\s,.-]*\])?(?P<versions>{VERSIONS})?\s*(?:@\s*(?P<url>\S+))?"
    rf"\s*(?:;[^#]*)?(?:\s--hash[=\s]\S+|\s*\\)*\s*(?:#.*)?"
    rf"|(?P<option>--?[a-z][\w-]*)(?:[=\s]\s*(?P<value>\S+))?.*|(?P<direct>(?:git|hg|svn|bzr)\+\S+|https?://\S+|file:\S+))?\s*\Z"
)
VERSIONED = re.compile(r"==|>=|~=|<=|--hash|\A-r |\A-e |\A--")
OWN_INDEXES = re.compile(
    r"https://(?:pypi\.org|files\.pythonhosted\.org|download\.pytorch\.org|pypi\.nvidia\.com|pypi\.ngc\.nvidia\.com|pypi\.python\.org"
    r"|storage\.googleapis\.com/jax-releases|data\.pyg\.org|test\.pypi\.org)(?:/|\Z)"
)
FORGES = re.compile(r"(?:git\+)?https://(?:github\.com|gitlab\.com|huggingface\.co|bitbucket\.org)/")


def sniff(head: Head) -> bool:
    """True for a short text all of whose lines are requirements, one at least with a version or an option."""
    if head.size > MAX_BYTES or b"\0" in head.start:
        return False
    lines = [line.strip() for line in head.start.decode("utf-8", "replace").splitlines() if line.strip()]
    bare = [line for line in lines if not line.startswith("#")]
    if not bare or not all(len(line) < 1000 and LINE.match(line) for line in bare[:-1] + bare[-1:]):
        return False
    return any(VERSIONED.search(line) or FORGES.search(line) for line in bare)


def read(artifact: Artifact, look: Look, advisories: Advisories | None = None) -> Iterator[Found]:
    """What installing these requirements fetches and runs."""
    if artifact.size > MAX_BYTES:
        raise OutOfBudget(f"a requirements file of {artifact.size:,} bytes")
    look.meter.spend("bytes", artifact.size)
    for number, line in enumerate(artifact.read(0, artifact.size).decode("utf-8", "replace").splitlines(), 1):
        look.meter.spend("steps")
        match = LINE.match(line) if len(line) < 1000 else None
        if match is not None:
            yield from _line(match, f"line {number}", advisories)


def required(line: str, where: str) -> Iterator[AnyFact]:
    """What installing this one requirement fetches."""
    match = LINE.match(line) if len(line) < 1000 else None
    if match is not None:
        yield from _line(match, where, None)


def _line(match: re.Match[str], where: str, advisories: Advisories | None) -> Iterator[AnyFact]:
    option, value = match["option"], match["value"] or ""
    if option in ("-i", "--index-url", "--extra-index-url", "-f", "--find-links"):
        if "://" in value and not OWN_INDEXES.match(value):
            yield FetchesUrl("use", f"packages from {shown(value)}", where=where)
    elif option in ("-r", "--requirement", "-c", "--constraint", "-e", "--editable") and "://" not in value:
        if leaves_folder(value):
            yield ReadsPath("outside", shown(value), where=where)
    elif option == "--trusted-host":
        yield Structure("unverified-index", f"{shown(value)} is believed without its certificate", where=where)
    url = match["url"] or match["direct"] or (value if option in ("-e", "--editable") and "://" in value else "")
    if url and not FORGES.match(url) and not OWN_INDEXES.match(url):
        yield FetchesUrl("use", f"the package {shown(url)}", where=where)
    name = match["name"]
    if name and advisories is not None:
        for known in advisories.about(name, match["versions"] or ""):
            yield Structure("vulnerable", f"{shown(name)}: {shown(known)}", where=where)
        if near := advisories.resembles(name):
            yield Structure("look-alike", f"{shown(name)} is nearly {near}", where=where)


def knowing(advisories: Advisories) -> Reader:
    """The reader that also tells what these advisories say."""
    return Reader("requirements", sniff, partial(read, advisories=advisories), weak=True)


READER = Reader("requirements", sniff, read, weak=True)
