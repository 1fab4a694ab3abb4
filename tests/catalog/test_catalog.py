"""Looking things up in a catalog."""

from pathlib import Path

import pytest

from bartizan.catalog import Catalog, UnknownName, load
from tests.catalog.small import write


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return load(write(tmp_path))


def slugs(catalog: Catalog, **filters: str) -> list[str]:
    return [threat.slug for threat in catalog.threats(**filters)]


def test_filters_narrow_each_other(catalog: Catalog) -> None:
    assert slugs(catalog) == ["two", "one"]
    assert slugs(catalog, stage="training") == ["two", "one"]
    assert slugs(catalog, stage="operation") == ["one"]
    assert slugs(catalog, asset_kind="endpoint") == ["two"]
    assert slugs(catalog, framework_id="B1", asset_kind="endpoint") == ["two"]
    assert slugs(catalog, framework_id="A1.1", asset_kind="endpoint") == []


def test_an_asset_kind_of_an_outside_package_matches_no_threat(catalog: Catalog) -> None:
    assert slugs(catalog, asset_kind="quantum-annealer") == []


def test_an_id_answers_for_what_is_below_it(catalog: Catalog) -> None:
    assert [threat.slug for threat in catalog.where("A1")] == ["one"]
    assert [threat.slug for threat in catalog.where("A1.2")] == []


@pytest.mark.parametrize("written", ["A2:2025", "a2:2025", "A2", "a2"])
def test_an_id_is_found_in_any_case_and_without_its_year(catalog: Catalog, written: str) -> None:
    assert catalog.full_id(written) == "A2:2025"
    assert [threat.slug for threat in catalog.where(written)] == ["one"]


def test_what_is_unknown_is_refused_with_the_nearest_name(catalog: Catalog) -> None:
    with pytest.raises(UnknownName, match=r"there is no threat 'tow'\. Did you mean two\?"):
        catalog.threat("tow")
    with pytest.raises(UnknownName, match=r"there is no stage 'operatoin'\. Did you mean operation\?"):
        catalog.threats(stage="operatoin")
    with pytest.raises(UnknownName, match=r"there is no framework id 'A1\.11'\. Did you mean A1\.1\?"):
        catalog.where("A1.11")
    with pytest.raises(UnknownName, match=r"'zzz'\. bartizan threats lists them all"):
        catalog.threat("zzz")


def test_a_catalog_cannot_be_changed(catalog: Catalog) -> None:
    with pytest.raises(TypeError):
        catalog.by_slug["three"] = catalog.threat("one")  # type: ignore[index]
    with pytest.raises(AttributeError):
        catalog.threat("one").title = "Other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        catalog.frameworks = {}  # type: ignore[misc]
