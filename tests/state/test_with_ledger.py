"""The state on the real ledger and vault: processes at once, deaths in the middle, lost and planted lines."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.kernel import Event, Stamp, encode
from bartizan.ledger import Ledger, LedgerOptions, LedgerTampered, Vault
from bartizan.ledger.merkle import leaf_hash, root_of
from bartizan.ledger.recover import head_claim
from bartizan.ledger.segment import HeadLine, segments
from bartizan.state import AssetRegistered, State, StateAhead
from tests.state.conftest import dump
from tests.state.scenes import ALICE, MODEL, SCAN, look, standing


class Home:
    """An installation in a folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.vault = Vault.open(folder / "vault")
        self.ledger = Ledger(folder / "ledger", self.vault)

    def open(self, **how: bool) -> State:
        return State.open(self.url, ledger=self.ledger, vault=self.vault, **how)

    def changer(self, name: str, count: int, *die: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.state.changer", self.url, str(self.folder), name, str(count), *die]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def home(tmp_path: Path, url: str) -> Iterator[Home]:
    made = Home(tmp_path, url)
    yield made
    made.ledger.close()


def register(state: State, name: str) -> int:
    (record,) = state.change(ALICE, AssetRegistered(asset=f"model:{name}").event())
    assert record.rev is not None
    return record.rev


def test_the_state_lives_on_the_ledger_and_is_made_again_from_it(home: Home) -> None:
    with home.open() as state:
        for evidence in (["a", "b"], ["b"]):
            records = look(*evidence)
            home.ledger.append(records)
            state.observe(records)
        assert register(state, "one") == 1
        assert standing(state) == {"a": "fixed", "b": "open"}
        state.catch_up()
        lived = dump(home.url)

    with home.open(rebuild=True) as state:
        assert dump(home.url) == lived
        assert register(state, "two") == 2


def test_two_processes_changing_at_once_take_each_number_once(home: Home) -> None:
    changers = [home.changer(name, 15) for name in ("left", "right")]
    revs = [int(line) for changer in changers for line in changer.communicate(timeout=120)[0].split()]

    assert [changer.returncode for changer in changers] == [0, 0]
    assert sorted(revs) == list(range(1, 31))
    with home.open() as state:
        assert state.rev == 30
        assert len(state.assets()) == 30
        lived = dump(home.url)
        assert state.rebuild().refused == ()
        assert dump(home.url) == lived


def test_a_process_killed_between_append_and_commit_loses_nothing(home: Home) -> None:
    with home.open() as living:
        killed = home.changer("killed", 3, "die")
        said, _ = killed.communicate(timeout=120)
        assert (said, killed.returncode) == ("", -signal.SIGKILL)
        assert living.rev == 0

        assert register(living, "living") == 2

        assert [row.thing for row in living.assets()] == ["model:killed-0", "model:living"]


def test_killed_processes_lose_no_acknowledged_change(home: Home) -> None:
    for round_ in range(3):
        changer = home.changer(f"r{round_}", 10_000)
        assert changer.stdout is not None
        acknowledged = [int(next(changer.stdout)) for _ in range(5)]
        changer.kill()
        acknowledged += [int(line) for line in changer.stdout if line.endswith("\n")]
        changer.wait()
        changer.stdout.close()

        with home.open() as state:
            assert state.rev >= acknowledged[-1]
            assert len(state.assets()) == state.rev
            assert {f"model:r{round_}-{number}" for number in range(len(acknowledged))} <= {
                row.thing for row in state.assets()
            }


def test_a_restored_older_ledger_is_noticed_and_followed_on_request(home: Home) -> None:
    with home.open() as state:
        register(state, "kept")
        shutil.copytree(home.folder / "ledger", home.folder / "backup")
        register(state, "lost")
    shutil.rmtree(home.folder / "ledger")
    (home.folder / "backup").rename(home.folder / "ledger")

    with pytest.raises(StateAhead, match="bartizan ledger rebuild"):
        home.open()
    with home.open(rebuild=True) as state:
        assert [row.thing for row in state.assets()] == ["model:kept"]
        assert state.rev == 1


def test_what_retention_took_is_no_alarm_until_the_state_would_have_needed_it(home: Home) -> None:
    small = LedgerOptions(segment_bytes=1)
    with Ledger(home.folder / "ledger", home.vault, small) as ledger:
        with State.open(home.url, ledger=ledger, vault=home.vault) as state:
            register(state, "one")
            register(state, "two")
        for segment in segments(home.folder / "ledger" / "0")[:-1]:
            segment.path.unlink()
        with State.open(home.url, ledger=ledger, vault=home.vault) as state:
            assert register(state, "three") == 3
            assert state.findings() == []

        with State.open(home.url, ledger=ledger, vault=home.vault, rebuild=True) as state:
            (refused,) = state.opening.refused
            assert "without 2 records that the ledger no longer holds" in refused.message
            assert [row.thing for row in state.assets()] == ["model:three"]


def commit(home: Home, line: bytes, *, sealed: bool) -> None:
    """One more commit in the open segment, as a later version would write it, or somebody without the vault."""
    (segment,) = segments(home.folder / "ledger" / "0")
    lines = [line for line in segment.path.read_bytes().splitlines() if not line.startswith(b'{"head":')] + [line]
    root = root_of([leaf_hash(line) for line in lines])
    seal = home.vault.seal(head_claim(home.vault.origin("0"), len(lines), root)) if sealed else "0" * 64
    with segment.path.open("ab") as file:
        file.write(line + b"\n" + HeadLine(len(lines), root, seal).line() + b"\n")


FIXED = Event("control.finished", {"findings": 0, "fingerprints": []})


def test_facts_that_were_planted_are_not_believed(home: Home) -> None:
    with home.open() as state:
        home.ledger.append(look("a"))
        state.catch_up()
        assert standing(state) == {"a": "open"}
    home.ledger.close()
    commit(home, encode(Stamp(control=SCAN, asset=MODEL)(FIXED)), sealed=False)

    for rebuild in (False, True):
        ledger = Ledger(home.folder / "ledger", home.vault)
        with ledger, State.open(home.url, ledger=ledger, vault=home.vault, rebuild=rebuild) as state:
            assert standing(state) == {"a": "open"}
    # The next writer cuts it, says so, and the state goes on.
    ledger = Ledger(home.folder / "ledger", home.vault)
    with ledger, State.open(home.url, ledger=ledger, vault=home.vault) as state:
        assert register(state, "after") == 1
        assert standing(state) == {"a": "open"}


def test_planted_facts_that_others_follow_are_refused(home: Home) -> None:
    home.ledger.append(look("a"))
    home.ledger.close()
    for _ in range(2):
        commit(home, encode(Stamp(control=SCAN, asset=MODEL)(FIXED)), sealed=False)

    ledger = Ledger(home.folder / "ledger", home.vault)
    with ledger, pytest.raises(LedgerTampered, match="not written by this installation"):
        State.open(home.url, ledger=ledger, vault=home.vault)


def test_facts_in_a_planted_slot_are_not_believed(home: Home) -> None:
    home.ledger.append(look("a"))
    home.ledger.close()
    other = Ledger(home.folder / "other", Vault.open(home.folder / "other-vault"))
    with other:
        other.append([Stamp(control=SCAN, asset=MODEL)(FIXED)])
    (home.folder / "other" / "0").rename(home.folder / "ledger" / "1")

    ledger = Ledger(home.folder / "ledger", home.vault)
    with ledger, State.open(home.url, ledger=ledger, vault=home.vault) as state:
        assert standing(state) == {"a": "open"}


def test_a_line_of_a_later_version_is_skipped_and_reported(home: Home) -> None:
    with home.open() as state:
        register(state, "before")
    commit(home, b'{"v":7,"id":"x"}', sealed=True)
    # The writer of this slot would notice; another process takes the next one.
    second = Ledger(home.folder / "ledger", home.vault)
    with second, State.open(home.url, ledger=second, vault=home.vault) as state:
        assert register(state, "after") == 2
        (known,) = state.findings(rule="state.refused")
        assert "has version 7" in known.finding.message
        assert len(state.assets()) == 3


def test_a_tail_that_was_read_in_part_is_read_again(home: Home) -> None:
    records = [record for number in range(40) for record in look(str(number))]
    home.ledger.append(records)
    from bartizan.state.tail import Tail

    tail = Tail(home.ledger)
    part = tail.tail({})
    assert [next(part).index for _ in range(5)] == [0, 1, 2, 3, 4]
    part.close()

    assert [line.index for line in tail.tail({0: 4})] == list(range(4, 80))
    assert [line.index for line in tail.tail({0: 79})] == [79]
    home.ledger.append(look("more"))
    assert [line.index for line in tail.tail({0: 79})] == [79, 80, 81]
    assert [line.index for line in tail.tail({0: 10})] == list(range(10, 82))
