"""A state in memory that keeps keys as the real one does: by folding events, in order."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bartizan.kernel import Event, Record, Stamp
from bartizan.policy.keys import KeyRow


class Row(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    name: str
    digest: str
    tenant: str
    roles: tuple[str, ...]
    routes: tuple[str, ...]
    expires: datetime | None = None
    revoked: bool = False


class MemoryStore:
    def __init__(self) -> None:
        self.records: list[Record] = []
        self._rows: dict[tuple[str, str], Row] = {}

    def change(self, stamp: Stamp, *events: Event) -> list[Record]:
        records = [stamp(event, rev=len(self.records) + n + 1) for n, event in enumerate(events)]
        for event in events:
            if event.name == "key.added":
                row = msgspec.convert(event.data | {"tenant": stamp.tenant}, Row)
                self._rows[row.tenant, row.key] = row
            else:
                assert event.name == "key.revoked"
                place = (stamp.tenant, event.data["key"])
                self._rows[place] = msgspec.structs.replace(self._rows[place], revoked=True)
        self.records += records
        return records

    def keys(self, *, tenant: str | None = "main") -> Sequence[KeyRow]:
        return [row for row in self._rows.values() if tenant in (None, row.tenant)]

    def key_by_digest(self, digest: str) -> KeyRow | None:
        return next((row for row in self._rows.values() if row.digest == digest), None)
