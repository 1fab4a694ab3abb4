"""The property that all else rests on: to rebuild is to have lived through it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.kernel import Asset, Event, Policy, Record, Stamp
from bartizan.state import (
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
    State,
)
from bartizan.state.database import connect
from bartizan.state.tables import FINDINGS
from tests.kernel.strategies import BODIES
from tests.state.conftest import dump, empty_postgres
from tests.state.paper import Paper, Wax
from tests.state.scenes import fingerprint, look

UNTIL = datetime(2040, 1, 1, tzinfo=UTC)
NAMES = st.sampled_from(["a", "b", "c"])
ASSETS = st.sampled_from([Asset("model", "one"), Asset("model", "one", "sha256:" + "1" * 64), Asset("dataset", "two")])
CONTROLS = st.sampled_from(["x.scan@1", "x.scan@2", "y.test@1"])
TENANTS = st.sampled_from(["main", "red"])
FINGERPRINTS = st.builds(fingerprint, NAMES, ASSETS)
POLICIES = st.sampled_from([Policy("permit(principal, action, resource);"), Policy("")])

CHANGES = st.one_of(
    st.builds(AssetRegistered, asset=ASSETS.map(str), owner=NAMES),
    st.builds(AssetLinked, parent=st.just("dataset:rows"), child=ASSETS.map(str), relation=NAMES),
    st.builds(FindingAccepted, fingerprint=FINGERPRINTS, reason=NAMES, until=st.just(UNTIL), case=NAMES),
    st.builds(FindingBaselined, fingerprints=st.lists(FINGERPRINTS, max_size=3).map(tuple)),
    st.builds(FindingReopened, fingerprint=FINGERPRINTS, case=st.none() | NAMES),
    st.builds(CaseOpened, case=NAMES, case_kind=st.just("incident"), title=NAMES),
    st.builds(CaseClosed, case=NAMES),
    st.builds(KeyAdded, key=NAMES, name=NAMES, digest=st.sampled_from(["a" * 64, "b" * 64])),
    st.builds(KeyRevoked, key=NAMES),
    POLICIES.map(lambda policy: PolicyPut(digest=policy.digest, text=policy.text)),
).map(lambda change: change.event())

Deed = Callable[[State, Paper], None]


def _change(tenant: str, events: Sequence[Event]) -> Deed:
    return lambda state, paper: state.change(Stamp(tenant=tenant), *events) and None


def _look(evidence: Sequence[str], asset: Asset, control: str, tenant: str, slot: int, *, seen: bool) -> Deed:
    def deed(state: State, paper: Paper) -> None:
        records = look(*evidence, asset=asset, control=control, tenant=tenant)
        Paper(paper.folder, slot).append(records)
        if seen:
            state.observe(records)

    return deed


def _noise(tenant: str, control: str, asset: Asset, body: object) -> Deed:
    def deed(state: State, paper: Paper) -> None:
        record: Record = Stamp(tenant=tenant, control=control, asset=asset)(body)  # type: ignore[arg-type]
        paper.append([record])

    return deed


LOOKS = st.builds(
    _look, st.lists(NAMES, max_size=3, unique=True), ASSETS, CONTROLS, TENANTS, st.integers(0, 2), seen=st.booleans()
)
LIFE = st.lists(
    st.builds(_change, TENANTS, st.lists(CHANGES, min_size=1, max_size=3))
    | LOOKS
    | st.builds(_noise, TENANTS, CONTROLS, ASSETS, BODIES),
    max_size=15,
)


def live_and_rebuild(url: str, folder: Path, life: Sequence[Deed]) -> None:
    paper = Paper(folder / "ledger")
    with State.on(connect(url), paper, Wax()) as state:
        for deed in life:
            deed(state, paper)
        state.catch_up()
        lived, now = dump(url), datetime.now(UTC) + timedelta(days=1)
        shown = [state.findings(tenant=tenant, now=now) for tenant in ("main", "red")]

        state.rebuild()

        assert [state.findings(tenant=tenant, now=now) for tenant in ("main", "red")] == shown
        assert _without_past_absences(dump(url)) == _without_past_absences(lived)


def _without_past_absences(views: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """The views without the ids of looks that came before a finding was seen: they say nothing that can be asked."""
    findings = sorted(row[: FINDINGS.columns.index("gone")] for row in views["findings"])
    return {**views, "findings": findings}


@given(LIFE)
@settings(max_examples=100)
def test_rebuilding_is_living_through_it_on_sqlite(life: list[Deed]) -> None:
    with TemporaryDirectory() as folder:
        live_and_rebuild(f"sqlite:///{folder}/state.db", Path(folder), life)


@given(LIFE)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rebuilding_is_living_through_it_on_postgres(postgres: str, life: list[Deed]) -> None:
    with TemporaryDirectory() as folder:
        live_and_rebuild(empty_postgres(postgres), Path(folder), life)


@given(LIFE)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_databases_hold_the_same(postgres: str, life: list[Deed]) -> None:
    with TemporaryDirectory() as folder:
        paper = Paper(Path(folder) / "ledger")
        sqlite, server = f"sqlite:///{folder}/state.db", empty_postgres(postgres)
        with State.on(connect(sqlite), paper, Wax()) as state:
            for deed in life:
                deed(state, paper)
            state.catch_up()
        with State.on(connect(server), paper, Wax(), rebuild=True):
            pass

        assert _without_past_absences(dump(server)) == _without_past_absences(dump(sqlite))


@pytest.mark.slow
@given(LIFE)
@settings(max_examples=3_000)
def test_rebuilding_is_living_through_it_many_times(life: list[Deed]) -> None:
    with TemporaryDirectory() as folder:
        live_and_rebuild(f"sqlite:///{folder}/state.db", Path(folder), life)
