"""The verbs over the state: findings, assets, cases and the rebuild, on a real installation."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from bartizan.cli.lazy import COULD_NOT_LOOK, FOUND, WRONG_USAGE, program
from bartizan.cli.ledger_rebuild import command as rebuild
from bartizan.kernel import Asset, Severity, Stamp, UsageError
from bartizan.ledger import Ledger, Vault
from bartizan.runner.settings import Settings
from bartizan.state import AssetLinked, AssetRegistered, CaseOpened, State, StateAhead
from tests.cli.test_sarif import schema
from tests.state.scenes import ALICE, SCAN, finding, fingerprint, look

Verb = Callable[..., tuple[int, str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation that has seen two models."""
    folder = tmp_path / "data"
    with opened(folder) as (ledger, state):
        odd = Stamp(control=SCAN, asset=Asset("model", "odd"))(finding("\x1b[2Jodd", Severity.LOW, rule="name.odd"))
        ledger.append([*look("a", "b"), odd])
        state.catch_up()
        state.change(
            ALICE,
            AssetRegistered(asset="model:churn", owner="person:bob", attributes={"tier": "gold"}).event(),
            AssetLinked(parent="dataset:raw", child="dataset:clean").event(),
            AssetLinked(parent="dataset:clean", child="model:churn", relation="trained-on").event(),
            AssetLinked(parent="model:churn", child="agent:desk", relation="serves").event(),
        )
    return folder


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Ledger, State]]:
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = Settings(data=folder)
    vault = Vault.open(folder / "vault")
    with (
        Ledger(folder / "ledger", vault) as ledger,
        State.open(settings.state_url, ledger=ledger, vault=vault) as state,
    ):
        yield ledger, state


