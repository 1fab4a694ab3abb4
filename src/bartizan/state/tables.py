"""The tables of the state: which row each holds, by which key, and what else is indexed."""

from bartizan.state.rows import (
    AssetRow,
    CaseRow,
    DecisionRow,
    FindingRow,
    KeyRow,
    LinkRow,
    LookRow,
    PolicyRow,
)
from bartizan.state.table import Table

ASSETS = Table("assets", AssetRow, "tenant", "thing")
LINKS = Table("links", LinkRow, "tenant", "parent_thing", "parent_digest", "child_thing", "child_digest", "relation")
FINDINGS = Table("findings", FindingRow, "tenant", "fingerprint", indexed=("thing",))
LOOKS = Table("looks", LookRow, "tenant", "thing", "control")
DECISIONS = Table("decisions", DecisionRow, "tenant", "fingerprint")
CASES = Table("cases", CaseRow, "tenant", "id")
KEYS = Table("keys", KeyRow, "tenant", "key", indexed=("digest",), sealed=True)
POLICIES = Table("policies", PolicyRow, "tenant", "rev", sealed=True)

TABLES = (ASSETS, LINKS, FINDINGS, LOOKS, DECISIONS, CASES, KEYS, POLICIES)
