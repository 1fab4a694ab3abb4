"""The verb `bartizan threats`."""

import sys

import msgspec
import pytest

from bartizan.catalog import load
from bartizan.cli.lazy import program


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["bartizan", "threats", *arguments])
    return program()


def test_the_list_shows_every_threat_on_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["threat", *load().by_slug]


def test_filters_are_those_of_the_catalog(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--stage", "operation", "--asset", "tool", "--framework", "llm03", "--format", "json")
    assert run(monkeypatch, *arguments) == 0
    shown = msgspec.json.decode(capsys.readouterr().out)
    expected = load().threats(stage="operation", asset_kind="tool", framework_id="LLM03:2025")
    assert [threat["slug"] for threat in shown] == [threat.slug for threat in expected] == ["tool-poisoning"]


def test_one_threat_is_shown_in_full(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "membership-inference") == 0
    shown = capsys.readouterr().out
    threat = load().threat("membership-inference")
    assert " ".join(shown.split()).count(threat.description) == 1
    assert "  ML04:2023  Membership Inference Attack\n" in shown
    assert all(f"  {entry}" in shown for entry in threat.ids)


def test_one_threat_as_json_names_each_id(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "jailbreak", "--format", "json") == 0
    shown = msgspec.json.decode(capsys.readouterr().out)
    assert shown["maps"]["owasp-llm"] == [{"id": "LLM01:2025", "name": "Prompt Injection"}]
    assert list(shown) == ["slug", "title", "description", "stages", "assets", "maps"]


def test_an_id_out_of_reach_is_answered_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--framework", "AML.T0079") == 0
    assert (
        capsys.readouterr().out == f"AML.T0079 Stage Capabilities is out of reach: {load().out_of_reach['AML.T0079']}\n"
    )


def test_a_filter_that_nothing_meets_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--asset", "teapot") == 0
    assert capsys.readouterr().out.startswith("no threat strikes 'teapot'; some strike agent, dataset, endpoint, ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["promt-injection"], "there is no threat 'promt-injection'. Did you mean prompt-injection?"),
        (["--stage", "trainign"], "there is no stage 'trainign'. Did you mean training?"),
        (["--framework", "LLM11"], "there is no framework id 'LLM11'"),
        (["jailbreak", "--stage", "operation"], "a SLUG names one threat already"),
    ],
)
def test_wrong_usage_is_said_in_a_line_and_exits_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(monkeypatch, *arguments) == 2
    assert said in capsys.readouterr().err
