"""Frameworks: the ids and short names that others gave to threats, techniques and duties."""

import msgspec

from bartizan.kernel.record import Slug


class Framework(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One published list of ids. Its sentences stay where they were published."""

    slug: Slug
    title: str
    version: str
    home: str
    """Where the list is published."""
    headings: dict[str, str] = {}
    """Ids that only group others, with their names. A threat may use one, and none has to."""
    entries: dict[str, str]
    """Ids with their names. Each stands under a threat or is out of reach."""

    @property
    def names(self) -> dict[str, str]:
        """Every id with its name, headings first."""
        return self.headings | self.entries


class OutOfReach(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ids of one framework that no threat answers for, and why."""

    because: str
    ids: tuple[str, ...]
