"""How findings live: seen, fixed, accepted, known before, and back again. Runs on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from bartizan.kernel import Asset, Confidence, Event, Severity, Stamp, UsageError
from bartizan.state import State, accept, baseline, reopen
from tests.state.paper import Paper
from tests.state.scenes import ALICE, MODEL, SCAN, finding, fingerprint, look, run, standing

TOMORROW = datetime.now(UTC) + timedelta(days=1)


def test_a_sighting_opens_a_finding_with_all_that_was_said(state: State, paper: Paper) -> None:
    sighting, _ = run(state, paper, "a")

    (known,) = state.findings()

    assert known.fingerprint == fingerprint("a")
    assert (known.status, known.count, known.asset, known.control) == ("open", 1, "model:churn", "artifacts.scan")
    assert known.finding == finding("a").identified(MODEL)
    assert known.first_at == known.last_at == sighting.at
    assert known.finding.confidence is Confidence.HIGH
    assert state.finding(known.fingerprint) == known


def test_sightings_are_counted_and_the_first_and_last_kept(state: State, paper: Paper) -> None:
    runs = [run(state, paper, "a") for _ in range(3)]

    (known,) = state.findings()

    assert (known.count, known.first_at, known.last_at) == (3, runs[0][0].at, runs[2][0].at)


def test_observing_the_same_records_twice_counts_them_once(state: State, paper: Paper) -> None:
    records = run(state, paper, "a")

    state.observe(records)

    assert state.findings()[0].count == 1


def test_a_complete_look_that_misses_a_finding_fixes_it(state: State, paper: Paper) -> None:
    run(state, paper, "a", "b")
    run(state, paper, "b")

    assert standing(state) == {"a": "fixed", "b": "open"}


def test_a_new_sighting_of_a_fixed_finding_reopens_it(state: State, paper: Paper) -> None:
    run(state, paper, "a")
    run(state, paper)
    run(state, paper, "a")

    assert standing(state) == {"a": "open"}


def test_a_look_fixes_only_findings_of_its_control_at_its_asset_in_its_tenant(state: State, paper: Paper) -> None:
    run(state, paper, "a")
    run(state, paper, asset=Asset("model", "other"))
    run(state, paper, control="artifacts.load@0123456789abcdef")
    run(state, paper, tenant="other")

    assert standing(state) == {"a": "open"}


def test_a_finding_of_two_controls_is_fixed_when_neither_sees_it(state: State, paper: Paper) -> None:
    other = "artifacts.load@0123456789abcdef"
    run(state, paper, "a")
    run(state, paper, "a", control=other)
    run(state, paper)
    assert standing(state) == {"a": "open"}

    run(state, paper, control=other)

    assert standing(state) == {"a": "fixed"}
    assert state.findings()[0].count == 2


def test_a_new_version_of_a_control_fixes_what_the_old_one_saw(state: State, paper: Paper) -> None:
    run(state, paper, "a")
    run(state, paper, control="artifacts.scan@fedcba9876543210")

    assert standing(state) == {"a": "fixed"}


@pytest.mark.parametrize("data", [{}, {"findings": 0}, {"findings": 0, "fingerprints": [], "complete": False}])
def test_a_look_that_does_not_say_it_saw_everything_fixes_nothing(state: State, paper: Paper, data: dict) -> None:
    run(state, paper, "a")
    finished = Stamp(control=SCAN, asset=MODEL)(Event("control.finished", data))
    paper.append([finished])
    state.observe([finished])

    assert standing(state) == {"a": "open"}


def test_accepting_opens_a_case_and_ends_at_its_time(state: State, paper: Paper) -> None:
    run(state, paper, "a")

    accept(state, ALICE, fingerprint("a"), reason="we load it in a sandbox", until=TOMORROW)

    (case,) = state.cases()
    assert (case.kind, case.status, case.owner, case.reason) == (
        "risk-acceptance",
        "open",
        "person:alice",
        "we load it in a sandbox",
    )
    assert (case.records, case.expires) == ((fingerprint("a"),), TOMORROW)
    (known,) = state.findings()
    assert known.status == "accepted"
    assert known.decision is not None
    assert known.decision.case_id == case.id
    assert standing(state, now=TOMORROW) == {"a": "open"}
    assert standing(state, status="accepted", now=TOMORROW) == {}


def test_accepting_stays_while_the_finding_is_seen_again(state: State, paper: Paper) -> None:
    run(state, paper, "a")
    accept(state, ALICE, fingerprint("a"), reason="known", until=TOMORROW)
    run(state, paper, "a")

    assert standing(state) == {"a": "accepted"}


def test_an_accepted_or_known_finding_that_was_fixed_and_comes_back_is_open(state: State, paper: Paper) -> None:
    run(state, paper, "a", "b")
    accept(state, ALICE, fingerprint("a"), reason="known", until=TOMORROW)
    baseline(state, ALICE, MODEL)
    assert standing(state) == {"a": "accepted", "b": "baseline"}
    run(state, paper)
    assert standing(state) == {"a": "fixed", "b": "fixed"}
    run(state, paper, "a", "b")

    assert standing(state) == {"a": "open", "b": "open"}


@pytest.mark.parametrize(
    ("reason", "until", "said"),
    [
        (" ", TOMORROW, "needs a reason"),
        ("known", datetime(2020, 1, 1, tzinfo=UTC), "an end that lies ahead"),
        ("known", datetime(2999, 1, 1), "an end that lies ahead"),
    ],
)
def test_accepting_needs_a_reason_and_an_end(
    state: State, paper: Paper, reason: str, until: datetime, said: str
) -> None:
    run(state, paper, "a")

    with pytest.raises(UsageError, match=said):
        accept(state, ALICE, fingerprint("a"), reason=reason, until=until)

    assert standing(state) == {"a": "open"}
    assert state.cases() == []


def test_what_is_unknown_or_fixed_cannot_be_accepted(state: State, paper: Paper) -> None:
    run(state, paper, "a")
    run(state, paper)

    with pytest.raises(UsageError, match="is fixed"):
        accept(state, ALICE, fingerprint("a"), reason="known", until=TOMORROW)
    with pytest.raises(UsageError, match="no finding"):
        accept(state, ALICE, "feed", reason="known", until=TOMORROW)
    with pytest.raises(UsageError, match="no finding"):
        accept(state, Stamp(tenant="other"), fingerprint("a"), reason="known", until=TOMORROW)


def test_a_baseline_covers_what_is_open_now_and_nothing_later(state: State, paper: Paper) -> None:
    run(state, paper, "a", "b")
    run(state, paper, "c", asset=Asset("model", "other"))
    baseline(state, ALICE, MODEL)
    run(state, paper, "a", "b", "d")

    assert standing(state) == {"a": "baseline", "b": "baseline", "c": "open", "d": "open"}


def test_a_large_baseline_is_split_into_several_records(state: State, paper: Paper) -> None:
    run(state, paper, *(f"e{number}" for number in range(1_001)))

    assert len(baseline(state, ALICE, MODEL)) == 1_001

    events = [record.body for record in paper.records() if record.rev]
    assert [len(event.data["fingerprints"]) for event in events] == [500, 500, 1]  # type: ignore[union-attr]
    assert len(state.findings(status="baseline")) == 1_001


def test_reopening_takes_back_a_decision_and_closes_its_case(state: State, paper: Paper) -> None:
    run(state, paper, "a")
    accept(state, ALICE, fingerprint("a"), reason="known", until=TOMORROW)

    reopen(state, ALICE, fingerprint("a"), reason="the sandbox is gone")

    assert standing(state) == {"a": "open"}
    (case,) = state.cases()
    assert (case.status, case.closed_reason) == ("closed", "the sandbox is gone")
    with pytest.raises(UsageError, match="nothing was decided"):
        reopen(state, ALICE, fingerprint("a"))


def test_filters_narrow_and_the_worst_comes_first(state: State, paper: Paper) -> None:
    other = Asset("dataset", "rows")
    stamps = [Stamp(control=SCAN, asset=MODEL), Stamp(control="data.check@0", asset=other)]
    records = [
        stamps[0](finding("low", Severity.LOW)),
        stamps[0](finding("critical", Severity.CRITICAL)),
        stamps[1](finding("medium", Severity.MEDIUM, rule="rows.twice")),
    ]
    paper.append(records)
    state.observe(records)

    assert [known.finding.evidence for known in state.findings()] == ["critical", "medium", "low"]
    assert list(standing(state, at_least=Severity.MEDIUM)) == ["critical", "medium"]
    assert list(standing(state, rule="rows.twice")) == ["medium"]
    assert list(standing(state, asset=Asset("dataset", "rows", "sha256:" + "0" * 64))) == ["medium"]
    assert list(standing(state, control="artifacts.scan")) == ["critical", "low"]
    assert list(standing(state, limit=1)) == ["critical"]


def test_a_tenant_sees_only_its_own(state: State, paper: Paper) -> None:
    run(state, paper, "a", tenant="red")
    run(state, paper, "b", tenant="blue")

    assert standing(state, tenant="red") == {"a": "open"}
    assert standing(state, tenant="blue") == {"b": "open"}
    assert standing(state) == {}
    assert [row.thing for row in state.assets(tenant="red")] == ["model:churn"]
    assert state.assets() == []


def test_what_was_folded_out_of_order_stands_as_if_it_had_been_in_order(state: State, paper: Paper) -> None:
    seen, missed = look("a"), look()
    Paper(paper.folder, 1).append(missed)
    state.catch_up()
    paper.append(seen)
    state.catch_up()

    (known,) = state.findings()

    assert (known.status, known.last_at) == ("fixed", seen[0].at)


def test_a_risk_is_accepted_once_until_it_is_decided_anew(state: State, paper: Paper) -> None:
    run(state, paper, "a")
    accept(state, ALICE, fingerprint("a"), reason="known", until=TOMORROW)

    with pytest.raises(UsageError, match="accepted already"):
        accept(state, ALICE, fingerprint("a"), reason="again", until=TOMORROW)

    assert len(state.cases()) == 1
