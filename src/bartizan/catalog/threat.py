"""Threats: what can happen to an AI system, in our own words, mapped to the ids that others gave it."""

from typing import Literal, TypeAlias, get_args

import msgspec

from bartizan.kernel.record import Slug

Stage: TypeAlias = Literal["data-collection", "training", "registry", "deployment", "operation", "organisation"]
STAGES: tuple[Stage, ...] = get_args(Stage)


class Threat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One threat: what an attacker does, and what it costs the owner."""

    slug: Slug
    title: str
    description: str
    """One paragraph."""
    stages: tuple[Stage, ...]
    """The stages of the life cycle at which it can strike; it begins at the first."""
    assets: tuple[str, ...]
    """The kinds of asset that it strikes."""
    maps: dict[str, tuple[str, ...]] = {}
    """For each framework, by its slug, the ids that mean this threat or a part of it."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all frameworks that this threat answers for."""
        return tuple(entry for ids in self.maps.values() for entry in ids)
