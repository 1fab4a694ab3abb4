"""The catalog: every threat and framework, looked up by slug, stage, asset kind or framework id."""

from collections.abc import Mapping
from dataclasses import dataclass

from bartizan.catalog.errors import UnknownName
from bartizan.catalog.framework import Framework
from bartizan.catalog.threat import STAGES, Threat


@dataclass(frozen=True, slots=True)
class Catalog:
    """Threats and frameworks that agree with each other. Made once by `load()`, then handed around."""

    frameworks: Mapping[str, Framework]
    """By slug."""
    asset_kinds: Mapping[str, str]
    """The kinds of asset that threats speak of, each with what it is."""
    out_of_reach: Mapping[str, str]
    """Framework ids that no threat answers for, each with our reason."""
    by_slug: Mapping[str, Threat]
    """The threats, in the order of the life cycle."""

    def threat(self, slug: str) -> Threat:
        """The threat with this slug."""
        if slug not in self.by_slug:
            raise UnknownName("threat", slug, self.by_slug, todo="bartizan threats lists them all")
        return self.by_slug[slug]

    def threats(
        self, *, stage: str | None = None, asset_kind: str | None = None, framework_id: str | None = None
    ) -> tuple[Threat, ...]:
        """The threats that match all that is asked. Kinds are open, so an unknown one just matches none."""
        if stage is not None and stage not in STAGES:
            raise UnknownName("stage", stage, STAGES, todo=f"There are {', '.join(STAGES)}")
        found = self.by_slug.values() if framework_id is None else self.where(framework_id)
        return tuple(
            threat
            for threat in found
            if (stage is None or stage in threat.stages) and (asset_kind is None or asset_kind in threat.assets)
        )

    def where(self, framework_id: str) -> tuple[Threat, ...]:
        """The threats placed at this id or below it, as AML.T0051.000 is below AML.T0051."""
        entry = self.full_id(framework_id)
        below = entry + "."
        return tuple(
            threat
            for threat in self.by_slug.values()
            if any(placed == entry or placed.startswith(below) for placed in threat.ids)
        )

    def full_id(self, framework_id: str) -> str:
        """The id as its framework writes it, from one in any case or without its year (`llm01`)."""
        names = self.names
        wanted = framework_id.casefold()
        for entry in names:
            if wanted in {entry.casefold(), entry.partition(":")[0].casefold()}:
                return entry
        raise UnknownName("framework id", framework_id, names)

    @property
    def names(self) -> dict[str, str]:
        """The id of every framework with its short name; no two frameworks share an id."""
        return {entry: name for framework in self.frameworks.values() for entry, name in framework.names.items()}
