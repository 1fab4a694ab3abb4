from pathlib import Path

import pytest

from bartizan.kernel import Asset, BartizanError, Event, Finding, Policy, Severity, Stamp
from bartizan.ledger import read, verify
from bartizan.policy import Principal, Request, Resource, default
from bartizan.runner import Installed, Keep, Settings
from bartizan.runner.canary import canary
from bartizan.state import PolicyPut

ADMIN = Principal("Person", "ann", ("admin",))
QUESTION = Request(ADMIN, "administer", Resource(Asset("service", "console")), {"what": "records"})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def put_policy(keep: Keep, text: str) -> None:
    policy = Policy(text, "test.cedar")
    change = PolicyPut(digest=policy.digest, text=policy.text, source=policy.source)
    keep.state.change(Stamp(actor="person:ann"), change.event())
    keep._looked = 0.0


def test_an_installation_is_made_once_and_found_again(settings: Settings) -> None:
    with Keep.open(settings) as keep:
        keep.append([Stamp()(Event("made"))])
        first = keep.vault.id
    with Keep.open(settings) as keep:
        assert keep.vault.id == first
        assert "made" in [record.body.name for _, record in read(keep.ledger.folder)]
    assert verify(settings.data / "ledger", keep.vault).sound


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_data_folder_that_others_can_write_to_is_refused(settings: Settings, mode: int) -> None:
    settings.data.mkdir()
    settings.data.chmod(mode)
    with pytest.raises(BartizanError, match=r"others may write to data .*chmod go-w"):
        Keep.open(settings)
    assert list(settings.data.iterdir()) == []


def test_what_is_found_shows_in_the_state(settings: Settings) -> None:
    with Keep.open(settings) as keep:
        keep.append([Stamp(asset=Asset("door", "front"))(Finding("door.open", Severity.LOW, "the door is open"))])
        assert [one.finding.rule for one in keep.state.findings()] == ["door.open"]


def test_looking_records_what_the_controls_yield(settings: Settings) -> None:
    with Keep.open(settings) as keep:
        records = keep.look([canary], Installed(canary), actor="person:ann")
        kept = [record for _, record in read(keep.ledger.folder)]
        assert [record.id for record in records] == [record.id for record in kept]


def test_the_policy_put_last_decides(settings: Settings) -> None:
    with Keep.open(settings) as keep:
        assert keep.policy.decide(QUESTION).allowed
        put_policy(keep, '@id("nobody") forbid(principal, action == Action::"administer", resource);')
        assert not keep.policy.decide(QUESTION).allowed
    with Keep.open(settings) as keep:
        assert not keep.policy.decide(QUESTION).allowed


def test_a_broken_policy_is_recorded_once_and_the_last_good_one_stays(settings: Settings) -> None:
    with Keep.open(settings) as keep:
        put_policy(keep, "this is no policy")
        for _ in range(3):
            keep._looked = 0.0
            assert keep.policy.policy.digest == default().digest
        assert keep.policy.decide(QUESTION).allowed
        rules = [record.body.rule for _, record in read(keep.ledger.folder) if isinstance(record.body, Finding)]
        assert rules == ["policy.broken"]


def test_a_data_folder_that_cannot_be_made_is_a_one_line_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BartizanError, match="data folder cannot be made"):
        Keep.open(Settings(data=tmp_path / "file" / "data"))
