"""The catalog that Bartizan ships: complete, and in our own words."""

import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.catalog import STAGES, load
from bartizan.catalog.framework import OutOfReach
from bartizan.catalog.rules import faults

CATALOG = load()
FRAMEWORKS = list(CATALOG.frameworks.values())
THREATS = list(CATALOG.by_slug.values())
ENTRIES = [(framework.slug, entry) for framework in FRAMEWORKS for entry in framework.entries]

SIZES = {
    "atlas": (16, 170),
    "eu-ai-act": (0, 20),
    "iso-42001": (19, 65),
    "nist-ai-rmf": (19, 72),
    "nist-aml": (5, 25),
    "owasp-agentic": (0, 10),
    "owasp-llm": (0, 10),
    "owasp-ml": (0, 10),
}

# What no threat answers for, framework by framework. A change here is a change of what Bartizan covers.
UNUSED = {
    "atlas": 15,
    "iso-42001": 17,
    "nist-ai-rmf": 18,
}


def test_every_framework_is_there_with_all_its_ids() -> None:
    sizes = {framework.slug: (len(framework.headings), len(framework.entries)) for framework in FRAMEWORKS}
    assert sizes == SIZES


def test_every_atlas_technique_is_under_a_threat_or_out_of_reach_with_a_reason() -> None:
    techniques = set(CATALOG.frameworks["atlas"].entries)
    placed = {entry for threat in THREATS for entry in threat.maps.get("atlas", ())}
    out_of_reach = {entry for entry in CATALOG.out_of_reach if entry.startswith("AML.")}
    assert placed | out_of_reach == techniques
    assert not placed & out_of_reach
    assert all(len(CATALOG.out_of_reach[entry]) > 20 for entry in out_of_reach)


def test_every_sub_technique_has_its_technique() -> None:
    techniques = CATALOG.frameworks["atlas"].entries
    assert [entry for entry in techniques if entry.count(".") == 2 and entry.rpartition(".")[0] not in techniques] == []
    assert sum(entry.count(".") == 2 for entry in techniques) == 69


@pytest.mark.parametrize("slug", ["owasp-llm", "owasp-agentic", "owasp-ml", "nist-aml", "eu-ai-act"])
def test_every_id_of_a_small_framework_is_under_a_threat(slug: str) -> None:
    placed = {entry for threat in THREATS for entry in threat.maps.get(slug, ())}
    assert set(CATALOG.frameworks[slug].entries) <= placed


def test_what_no_threat_answers_for_is_counted() -> None:
    unused = {
        framework.slug: sum(entry in CATALOG.out_of_reach for entry in framework.entries) for framework in FRAMEWORKS
    }
    assert {slug: count for slug, count in unused.items() if count} == UNUSED


def test_every_stage_and_every_asset_kind_is_struck_by_some_threat() -> None:
    assert {stage for threat in THREATS for stage in threat.stages} == set(STAGES)
    assert {kind for threat in THREATS for kind in threat.assets} == set(CATALOG.asset_kinds)


def test_every_threat_says_in_a_short_paragraph_what_happens_and_what_it_costs() -> None:
    too_short_or_long = [threat.slug for threat in THREATS if not 120 <= len(threat.description) <= 420]
    assert too_short_or_long == []
    assert [threat.slug for threat in THREATS if not threat.description.endswith(".")] == []


def test_no_two_threats_share_a_title_or_a_description() -> None:
    assert len({threat.title for threat in THREATS}) == len(THREATS) == 51
    assert len({threat.description for threat in THREATS}) == len(THREATS)


@given(st.sampled_from(ENTRIES))
def test_an_id_that_is_taken_out_everywhere_is_missed(missing: tuple[str, str]) -> None:
    slug, entry = missing
    assert [(fault.what, fault.where) for fault in _faults_without(slug, entry)] == [
        ("the id stands under no threat and is not out of reach", entry)
    ]


def _faults_without(slug: str, entry: str) -> list[msgspec.Struct]:
    """The faults of the shipped catalog with one id neither placed nor out of reach."""
    groups = {
        framework.slug: [
            OutOfReach("Elsewhere.", tuple(e for e in framework.entries if e in CATALOG.out_of_reach and e != entry))
        ]
        for framework in FRAMEWORKS
    }
    threats = [
        msgspec.structs.replace(
            threat,
            maps={framework: tuple(e for e in ids if e != entry) for framework, ids in threat.maps.items()},
        )
        for threat in THREATS
    ]
    return list(faults(FRAMEWORKS, threats, groups, CATALOG.asset_kinds))


def test_importing_the_catalog_reads_no_file_and_the_command_line_imports_no_catalog() -> None:
    script = (
        "import sys, bartizan.cli\n"
        "from bartizan.cli.lazy import bartizan\n"
        "bartizan.list_commands(None)\n"
        "assert 'bartizan.catalog' not in sys.modules\n"
        "sys.addaudithook(lambda event, args: event == 'open' and str(args[0]).endswith('.toml') and sys.exit(9))\n"
        "import bartizan.catalog\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
