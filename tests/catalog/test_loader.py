"""What a catalog must keep to be loaded: each rule, broken once."""

from pathlib import Path

import pytest

from bartizan.catalog import STAGES, BrokenCatalog, load
from tests.catalog.small import write

MORE_THREATS = '[one]\ntitle = "Again"\ndescription = "D."\nstages = ["training"]\nassets = ["model"]\n\n[two]\n'

BROKEN: dict[str, tuple[dict[str, tuple[str, str]], str]] = {
    "an unknown id": ({"operation": ('"A1.1"', '"A1.1", "A9"')}, "alpha has no id A9 (one)"),
    "an id of another framework": ({"training": ("maps.beta", "maps.alpha")}, "alpha has no id B1 (two)"),
    "an unknown framework": ({"training": ("maps.beta", "maps.gamma")}, "there is no framework gamma (two)"),
    "an id in two frameworks": ({"beta": ('"B1" = "Only"', '"B1" = "Only"\n"A1.1" = "x"')}, "given twice (A1.1)"),
    "an id that is entry and heading": ({"alpha": ('"A1" = "Group one"', '"A1.1" = "x"')}, "given twice (A1.1)"),
    "an id twice in a framework": ({"beta": ('"B1" = "Only"', '"B1" = "Only"\n"B1" = "x"')}, "cannot be read"),
    "an id twice under a threat": ({"training": ('["B1"]', '["B1", "B1"]')}, "the threat names B1 twice (two)"),
    "a slug twice": ({"training": ("[two]\n", MORE_THREATS)}, "the slug is given to two threats (one)"),
    "a slug twice in a file": ({"training": ("[two]\n", "[two]\n[two]\n")}, "cannot be read"),
    "a slug with capitals": ({"training": ("[two]", "[Two]")}, "matching regex"),
    "a threat without a stage": ({"training": ('["training"]', "[]")}, "the threat has no stages (two)"),
    "a threat with no stages at all": ({"training": ('stages = ["training"]\n', "")}, "`stages`"),
    "an unknown stage": ({"training": ('["training"]', '["retirement"]')}, "Invalid enum value 'retirement'"),
    "a stage twice": ({"training": ('["training"]', '["training", "training"]')}, "names training twice (two)"),
    "a threat without assets": ({"training": ('["model", "endpoint"]', "[]")}, "the threat has no assets (two)"),
    "an unknown asset kind": ({"training": ('"endpoint"', '"endpiont"')}, "no asset kind is called endpiont (two)"),
    "a blank description": ({"training": ("Somebody does another thing.", " ")}, "the threat has no description (two)"),
    "a blank title": ({"training": ('"Two"', '""')}, "the threat has no title (two)"),
    "an unknown field": ({"training": ("title =", "severity = 3\ntitle =")}, "unknown field `severity`"),
    "a threat that is no table": ({"training": ("[two]", "x = 1\n[two]")}, "x is no table"),
    "an id placed nowhere": ({"out_of_reach": ('"A1.2"', "")}, "under no threat and is not out of reach (A1.2)"),
    "an id placed and out of reach": ({"out_of_reach": ('"A1.2"', '"A1.2", "A1.1"')}, "is out of reach (A1.1)"),
    "an unknown id out of reach": ({"out_of_reach": ('"A1.2"', '"A1.2", "A9"')}, "alpha has no id A9 (out of reach)"),
    "an unknown framework out of reach": ({"out_of_reach": ("[[alpha]]", "[[gamma]]")}, "no framework gamma"),
    "an id out of reach twice": ({"out_of_reach": ('"A1.2"', '"A1.2", "A1.2"')}, "out of reach twice (A1.2)"),
    "no reason": ({"out_of_reach": ("It happens elsewhere.", " ")}, "for a reason of one line (A1.2)"),
    "a reason of two lines": ({"out_of_reach": ("happens ", "happens\\n")}, "for a reason of one line (A1.2)"),
    "text that is no TOML": ({"alpha": ("[entries]", "[entries")}, "cannot be read"),
}


@pytest.mark.parametrize(("changes", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_catalog_with_one_broken_rule_is_refused(
    tmp_path: Path, changes: dict[str, tuple[str, str]], said: str
) -> None:
    with pytest.raises(BrokenCatalog) as refused:
        load(write(tmp_path, **changes))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_sound_catalog_is_loaded_in_the_order_of_the_life_cycle(tmp_path: Path) -> None:
    catalog = load(write(tmp_path))
    assert list(catalog.by_slug) == ["two", "one"]
    assert list(catalog.frameworks) == ["alpha", "beta"]
    assert catalog.threat("one").description == "Somebody does one thing. It costs a lot."
    assert catalog.out_of_reach == {"A1.2": "It happens elsewhere."}
    assert catalog.asset_kinds == {"model": "A trained model", "endpoint": "Where it answers"}


def test_an_id_may_stand_under_several_threats(tmp_path: Path) -> None:
    assert [threat.slug for threat in load(write(tmp_path)).where("B1")] == ["two", "one"]


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (write(tmp_path) / "asset-kinds.toml").unlink()
    with pytest.raises(BrokenCatalog, match=r"asset-kinds\.toml"):
        load(tmp_path)


def test_the_number_of_further_faults_is_said(tmp_path: Path) -> None:
    with pytest.raises(BrokenCatalog) as refused:
        load(write(tmp_path, out_of_reach=('"A1.2"', '"A9", "A8"')))
    assert refused.value.todo == "2 more besides"


def test_each_file_of_threats_holds_those_that_begin_at_its_stage() -> None:
    import tomllib
    from importlib.resources import files

    found = {
        file.name.removesuffix(".toml"): {table["stages"][0] for table in tomllib.loads(file.read_text()).values()}
        for file in (files("bartizan.catalog") / "data" / "threats").iterdir()
    }
    assert found == {stage: {stage} for stage in STAGES}
