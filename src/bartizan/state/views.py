"""The views: what can be asked of the state, one tenant at a time."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from bartizan.kernel import Asset, Severity
from bartizan.state.database import Database
from bartizan.state.log import Sealer
from bartizan.state.rows import AssetRow, CaseRow, DecisionRow, KeyRow, Known, LinkRow, PolicyRow, Row, Status, written
from bartizan.state.table import Sql, Table, micros
from bartizan.state.tables import ASSETS, CASES, DECISIONS, FINDINGS, KEYS, LINKS, POLICIES

R = TypeVar("R", bound=Row)

MAX_ROWS = 10_000

# The standing of a finding. It is fixed when no control that saw it sees it any more. A decision ends when the finding
# comes back after it was missed later than the decision, and an acceptance also when its time is over.
STATUS = """CASE
    WHEN f.fixed = 1 THEN 'fixed'
    WHEN d.rev IS NULL OR d.decided = 'reopened' OR f.gone_id > d.id THEN 'open'
    WHEN d.decided = 'accepted' AND d.until <= ? THEN 'open'
    ELSE d.decided
END"""


class Views:
    """Reads of the state. Each takes the tenant whose rows it may see."""

    def __init__(self, database: Database, vault: Sealer) -> None:
        self._database = database
        self._vault = vault

    @property
    def where(self) -> str:
        """Where the state is kept, without secrets."""
        return self._database.where

    @property
    def rev(self) -> int:
        """The number of the last change."""
        found = self._all("SELECT number FROM progress WHERE name = 'rev'")
        return int(found[0][0]) if found else 0

    def assets(self, *, tenant: str = "main", kind: str | None = None, limit: int = MAX_ROWS) -> list[AssetRow]:
        """The assets that were registered or met, by name."""
        rows = self._select(ASSETS, "tenant = ?", (tenant,), "thing", None if kind else limit)
        return [row for row in rows if kind is None or row.thing.startswith(f"{kind}:")][:limit]

    def asset(self, asset: Asset, *, tenant: str = "main") -> AssetRow | None:
        """The asset, whatever its content."""
        return self._one(ASSETS, tenant, str(asset.thing))

    def links(self, thing: str, to: Literal["parents", "children"], *, tenant: str = "main") -> list[LinkRow]:
        """The edges from a thing to its parents, or to its children."""
        end, other = ("child_thing", "parent_thing") if to == "parents" else ("parent_thing", "child_thing")
        return self._select(LINKS, f"tenant = ? AND {end} = ?", (tenant, thing), f"{other}, relation", MAX_ROWS)

    def findings(
        self,
        *,
        tenant: str = "main",
        status: Status | None = None,
        at_least: Severity | None = None,
        rule: str | None = None,
        asset: Asset | None = None,
        control: str | None = None,
        limit: int = MAX_ROWS,
        now: datetime | None = None,
    ) -> list[Known]:
        """The findings that fit every filter, the worst first and then the latest."""
        filters: dict[str, Sql] = {"f.tenant = ?": tenant}
        if at_least is not None:
            filters["f.severity_rank >= ?"] = at_least.rank
        if rule is not None:
            filters["f.rule = ?"] = rule
        if asset is not None:
            filters["f.thing = ?"] = str(asset.thing)
        if control is not None:
            filters["f.control = ?"] = control
        return self._known(filters, status, limit, now)

    def finding(self, fingerprint: str, *, tenant: str = "main", now: datetime | None = None) -> Known | None:
        """The finding with this fingerprint."""
        found = self._known({"f.tenant = ?": tenant, "f.fingerprint = ?": fingerprint}, None, 1, now)
        return found[0] if found else None

    def findings_like(self, beginning: str, *, tenant: str = "main", limit: int = MAX_ROWS) -> list[Known]:
        """The findings whose fingerprints begin like this."""
        if not beginning or "\0" in beginning:
            return []
        filters: dict[str, Sql] = {
            "f.tenant = ?": tenant,
            f"substr(f.fingerprint, 1, {len(beginning)}) = ?": beginning,
        }
        return self._known(filters, None, limit, None)

    def cases(self, *, tenant: str = "main", status: str | None = None, limit: int = MAX_ROWS) -> list[CaseRow]:
        """The cases, the latest first."""
        rows = self._select(CASES, "tenant = ? AND opened_rev > 0", (tenant,), "opened_rev DESC", None)
        return [row for row in rows if status in (None, row.status)][:limit]

    def case(self, id: str, *, tenant: str = "main") -> CaseRow | None:
        """The case with this id."""
        row = self._one(CASES, tenant, id)
        return row if row and row.opened_rev else None

    def keys(self, *, tenant: str | None = "main") -> list[KeyRow]:
        """The keys of a tenant, or of all tenants if it is None, revoked and expired ones too."""
        if tenant is None:
            return self._select(KEYS, "added_rev > 0", (), "tenant, key", None)
        return self._select(KEYS, "tenant = ? AND added_rev > 0", (tenant,), "key", None)

    def key_by_digest(self, digest: str) -> KeyRow | None:
        """The key whose secret has this digest, in whatever tenant: the secret is what says the tenant."""
        rows = self._select(KEYS, "digest = ? AND added_rev > 0", (digest,), "added_rev", 1)
        return rows[0] if rows else None

    def policies(self, *, tenant: str = "main", limit: int = MAX_ROWS) -> list[PolicyRow]:
        """The versions of the policy set, the one in force first."""
        return self._select(POLICIES, "tenant = ?", (tenant,), "rev DESC", limit)

    def _known(self, filters: dict[str, Sql], status: Status | None, limit: int, now: datetime | None) -> list[Known]:
        at = micros(now or datetime.now(UTC))
        found, decided = _qualified(FINDINGS, "f"), _qualified(DECISIONS, "d")
        # Only names from our own tables and the filters above are put into the statement.
        sql = (
            f"SELECT {STATUS} AS status, {found}, {decided} FROM findings f "  # noqa: S608
            "LEFT JOIN decisions d ON d.tenant = f.tenant AND d.fingerprint = f.fingerprint "
            f"WHERE {' AND '.join(filters)}"
        )
        params: list[Sql] = [at, *filters.values()]
        if status is not None:
            sql += f" AND {STATUS} = ?"
            params += [at, status]
        sql += " ORDER BY f.severity_rank DESC, f.last_at DESC, f.fingerprint LIMIT ?"
        return [_as_known(row) for row in self._all(sql, (*params, limit))]

    def _select(self, table: Table[R], match: str, params: Sequence[Sql], order: str, limit: int | None) -> list[R]:
        sql = f"{table.select} WHERE {match} ORDER BY {order}" + ("" if limit is None else " LIMIT ?")
        return [table.taken(row, self._vault) for row in self._all(sql, params if limit is None else (*params, limit))]

    def _one(self, table: Table[R], *key: Sql) -> R | None:
        found = self._all(table.select_one, key)
        return table.taken(found[0], self._vault) if found else None

    def _all(self, sql: str, params: Sequence[Sql] = ()) -> list[tuple[Any, ...]]:
        with self._database.reading() as session:
            return session.all(sql, params)


def _qualified(table: Table[Any], alias: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in table.columns)


def _as_known(values: Sequence[Any]) -> Known:
    split = 1 + len(FINDINGS.columns)
    row = FINDINGS.row(values[1:split])
    decision: DecisionRow | None = DECISIONS.row(values[split:]) if values[split] is not None else None
    return Known(
        fingerprint=row.fingerprint,
        status=values[0],
        asset=written(row.thing, row.digest),
        control=row.control,
        finding=row.finding,
        count=row.count,
        first_at=row.first_at,
        last_at=row.last_at,
        decision=decision,
    )
