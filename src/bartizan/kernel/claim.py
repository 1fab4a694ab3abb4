"""Claims: sentences about an asset, computed from records."""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from bartizan.kernel.record import Slug

Standing: TypeAlias = Literal["holds", "fails", "stale", "unknown", "assumed"]


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What can be said of an asset now, and by which records."""

    name: Slug
    asset: str
    standing: Standing
    reason: str = ""
    since: datetime
    because: tuple[str, ...] = ()
    """Ids of the records that it was computed from."""

    def __post_init__(self) -> None:
        if self.standing in {"holds", "fails"} and not self.because:
            raise ValueError(f"claim {self.name} {self.standing} without a record that shows it")
