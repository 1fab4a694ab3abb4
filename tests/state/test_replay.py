"""Replay: whatever happened, the ledger alone gives the same views, and nothing planted in it stops the fold."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bartizan.kernel import Asset, Event, Finding, Record, Severity, Stamp, encode
from bartizan.state import AssetRegistered, KeyAdded, State, StateAhead, StateError, accept
from bartizan.state.database import connect
from bartizan.state.replay import MAX_REPORTED, sealed
from tests.state.conftest import dump
from tests.state.paper import Paper, Wax
from tests.state.scenes import ALICE, MODEL, SCAN, fingerprint, look, run, standing

Open = Callable[[], State]
TOMORROW = datetime.now(UTC) + timedelta(days=1)
REGISTER = AssetRegistered(asset="model:churn", owner="person:bob").event()
KEY = KeyAdded(key="k1", name="ci", digest="a" * 64).event()


def live(state: State, paper: Paper) -> None:
    """A little of everything."""
    run(state, paper, "a", "b")
    state.change(ALICE, REGISTER, KEY)
    accept(state, ALICE, fingerprint("a"), reason="known", until=TOMORROW)
    run(state, paper, "a")


def refusals(state: State) -> list[str]:
    return sorted(known.finding.message for known in state.findings(rule="state.refused"))


def test_rebuild_gives_the_same_views(url: str, state: State, paper: Paper) -> None:
    live(state, paper)
    before = dump(url)

    replay = state.rebuild()

    assert dump(url) == before
    assert (replay.records, replay.facts, replay.changes, replay.rev, replay.refused) == (8, 5, 3, 3, ())


def test_a_new_database_learns_everything_from_the_ledger(tmp_path, state: State, paper: Paper, wax: Wax, url) -> None:
    live(state, paper)
    other = f"sqlite:///{tmp_path / 'other.db'}"

    with State.on(connect(other), paper, wax) as second:
        assert second.rev == 3

    assert dump(other) == dump(url)


def test_a_crash_between_append_and_commit_is_made_good_at_open(
    opened: Open, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = opened()

    def die_after_append(records: list[Record]) -> None:
        Paper(paper.folder).append(records)
        raise KeyboardInterrupt

    monkeypatch.setattr(paper, "append", die_after_append)
    with pytest.raises(KeyboardInterrupt):
        state.change(ALICE, REGISTER)
    monkeypatch.undo()
    assert state.rev == 0

    assert opened().rev == 1
    assert [row.owner for row in state.assets()] == ["person:bob"]


def test_a_crash_of_another_process_does_not_make_two_changes_of_one_number(
    opened: Open, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing, living = opened(), opened()

    def die_after_append(records: list[Record]) -> None:
        Paper(paper.folder).append(records)
        raise KeyboardInterrupt

    monkeypatch.setattr(paper, "append", die_after_append)
    with pytest.raises(KeyboardInterrupt):
        crashing.change(ALICE, REGISTER)
    monkeypatch.undo()

    (record,) = living.change(ALICE, KEY)

    assert record.rev == 2
    assert [row.owner for row in living.assets()] == ["person:bob"]


def test_a_failed_append_changes_nothing(state: State, paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(records: list[Record]) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(paper, "append", full)
    with pytest.raises(OSError, match="No space"):
        state.change(ALICE, REGISTER)
    monkeypatch.undo()

    assert (state.rev, state.assets(), paper.records()) == (0, [], [])
    assert state.change(ALICE, REGISTER)[0].rev == 1


def test_a_change_that_the_ledger_does_not_keep_is_not_made(
    state: State, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "append", lambda records: None)  # as a ledger does that goes on when its disk is full
    with pytest.raises(StateError, match="did not keep the change"):
        state.change(ALICE, REGISTER)
    monkeypatch.undo()

    assert (state.rev, state.assets()) == (0, [])


def test_an_older_state_catches_up(opened: Open, url: str, paper: Paper, wax: Wax) -> None:
    state = opened()
    live(state, paper)
    expected = dump(url)
    database = state._database
    with database.writing() as session:  # as a backup of the state from before anything happened would be
        for table in (*expected, "progress"):
            session.run(f"DELETE FROM {table}")

    reopened = opened()

    assert reopened.rev == 3
    assert dump(url) == expected


@pytest.mark.parametrize("kept", [0, 1, 4, 5, 7])
def test_a_ledger_restored_from_an_older_backup_is_noticed(opened: Open, paper: Paper, url: str, kept: int) -> None:
    live(opened(), paper)
    opened()
    file = paper.folder / "0.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:kept]))

    with pytest.raises(StateAhead, match="bartizan ledger rebuild") as refused:
        opened()
    assert "\n" not in str(refused.value)


def test_a_last_change_that_the_ledger_lost_is_noticed(opened: Open, paper: Paper) -> None:
    state = opened()
    run(state, paper, "a")
    state.change(ALICE, REGISTER)
    file = paper.folder / "0.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))

    with pytest.raises(StateAhead, match="line 2 of slot 0 is gone"):
        opened()


def test_a_ledger_that_went_another_way_is_noticed(opened: Open, paper: Paper) -> None:
    state = opened()
    run(state, paper, "a")
    file = paper.folder / "0.jsonl"
    file.write_bytes(b"")
    run_elsewhere = look("b", "c", "d")
    paper.append(run_elsewhere)

    with pytest.raises(StateAhead, match="not the one that was read before"):
        opened()


def test_a_rebuild_follows_the_older_ledger(opened: Open, url: str, paper: Paper, wax: Wax) -> None:
    live(opened(), paper)
    file = paper.folder / "0.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:4]))

    with State.on(connect(url), paper, wax, rebuild=True) as state:
        assert state.rev == 1
        assert standing(state) == {"a": "open", "b": "open"}
        assert state.keys() == []
        assert state.change(ALICE, KEY)[0].rev == 2


def poison(wax: Wax) -> dict[str, tuple[bytes, str]]:
    """Lines that must be skipped, each with what is said about it."""
    stamp = Stamp(control=SCAN, asset=MODEL)
    change = ALICE(KEY, rev=9)
    fact = look("p")[0]
    replace = msgspec.structs.replace
    finished = Event("control.finished", {"findings": 0, "fingerprints": [1]})
    return {
        "unsealed": (encode(change), "without a seal"),
        "forged": (encode(sealed(change, Wax(b"another ring"))), "seal is wrong"),
        "altered": (encode(replace(sealed(change, wax), tenant="red")), "seal is wrong"),
        "unnumbered": (encode(ALICE(KEY)), "without a seal"),
        "unnumbered but sealed": (encode(sealed(ALICE(KEY), wax)), "no numbered change"),
        "numbered fact": (encode(replace(fact, rev=3)), "without a seal"),
        "sealed fact": (encode(sealed(replace(fact, rev=3), wax)), "no numbered change"),
        "sealed nonsense": (encode(sealed(ALICE(Event("key.added", {"key": 1}), rev=9), wax)), "do not fit"),
        "sealed stranger": (encode(sealed(ALICE(Event("moon.landed"), rev=9), wax)), "no event named moon.landed"),
        "newer": (b'{"v":2,"id":"x","much":"more"}', "has version 2"),
        "garbage": (b"\xff\xfe{", "no record"),
        "no asset": (encode(replace(fact, asset="nothing")), "asset cannot be read"),
        "no id": (msgspec.json.encode(replace(fact, id="zzz")), "no UUID"),
        "NUL in the tenant": (encode(replace(fact, tenant="a\0b")), "NUL"),
        "NUL in the control": (encode(replace(fact, control="a\0b")), "NUL"),
        "huge tenant": (encode(replace(fact, tenant="t" * 5_000)), "more than 2,400 bytes"),
        "huge fingerprint": (encode(stamp(replace(fact.body, fingerprint="f" * 3_000))), "more than 2,400 bytes"),
        "time without a zone": (msgspec.json.encode(replace(fact, at=datetime(2026, 1, 1))), "timezone"),
        "lying look": (encode(stamp(finished)), "no list of texts"),
        "uncounted look": (encode(stamp(Event("control.finished", {"fingerprints": []}))), "counts None"),
        "shortened look": (encode(stamp(Event("control.finished", {"findings": 5, "fingerprints": []}))), "counts 5"),
    }


@pytest.mark.parametrize("name", list(poison(Wax())))
def test_one_poisonous_record_is_skipped_and_reported_once(
    opened: Open, url: str, paper: Paper, wax: Wax, name: str
) -> None:
    line, said = poison(wax)[name]
    state = opened()
    run(state, paper, "a")
    paper.write(line)
    state.change(ALICE, REGISTER)
    run(state, paper, "a", "b")

    for _ in range(2):
        (message,) = refusals(state)
        assert said in message
        assert standing(state, rule="pickle.reduce") == {"a": "open", "b": "open"}
        assert (state.rev, state.keys(), state.findings(tenant="red")) == (1, [], [])
        assert state.rebuild().rev == 1

    assert opened().rev == 1
    (known,) = state.findings(rule="state.refused")
    assert (known.count, known.asset, known.finding.severity) == (1, "ledger:local", Severity.HIGH)
    assert len([record for record in paper.records() if "state.refused" in str(record)]) == 1


def test_a_flood_of_planted_records_is_reported_in_brief(state: State, paper: Paper) -> None:
    paper.append([ALICE(KEY, rev=number) for number in range(1, 1_001)])
    state.catch_up()
    state.catch_up()

    assert len(refusals(state)) == MAX_REPORTED + 1
    assert "900 more records were refused" in refusals(state)
    assert (state.rev, state.keys()) == (0, [])


def test_a_planted_copy_of_a_sealed_change_changes_nothing(state: State, paper: Paper) -> None:
    (first,) = state.change(ALICE, AssetRegistered(asset="model:a", owner="person:old").event())
    state.change(ALICE, AssetRegistered(asset="model:a", owner="person:new").event())
    paper.append([first])

    state.catch_up()
    assert [row.owner for row in state.assets()] == ["person:new"]
    state.rebuild()
    assert [row.owner for row in state.assets()] == ["person:new"]
    assert state.rev == 2


def test_records_that_the_views_do_not_show_are_passed_over(state: State, paper: Paper) -> None:
    stamp = Stamp(asset=Asset("endpoint", "chat"))
    paper.append([stamp(Event("exchange.seen", {"n": number})) for number in range(10)])

    replay = state.catch_up()

    assert (replay.records, replay.facts, replay.changes) == (10, 0, 0)
    assert state.assets() == []


def test_a_finding_about_nothing_in_particular_is_kept(state: State, paper: Paper) -> None:
    record = Stamp()(Finding(rule="policy.broken", severity=Severity.HIGH, message="m"))
    paper.append([record])
    state.observe([record])

    (known,) = state.findings()
    assert (known.asset, known.control, known.status) == ("", "", "open")


def test_two_slots_are_followed_side_by_side(state: State, paper: Paper, url: str) -> None:
    other = Paper(paper.folder, 1)
    for text in ("a", "b", "c"):
        run(state, paper, text, asset=Asset("model", text))
        records = look(text, asset=Asset("dataset", text))
        other.append(records)
        state.observe(records)
    before = dump(url)

    assert len(state.findings()) == 6
    state.rebuild()
    assert dump(url) == before
