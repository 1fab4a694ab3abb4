"""What approves a model: a case in the state of a real installation."""

from pathlib import Path
from typing import Any

import pytest

from bartizan.artifacts.admit import approvals
from bartizan.kernel import Stamp
from bartizan.runner.keep import Keep
from bartizan.runner.settings import Settings
from bartizan.state import CaseClosed, CaseOpened
from tests.artifacts.admit.scenes import NOW, days

ROOT = "0a" * 32


@pytest.mark.parametrize(
    ("changed", "closed", "approved"),
    [
        ({}, False, True),
        ({"expires": NOW + days(1)}, False, True),
        ({"expires": NOW}, False, False),
        ({"records": ("sha256:" + "0b" * 32,)}, False, False),
        ({"records": (ROOT,)}, False, False),
        ({"case_kind": "incident"}, False, False),
        ({"case_kind": "risk-acceptance"}, False, False),
        ({}, True, False),
    ],
)
def test_only_an_open_approval_of_this_digest_that_has_not_expired_counts(
    tmp_path: Path, changed: dict[str, Any], closed: bool, approved: bool
) -> None:
    opened = {"case_kind": "change-approval", "records": (f"sha256:{ROOT}",)} | changed
    with Keep.open(Settings(data=tmp_path / "data")) as keep:
        keep.state.change(Stamp(actor="person:ada"), CaseOpened(case="case-1", title="Try it", **opened).event())
        if closed:
            keep.state.change(Stamp(actor="person:ada"), CaseClosed(case="case-1", reason="tried").event())
        assert approvals(keep.state, "main")(ROOT, NOW) == approved
        assert not approvals(keep.state, "other")(ROOT, NOW)
