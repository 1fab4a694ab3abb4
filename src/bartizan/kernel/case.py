"""Cases: human work about records."""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from bartizan.kernel.record import Slug

CaseKind: TypeAlias = Literal["incident", "risk-acceptance", "change-approval"]
CaseStatus: TypeAlias = Literal["open", "closed"]


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An incident, the acceptance of a risk, or the approval of a change."""

    id: Slug
    kind: CaseKind
    title: str
    status: CaseStatus = "open"
    owner: str = ""
    """The actor who answers for it."""
    opened: datetime
    expires: datetime | None = None
    """When an acceptance or approval ends by itself."""
    reason: str = ""
    records: tuple[str, ...] = ()
    """Ids of the records, or fingerprints of the findings, that it is about."""
