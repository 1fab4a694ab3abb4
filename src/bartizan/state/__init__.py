"""Small mutable projections of the ledger: keys, assets, findings, cases, policy versions."""

from bartizan.state.changes import (
    AssetLinked,
    AssetRegistered,
    CaseClosed,
    CaseOpened,
    FindingAccepted,
    FindingBaselined,
    FindingReopened,
    KeyAdded,
    KeyRevoked,
    PolicyPut,
)
from bartizan.state.decisions import accept, baseline, reopen
from bartizan.state.errors import StateAhead, StateError, StateTooNew
from bartizan.state.lineage import Step, ancestors, descendants
from bartizan.state.replay import Replay
from bartizan.state.rows import AssetRow, CaseRow, DecisionRow, KeyRow, Known, LinkRow, PolicyRow, Status
from bartizan.state.state import State

__all__ = [
    "AssetLinked",
    "AssetRegistered",
    "AssetRow",
    "CaseClosed",
    "CaseOpened",
    "CaseRow",
    "DecisionRow",
    "FindingAccepted",
    "FindingBaselined",
    "FindingReopened",
    "KeyAdded",
    "KeyRevoked",
    "KeyRow",
    "Known",
    "LinkRow",
    "PolicyPut",
    "PolicyRow",
    "Replay",
    "State",
    "StateAhead",
    "StateError",
    "StateTooNew",
    "Status",
    "Step",
    "accept",
    "ancestors",
    "baseline",
    "descendants",
    "reopen",
]
