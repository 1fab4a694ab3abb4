"""`scan`: one artifact in, one report out, whatever the bytes."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path

from msgspec import structs

from bartizan.artifacts.artifact import Artifact, Stored
from bartizan.artifacts.fact import AnyFact, Spent, Structure, shown
from bartizan.artifacts.paths import MAX_PATH_CHARS
from bartizan.artifacts.profile import Profile, default_profile
from bartizan.artifacts.proportion import proportionate
from bartizan.artifacts.reader import Head, Look, Malformed, Member, Reader, recognise
from bartizan.artifacts.report import Report, worst
from bartizan.artifacts.unpack import Bomb, WholeBomb
from bartizan.kernel import Budget, HostileInput, Meter, OutOfBudget

MAX_FACTS = 10_000
UNKNOWN = "unknown"
BUDGET = Budget()
STEPS_PER_MEMBER = 80
KNOWN_BYTES = 1 << 20
"""Members up to this size are told apart by their bytes, so that equal ones are looked at once."""


def scan(
    target: str | Path | Artifact,
    *,
    profile: Profile | None = None,
    budget: Budget = BUDGET,
    effort: float = 1.0,
    readers: Mapping[str, Reader] | None = None,
    digest: bool = True,
) -> Report:
    """The report on a file or artifact. Only a file that cannot be opened raises; hostile bytes never do.

    `effort` lifts what a file may cost in proportion to its size.
    """
    if readers is None:
        from bartizan.artifacts.readers import all_readers

        readers = all_readers()
    with ExitStack() as open_files:
        artifact = target if isinstance(target, Artifact) else open_files.enter_context(Stored.open(Path(target)))
        look = _Scan(readers, profile or default_profile(), digest)
        meter = Meter(proportionate(budget, artifact.size, effort), artifact.name)
        return look.top(artifact, Look(meter, whole=artifact.size))


class _Scan:
    """One scan: the readers and the profile that hold for all its members."""

    def __init__(self, readers: Mapping[str, Reader], profile: Profile, digest: bool) -> None:
        self._readers = readers
        self._profile = profile
        self._digest = digest
        self._bomb = False
        """True once all members together are a bomb."""
        self._around: set[bytes] = set()
        """What the member that is being looked at lies in, each by its bytes."""
        self._known: dict[tuple[bytes, str | None], Report] = {}
        """The members that were looked at, by their bytes and the reader that their container named."""

    def top(self, artifact: Artifact, look: Look) -> Report:
        formats, facts, members = self._findings(artifact, look, None)
        digest = artifact.digest() if self._digest else None
        if isinstance(artifact, Stored) and artifact.changed:
            facts.append(Structure("changed", "somebody wrote to the file while it was read"))
        return self._report(artifact, formats, facts, members, digest)

    def _member(self, member: Member, look: Look) -> Report:
        inner = Look(look.meter, look.meter.deeper(look.depth), look.whole, member.hints)
        look.meter.spend("members")
        look.meter.spend("steps", STEPS_PER_MEMBER)
        content = _content(member.artifact)
        known = self._known.get((content, member.reader)) if content and not member.hints else None
        if known is None:
            known = self._report(member.artifact, *self._findings(member.artifact, inner, member.reader, content), None)
            if content and not (member.hints or self._bomb):
                self._known[content, member.reader] = known
        return structs.replace(known, path=shown(member.artifact.name, MAX_PATH_CHARS))

    def _findings(self, artifact: Artifact, look: Look, named: str | None, content: bytes | None = None) -> "_Findings":
        """The names of the formats, the facts, and the members' reports."""
        facts: list[AnyFact] = []
        members: list[Report] = []
        try:
            fitting = [self._readers[named]] if named else recognise(Head.of(artifact), self._readers)
        except Exception as error:  # a reader that stumbles over the head has not recognised it
            fitting = []
            facts.append(_fact_of(error))
        formats = [reader.name for reader in fitting]
        if content and content in self._around:
            return formats, [Spent("bomb", "it holds itself, so that unpacking it never ends")], members
        for reader in fitting:
            try:
                for found in reader.read(artifact, look):
                    if self._bomb:
                        break
                    if isinstance(found, Member):
                        content = _content(artifact) if content is None else content
                        self._around.add(content)
                        members.append(self._member(found, look))
                    elif len(facts) < MAX_FACTS:
                        facts.append(found)
                    else:
                        raise OutOfBudget(f"more than {MAX_FACTS:,} facts")
            except Exception as error:  # hostile bytes may break a reader in any way; what it found stands
                facts.append(_fact_of(error))
                self._bomb = self._bomb or isinstance(error, WholeBomb)
        self._around.discard(content or b"")
        if not fitting and not facts and artifact.size:
            facts.append(Structure("unrecognised", "no reader knows this format"))
        return formats, facts, members

    def _report(
        self, artifact: Artifact, formats: list[str], facts: list[AnyFact], members: list[Report], digest: str | None
    ) -> Report:
        own, reasons = self._profile.weigh(facts)
        below = tuple(f"{member.path}: {reason}" for member in members for reason in member.reasons[:3])
        return Report(
            path=shown(artifact.name, MAX_PATH_CHARS),
            format="+".join(formats) or ("empty" if not artifact.size else UNKNOWN),
            verdict=worst(iter([own, *(member.verdict for member in members)])),
            size=artifact.size,
            digest=digest,
            unverified=not artifact.whole,
            profile=self._profile.name,
            facts=tuple(facts),
            reasons=reasons + below[:20],
            members=tuple(members),
        )


def _content(artifact: Artifact) -> bytes:
    """A name for the artifact's bytes; empty where it is too large to read them twice."""
    if artifact.size > KNOWN_BYTES or not artifact.whole:
        return b""
    return blake2b(artifact.read(0, artifact.size), digest_size=16).digest()


_Findings = tuple[list[str], list[AnyFact], list[Report]]


def _fact_of(error: Exception) -> AnyFact:
    """The fact that a reader's error stands for."""
    if isinstance(error, OutOfBudget):
        return Spent("bomb" if isinstance(error, Bomb) else "spent", shown(error.what))
    if isinstance(error, RecursionError | MemoryError):
        return Spent("spent", "nested too deep or too large to hold")
    if isinstance(error, Malformed):
        return Structure("malformed", shown(error.what))
    if isinstance(error, HostileInput):
        return Structure("broken", shown(error.what))
    return Structure("unsupported", shown(f"the reader failed: {type(error).__name__}: {error}"))


def walk(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in one order on every machine; links to files are followed, links to folders not.

    What may hold files and cannot be looked into is given too: a folder that cannot be listed, a link out of it.
    """
    root = folder.resolve()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            if path is folder or (path.is_dir() and not path.is_symlink()):
                waiting += sorted(path.iterdir(), key=lambda path: path.name, reverse=True)
            elif path.is_file() or (path.is_dir() and not path.resolve().is_relative_to(root)):
                yield path
        except OSError:
            yield path
