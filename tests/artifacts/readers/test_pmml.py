"""PMML and other XML: entities, includes and scripts, found without an XML parser."""

import time

import pytest
from hypothesis import given

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.fact import Spent
from tests.artifacts.readers.fuzzing import mutants, survives

SOUND = """<?xml version="1.0" encoding="UTF-8"?>
<PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4"><Header><Application name="x"/></Header>
<DataDictionary><DataField name="a" optype="continuous" dataType="double"/></DataDictionary>
<RegressionModel functionName="regression"><Extension name="author">words</Extension></RegressionModel></PMML>
"""
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def scanned(text: str, encoding: str = "utf-8") -> Report:
    return scan(Held("model.pmml", text.encode(encoding)))


def with_prolog(prolog: str) -> str:
    return SOUND.replace("\n<PMML", f"\n{prolog}\n<PMML")


def test_a_model_is_allowed() -> None:
    report = scanned(SOUND)
    assert (report.format, report.verdict, report.facts) == ("xml", "allow", ())


@pytest.mark.parametrize(
    ("prolog", "verdict"),
    [
        ('<!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "block"),
        ('<!DOCTYPE PMML [<!ENTITY x SYSTEM "http://example.org/x">]>', "block"),
        ('<!DOCTYPE PMML [<!ENTITY % x PUBLIC "a" "http://example.org/x"> %x;]>', "block"),
        ('<!DOCTYPE PMML SYSTEM "http://example.org/x.dtd">', "block"),
        ('<!DOCTYPE PMML [<!ENTITY x "words">]>', "warn"),
        ('<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">', "allow"),
    ],
)
def test_entities_are_what_they_fetch(prolog: str, verdict: str) -> None:
    assert scanned(with_prolog(prolog)).verdict == verdict
    assert scanned(with_prolog(prolog), "utf-16").verdict == verdict


def test_a_billion_laughs_are_a_bomb_and_decided_at_once() -> None:
    begun = time.perf_counter()
    report = scanned(with_prolog(f'<!DOCTYPE PMML [<!ENTITY l0 "ha">{LAUGHS}]>'))
    assert time.perf_counter() - begun < 1
    assert isinstance(report.facts[0], Spent)
    assert report.verdict == "block"


@pytest.mark.parametrize(
    ("inside", "verdict"),
    [
        ('<xi:include href="file:///etc/passwd"/>', "block"), ('<xi:include href="../../x"/>', "block"),
        ("<script>alert(1)</script>", "warn"), ("<Extension name='x'>java.lang.Runtime</Extension>", "warn"),
    ],
)  # fmt: skip
def test_includes_and_scripts_are_told(inside: str, verdict: str) -> None:
    assert scanned(SOUND.replace("</Header>", f"</Header>{inside}")).verdict == verdict


@given(data=mutants(with_prolog('<!DOCTYPE PMML [<!ENTITY x SYSTEM "a">]>').encode()))
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)
