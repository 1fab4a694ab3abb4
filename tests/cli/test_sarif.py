"""SARIF: valid against the schema of OASIS whatever the findings say, and complete in what it says."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from bartizan.cli.sarif import Found, sarif
from bartizan.kernel import Finding, Place, Severity
from tests.kernel.strategies import ASSETS, FINDINGS, TEXTS

SCHEMA = Path(__file__).parents[3] / "shared" / "data" / "schemas" / "sarif-2.1.0.schema.json"
STATUSES = ["open", "fixed", "accepted", "baseline"]
FOUND = st.builds(
    Found, finding=FINDINGS, asset=st.just("") | ASSETS.map(str), status=st.sampled_from(STATUSES), reason=TEXTS
)


@cache
def schema() -> Draft7Validator:
    if not SCHEMA.exists():
        pytest.skip(f"the schema file {SCHEMA.name} is missing")
    document = json.loads(SCHEMA.read_bytes())
    Draft7Validator.check_schema(document)
    return Draft7Validator(document, format_checker=Draft7Validator.FORMAT_CHECKER)


def result_of(found: Found) -> dict[str, Any]:
    (result,) = sarif([found], {}, "1.2.3")["runs"][0]["results"]
    return dict(result)


@given(st.lists(FOUND, max_size=4), st.booleans())
@settings(max_examples=60)
def test_any_findings_make_a_valid_log(findings: list[Found], complete: bool) -> None:
    log = sarif(findings, {}, "1.2.3", complete=complete)

    faults = [f"{list(error.absolute_path)}: {error.message}" for error in schema().iter_errors(log)]

    assert faults == []
    assert len(log["runs"][0]["results"]) == len(findings)
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in log["runs"][0]["results"]] == [
        found.finding.rule for found in findings
    ]


def test_the_schema_refuses_what_is_no_log() -> None:
    assert not schema().is_valid({"version": "2.1.0"})


def test_a_finding_in_a_file_is_said_whole() -> None:
    finding = Finding(
        "pickle.reduce",
        Severity.CRITICAL,
        "It runs os.system",
        place=Place(path="models/a b.pkl", start=10, end=14),
        threats=("supply-chain",),
        fix="Convert it to safetensors",
        fingerprint="feed",
    )
    log = sarif([Found(finding=finding, asset="model-file:a b")], {"pickle.reduce": "Code in a pickle"}, "1.2.3")

    assert log["runs"] == [
        {
            "tool": {
                "driver": {
                    "name": "Bartizan",
                    "version": "1.2.3",
                    "rules": [
                        {
                            "id": "pickle.reduce",
                            "shortDescription": {"text": "Code in a pickle"},
                            "defaultConfiguration": {"level": "error"},
                            "properties": {"tags": ["security"], "security-severity": "9.5"},
                        }
                    ],
                }
            },
            "invocations": [{"executionSuccessful": True}],
            "results": [
                {
                    "ruleId": "pickle.reduce",
                    "ruleIndex": 0,
                    "level": "error",
                    "message": {"text": "It runs os.system"},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "models/a%20b.pkl"},
                                "region": {"byteOffset": 10, "byteLength": 4},
                            },
                            "logicalLocations": [{"fullyQualifiedName": "model-file:a b"}],
                        }
                    ],
                    "properties": {
                        "severity": "critical",
                        "confidence": "high",
                        "status": "open",
                        "asset": "model-file:a b",
                        "threats": ["supply-chain"],
                        "fix": "Convert it to safetensors",
                    },
                    "fingerprints": {"bartizan/v1": "feed"},
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a/b.pkl", "a/b.pkl"),
        ("/srv/a.pkl", "file:///srv/a.pkl"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("//evil.example/a", "evil.example/a"),
        ("a?b#c%d", "a%3Fb%23c%25d"),
        ("é", "%C3%A9"),
    ],
)
def test_a_path_is_never_taken_for_another_scheme_or_host(path: str, uri: str) -> None:
    finding = Finding("r", Severity.LOW, "m", place=Place(path=path))

    assert result_of(Found(finding=finding))["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_decisions_show_as_suppressions_and_what_is_fixed_passes() -> None:
    finding = Finding("r", Severity.MEDIUM, "m")

    opened, accepted, known, fixed = (
        result_of(Found(finding=finding, status=status, reason="sandboxed"))  # type: ignore[arg-type]
        for status in ("open", "accepted", "baseline", "fixed")
    )

    assert "suppressions" not in opened
    assert accepted["suppressions"] == known["suppressions"]
    assert accepted["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "sandboxed"}]
    assert (opened["level"], fixed["level"], fixed["kind"]) == ("warning", "none", "pass")


def test_a_line_inside_an_archive_is_no_region_of_the_archive() -> None:
    finding = Finding("r", Severity.LOW, "m", place=Place(path="a.zip", member="b.py", line=3))

    (location,) = result_of(Found(finding=finding, asset="file:a"))["locations"]

    assert location == {
        "physicalLocation": {"artifactLocation": {"uri": "a.zip"}},
        "logicalLocations": [{"fullyQualifiedName": "file:a!b.py"}],
    }


def test_an_incomplete_look_says_so() -> None:
    assert sarif([], {}, "1", complete=False)["runs"][0]["invocations"] == [{"executionSuccessful": False}]
