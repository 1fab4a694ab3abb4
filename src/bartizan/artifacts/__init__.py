"""Model files and the code beside them: read, scan, load, list, sign and admit."""

from bartizan.artifacts.artifact import Artifact, Held, Part, Stored
from bartizan.artifacts.fact import AnyFact
from bartizan.artifacts.profile import Profile, default_profile
from bartizan.artifacts.reader import Reader
from bartizan.artifacts.report import Report, Verdict
from bartizan.artifacts.scan import scan, walk

__all__ = [
    "AnyFact", "Artifact", "Held", "Part", "Profile", "Reader", "Report", "Stored", "Verdict",
    "default_profile", "scan", "walk",
]  # fmt: skip