@pytest.fixture
def verb(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verb:
    """Runs `bartizan` on the installation; its exit code and what it printed."""

    def run(name: str, *arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("BARTIZAN_DATA", str(data))
        monkeypatch.setattr(sys, "argv", ["bartizan", name, *arguments])
        code = program()
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_open_findings_are_listed_worst_first_with_exit_code_1(verb: Verb) -> None:
    code, said = verb("findings")

    assert code == FOUND
    lines = said.splitlines()
    assert lines[0].split() == ["finding", "severity", "status", "rule", "asset", "place", "message", "seen"]
    assert [line.split()[1] for line in lines[1:]] == ["high", "high", "low"]
    assert "\x1b[2J" not in said
    assert "\\x1b[2Jodd" in said


@pytest.mark.parametrize(
    ("filters", "rules"),
    [
        (["--severity", "high"], ["pickle.reduce", "pickle.reduce"]),
        (["--rule", "name.odd"], ["name.odd"]),
        (["--asset", "model:odd"], ["name.odd"]),
        (["--limit", "1"], ["pickle.reduce"]),
        (["--status", "accepted"], []),
        (["--status", "all"], ["pickle.reduce", "pickle.reduce", "name.odd"]),
    ],
)
def test_findings_are_filtered(verb: Verb, filters: list[str], rules: list[str]) -> None:
    code, said = verb("findings", "list", *filters, "--format", "json")

    shown = msgspec.json.decode(said.partition("\nthere are more")[0])
    assert [known["finding"]["rule"] for known in shown] == rules
    assert code == (FOUND if rules else 0)
    assert ("there are more than 1" in said) is ("--limit" in filters)


def test_a_list_that_may_leave_open_findings_out_says_so(verb: Verb) -> None:
    for short in ("a", "b"):
        verb("findings", "accept", fingerprint(short), "--reason", "sandboxed", "--until", "2999-01-01")
    assert verb("findings", "list", "--status", "all", "--limit", "1")[0] == COULD_NOT_LOOK
    assert verb("findings", "list", "--status", "all", "--limit", "2")[0] == FOUND
    assert verb("findings", "list", "--status", "accepted")[0] == 0


def test_findings_come_out_as_valid_sarif(verb: Verb) -> None:
    code, said = verb("findings", "list", "--format", "sarif")

    log = msgspec.json.decode(said)
    assert code == FOUND
    assert list(schema().iter_errors(log)) == []
    assert len(log["runs"][0]["results"]) == 3


def test_a_finding_is_shown_by_the_beginning_of_its_fingerprint(verb: Verb) -> None:
    code, said = verb("findings", "show", fingerprint("a")[:8])

    assert code == FOUND
    assert f"finding     {fingerprint('a')}\nstatus      open\n" in said
    assert "seen        once, 20" in said
    assert verb("findings", "show", "zzz") == (
        WRONG_USAGE,
        "bartizan: no finding begins with this fingerprint (zzz). bartizan findings list\n",
    )


def test_a_finding_is_accepted_and_reopened(verb: Verb) -> None:
    short = fingerprint("a")[:8]
    code, said = verb("findings", "accept", short, "--reason", "sandboxed", "--until", "2999-01-01")
    assert (code, said.split()[1:5]) == (0, ["is", "accepted", "until", "2999-01-01;"])
    assert "decision    accepted until 2999-01-01 by person:" in verb("findings", "show", short)[1]
    assert verb("findings", "show", short)[0] == 0
    assert "risk-acceptance" in verb("cases")[1]

    assert verb("findings", "reopen", short, "--reason", "no sandbox")[0] == 0

    assert verb("findings", "show", short)[0] == FOUND
    assert verb("cases") == (0, "no cases\n")
    assert "closed" in verb("cases", "list", "--status", "all")[1]


def test_accepting_needs_a_reason_and_a_day_ahead(verb: Verb) -> None:
    short = fingerprint("a")[:8]

    assert verb("findings", "accept", short, "--until", "2999-01-01")[0] == WRONG_USAGE
    assert verb("findings", "accept", short, "--reason", "r")[0] == WRONG_USAGE
    code, said = verb("findings", "accept", short, "--reason", "r", "--until", "2020-01-01")
    assert (code, said) == (
        WRONG_USAGE,
        "bartizan: 2020-01-01 has begun already. Name a later day (UTC) with --until\n",
    )


def test_a_baseline_leaves_only_what_is_new(verb: Verb) -> None:
    assert verb("findings", "baseline", "model:churn") == (0, "2 findings of model:churn are now known\n")

    code, said = verb("findings", "list", "--asset", "model:churn")

    assert (code, said) == (0, "no findings\n")
    assert verb("findings", "list", "--status", "baseline")[1].count("pickle.reduce") == 2


def test_assets_are_listed_and_one_is_shown_with_its_lineage(verb: Verb) -> None:
    code, said = verb("assets", "list", "--kind", "model")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()] == ["asset", "model:churn", "model:odd"]

    code, said = verb("assets", "show", "model:churn")

    assert code == 0
    assert said.splitlines() == [
        "model:churn",
        "  content    not known",
        "  owner      person:bob",
        "  tier       gold",
        "  findings   2 open",
        "",
        "made from:",
        "  dataset:clean (trained-on)",
        "    dataset:raw (made-from)",
        "",
        "used for:",
        "  agent:desk (serves)",
    ]
    assert verb("assets", "show", "model:nowhere")[0] == WRONG_USAGE


def test_an_asset_as_json_holds_both_directions_of_its_lineage(verb: Verb) -> None:
    shown = msgspec.json.decode(verb("assets", "show", "dataset:clean", "--format", "json")[1])

    assert shown["asset"] is None
    assert [step["link"]["parent_thing"] for step in shown["ancestors"]] == ["dataset:raw"]
    assert [(step["distance"], step["link"]["child_thing"]) for step in shown["descendants"]] == [
        (1, "model:churn"),
        (2, "agent:desk"),
    ]


def test_a_case_is_shown_and_closed_once(verb: Verb, data: Path) -> None:
    with opened(data) as (_, state):
        state.change(ALICE, CaseOpened(case="c1", case_kind="incident", title="Odd logins").event())

    assert "title     Odd logins\n" in verb("cases", "show", "c1")[1]
    assert verb("cases", "close", "c1", "--reason", "a drill") == (0, "c1 is closed\n")
    assert verb("cases", "close", "c1", "--reason", "a drill")[0] == WRONG_USAGE
    assert verb("cases", "show", "c2")[0] == WRONG_USAGE
    assert msgspec.json.decode(verb("cases", "list", "--status", "closed", "--format", "json")[1])[0]["id"] == "c1"


def test_rebuild_says_what_it_read(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = rebuild.main(["--data", str(data)], standalone_mode=False)

    assert code == 0
    assert "4 changes, the last one number 4, and 4 facts" in capsys.readouterr().out


def test_rebuild_leaves_a_planted_change_out_and_says_so(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(data) as (ledger, _):
        ledger.append([ALICE(AssetRegistered(asset="model:planted").event(), rev=5)])

    code = rebuild.main(["--data", str(data)], standalone_mode=False)

    assert code == FOUND
    assert "without a seal" in capsys.readouterr().out
    with opened(data) as (_, state):
        assert state.asset(Asset("model", "planted")) is None


def test_rebuild_follows_an_older_ledger(data: Path) -> None:
    shutil.copytree(data / "ledger", data / "backup")
    with opened(data) as (_, state):
        state.change(ALICE, AssetRegistered(asset="model:lost").event())
    shutil.rmtree(data / "ledger")
    (data / "backup").rename(data / "ledger")

    def look_in() -> None:
        with opened(data):
            pass

    with pytest.raises(StateAhead):
        look_in()
    assert rebuild.main(["--data", str(data)], standalone_mode=False) == 0
    with opened(data) as (_, state):
        assert state.rev == 4


def test_rebuild_without_a_ledger_leaves_the_state_alone(data: Path) -> None:
    (data / "ledger").rename(data / "elsewhere")

    with pytest.raises(UsageError, match="there is no ledger"):
        rebuild.main(["--data", str(data)], standalone_mode=False)


def test_a_state_that_cannot_be_read_is_one_line_and_exit_code_3(verb: Verb, data: Path) -> None:
    for path in data.glob("state.db*"):
        path.write_bytes(b"not a database " * 100)

    code, said = verb("findings")

    assert code == COULD_NOT_LOOK
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("verb_and_options", "asks"),
    [
        (["findings", "--severity", "high", "--rule", "pickle.reduce"], ["findings", "list", "--severity", "high"]),
        (["findings", "--format", "json"], ["findings", "list", "--format", "json"]),
        (["cases", "--status", "all"], ["cases", "list", "--status", "all"]),
        (["assets", "--kind", "model"], ["assets", "list", "--kind", "model"]),
        (["keys", "--all"], ["keys", "list", "--all"]),
        (["controls", "--format", "json"], ["controls", "list", "--format", "json"]),
    ],
)
def test_a_group_takes_the_options_of_its_list(verb: Verb, verb_and_options: list[str], asks: list[str]) -> None:
    assert verb(*verb_and_options) == verb(*asks)
    assert verb(verb_and_options[0], "--help")[1].startswith(f"Usage: bartizan {asks[0]} [OPTIONS] COMMAND")


@pytest.mark.parametrize(
    "asked",
    [
        "findings",
        "findings show ab",
        "findings accept ab --reason r --until 2999-01-01",
        "findings baseline model:m",
        "cases",
        "cases close c --reason r",
        "assets",
        "assets show model:m",
        "keys",
        "keys revoke k",
        "ledger verify",
        "ledger query select",
        "ledger tail",
        "ledger rebuild",
        "ledger checkpoint",
        "ledger rotate-root",
        "policy replay rules.cedar",
    ],
)
def test_what_asks_an_installation_that_is_not_there_says_so_and_makes_none(
    verb: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.cedar").touch()
    code, said = verb(*asked.split(), "--data", str(tmp_path / "tpyo"))

    assert code == WRONG_USAGE
    assert said.startswith("bartizan: there is no ")
    assert "bartizan up makes one; --data names another folder" in said
    assert not (tmp_path / "tpyo").exists()


def test_where_there_is_no_installation_the_built_in_policy_is_shown(verb: Verb, tmp_path: Path) -> None:
    code, said = verb("policy", "show", "--data", str(tmp_path / "none"))

    assert (code, '@id("tenants-stay-apart")' in said) == (0, True)
    assert not (tmp_path / "none").exists()


def test_a_mistyped_asset_is_no_baseline(verb: Verb) -> None:
    code, said = verb("findings", "baseline", "model:chrun")
    assert (code, said) == (
        WRONG_USAGE,
        "bartizan: there is no such asset (model:chrun). bartizan assets list shows them all\n",
    )
    assert verb("findings", "baseline", "model:odd")[1] == "1 finding of model:odd is now known\n"


def test_a_limit_beyond_what_the_state_counts_is_wrong_usage(verb: Verb) -> None:
    code, said = verb("findings", "--limit", "9" * 20)
    assert (code, "is not in the range" in said) == (WRONG_USAGE, True)


def test_a_case_is_named_by_any_beginning_of_its_id(verb: Verb) -> None:
    for name in ("a", "b"):
        verb("findings", "accept", fingerprint(name)[:8], "--reason", "r", "--until", "2999-01-01")
    first, second = (row["id"] for row in msgspec.json.decode(verb("cases", "--format", "json")[1]))
    assert verb("cases", "show", first)[1].splitlines()[0] == f"case      {first}"
    assert verb("cases", "close", second[:-1], "--reason", "done") == (0, f"{second} is closed\n")
    assert verb("cases", "show", "case-")[0] == WRONG_USAGE
    assert "more than one case begins like this (case-)" in verb("cases", "show", "case-")[1]
    assert verb("cases", "show", "")[0] == WRONG_USAGE


def test_the_title_of_an_acceptance_names_the_asset_without_its_digest(verb: Verb, data: Path) -> None:
    asset = Asset("model-file", "m.pkl", "sha256:" + "ab" * 32)
    with opened(data) as (ledger, state):
        ledger.append([Stamp(control=SCAN, asset=asset)(finding("c", Severity.HIGH))])
        state.catch_up()
    [known] = msgspec.json.decode(verb("findings", "--asset", "model-file:m.pkl", "--format", "json")[1])
    verb("findings", "accept", known["fingerprint"], "--reason", "r", "--until", "2999-01-01")
    [case] = msgspec.json.decode(verb("cases", "--format", "json")[1])
    assert case["title"].endswith(" on model-file:m.pkl")
