"""Profiles: what is done about each kind of finding at each stage, as data."""

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from bartizan.guard.errors import BadProfile
from bartizan.guard.verdict import STAGES, Stage

Act: TypeAlias = Literal["allow", "redact", "ask", "block"]
Share = msgspec.Meta(ge=0.0, le=1.0)
DEFAULT = Path(__file__).with_name("default.toml")


class StageProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one stage does."""

    ask_rate: float = 0.0
    """The share of innocent texts of this stage that may be asked about for their score."""
    block_rate: float = 0.0
    """The share of them that may be blocked for it."""
    scored: tuple[str, ...] = ()
    """The kinds that the scorer looks for in texts of this stage."""
    sure: float = 0.5
    """The score that a match of a rule must have to count."""
    kinds: dict[str, Act] = {}
    """What is done about each kind that a rule finds; `*` is every other."""

    def act(self, kind: str, family: str) -> Act:
        """What is done about a kind: by its own name, else by its family's, else what is done about all others."""
        for name in (kind, family, "*"):
            if name in self.kinds:
                return self.kinds[name]
        return "allow"


Profile: TypeAlias = Mapping[Stage, StageProfile]


def load_profile(path: Path | None = None) -> Profile:
    """The stages of a profile file laid over those of the default: a stage that the file names is wholly the file's."""
    shipped = _read(DEFAULT)
    return {**shipped, **_read(path)} if path else shipped


@functools.lru_cache(8)
def _read(path: Path) -> Profile:
    try:
        found = msgspec.convert(tomllib.loads(path.read_text("utf-8")), dict[Stage, StageProfile])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise BadProfile(
            f"a profile cannot be read: {wrong}", where=path, todo=f"Stages are {', '.join(STAGES)}."
        ) from None
    for stage, profile in found.items():
        if not 0 <= profile.block_rate <= profile.ask_rate <= 1:
            raise BadProfile(f"{stage}: block_rate lies between 0 and ask_rate, and ask_rate below 1", where=path)
    return found
