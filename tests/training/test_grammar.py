"""Seed files: what is wrong is named by file and line, the same seed gives the same samples, shipped ones are whole."""

from pathlib import Path

import pytest

from training.guard.grammar import (
    ATTACKS,
    BENIGN,
    SEEDS,
    GrammarError,
    Sample,
    family,
    load,
    main,
    paths,
    samples,
    twins,
)

HEADER = "kind: jailbreak\nstage: user, retrieved\n"
SHIPPED = paths(SEEDS)


def write(root: Path, name: str, content: str) -> Path:
    path = root / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_file_becomes_a_family_with_the_languages_common_fillers(tmp_path: Path) -> None:
    write(tmp_path, "common/en", "@pet\ncat\n")
    path = write(
        tmp_path, "attack/en/one", f"# why\n{HEADER}\n@verb\nfeed\npet\n@@\n{{verb}} the {{pet}}\n# no\nleave\n"
    )
    one = family(path, tmp_path)
    assert (one.id, one.kind, one.stages, one.fillers) == ("attack/en/one", "jailbreak", ("user", "retrieved"), 2)
    assert [seed.line for seed in one.seeds] == [9, 11]
    found = list(one.samples(10, seed=1))
    assert {sample.text for sample in found} == {"feed the cat", "pet the cat", "leave"}
    assert {sample.seed_id for sample in found} == {"attack/en/one:9", "attack/en/one:11"}


def test_fillers_of_no_language_serve_every_language_until_it_has_its_own(tmp_path: Path) -> None:
    write(tmp_path, "common/any", "@n\n1\n@pet\nPPP\n")
    write(tmp_path, "common/de", "@pet\nKatze {n}\n")
    path = write(tmp_path, "attack/de/one", f"{HEADER}@@\n{{pet}}, {{n}}\n")
    assert [sample.text for sample in family(path, tmp_path).samples(1, seed=0)] == ["Katze 1, 1"]


def test_fillers_of_the_file_come_before_common_ones(tmp_path: Path) -> None:
    write(tmp_path, "common/en", "@pet\ncat\n@owner\nthe {pet}'s owner\n")
    path = write(tmp_path, "attack/en/one", f"{HEADER}@pet\ndog\n@@\n{{owner}}\n")
    assert [sample.text for sample in family(path, tmp_path).samples(3, seed=0)] == ["the dog's owner"]


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (f"{HEADER}@@\n{{pet}}\n", ":4", "the slot {pet} has no fillers"),
        (f"{HEADER}@a\n{{b}}\n@b\nx {{a}}\n@@\n{{a}}\n", ":8", "the slot {a} is filled with itself"),
        (f"{HEADER}@@\nfine\n[INST] go\n", ":5", "has one option"),
        (f"{HEADER}@@\nfine\nfine\n", ":5", "stands already in line 4"),
        (f"{HEADER}@a\nx\n@a\ny\n@@\n{{a}}\n", ":5", "@a begins twice"),
        (f"{HEADER}@a\n@@\n{{a}}\n", "", "@a has no filler"),
        (f"{HEADER}@a b\n@@\nx\n", ":3", "begins no list"),
        ("kind: jailbreak\ntext before the seeds\n@@\nx\n", ":2", "a header line says"),
        ("kind: benign\nstage: user\n@@\nx\n", "", "kind 'benign' does not belong into attack/"),
        ("kind: jailbreak\nstage: users\n@@\nx\n", "", "'users' is no stage"),
        (f"{HEADER}@a\nx\n", "", "there is no seed"),
    ],
)
def test_fault_is_named_with_its_file_and_line(tmp_path: Path, content: str, line: str, said: str) -> None:
    path = write(tmp_path, "attack/en/one", content)
    with pytest.raises(GrammarError) as caught:
        family(path, tmp_path)
    assert caught.value.where == f"{path}{line}"
    assert said in caught.value.what


def test_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "attack/en/one", "")
    path.write_bytes(b"kind: jailbreak\n\xff")
    with pytest.raises(GrammarError, match="cannot be read"):
        family(path, tmp_path)


def test_common_file_stands_on_its_own(tmp_path: Path) -> None:
    write(tmp_path, "common/en", "@pet\n{colour} cat\n")
    path = write(tmp_path, "attack/en/one", f"{HEADER}@colour\nred\n@@\n{{pet}}\n")
    with pytest.raises(GrammarError, match=r"\{colour\} has no fillers"):
        family(path, tmp_path)


def test_same_seed_line_as_attack_and_as_benign_is_told(tmp_path: Path) -> None:
    first = write(tmp_path, "attack/en/one", f"{HEADER}@@\ngo on\n")
    second = write(tmp_path, "benign/en/two", "kind: benign\nstage: user\n@@\nstop\ngo on\n")
    write(tmp_path, "attack/de/one", f"{HEADER}@@\ngo on\n")
    [twin] = twins(tmp_path)
    assert (twin.where, twin.what) == (f"{second}:5", f"the seed stands already in {first}:4")


def test_samples_depend_on_the_seed_alone(tmp_path: Path) -> None:
    seeds = "\n".join(f"say {word} [one|two|three] times {{n}}" for word in ("a", "b", "c", "d"))
    write(tmp_path, "attack/en/one", f"{HEADER}@n\n1\n2\n3\n4\n@@\n{seeds}\n")
    write(tmp_path, "attack/en/two", f"{HEADER}@@\nonly\n")

    def texts(seed: int) -> list[Sample]:
        return list(samples(load(tmp_path), 20, seed))

    assert texts(7) == texts(7)
    assert texts(7) != texts(8)
    assert len({sample.text for sample in texts(7)}) == len(texts(7)) == 21


def test_seeds_take_turns(tmp_path: Path) -> None:
    path = write(tmp_path, "attack/en/one", f"{HEADER}@@\n" + "".join(f"{n} [a|b|c|d|e|f]\n" for n in range(5)))
    one = family(path, tmp_path)
    assert len({sample.seed_id for sample in one.samples(5, seed=3)}) == 5


def test_program_names_every_faulty_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "attack/en/one", f"{HEADER}@@\n{{x}}\n")
    write(tmp_path, "attack/en/two", f"{HEADER}@@\nok\n")
    write(tmp_path, "benign/en/three", "kind: benign\nstage: user\n@@\n[x]\n")
    assert main(["--root", str(tmp_path), "--stats"]) == 1
    printed = capsys.readouterr().out
    assert "one.txt:4" in printed
    assert "three.txt:4" in printed
    assert "two.txt" not in printed


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(SEEDS)))
def test_shipped_family_expands_whole(path: Path) -> None:
    one = family(path)
    found = list(one.samples(2 * len(one.seeds), seed=0))
    assert len({sample.seed_id for sample in found}) == len(one.seeds)
    for sample in found:
        assert sample.kind in ATTACKS | {BENIGN}
        assert sample.stage in one.stages
        assert sample.text.strip()


def test_no_shipped_seed_stands_twice() -> None:
    assert [str(twin) for twin in twins()] == []


def test_every_kind_of_attack_ships_in_english() -> None:
    kinds = {one.kind for one in load(parts=("attack",)) if one.language == "en"}
    assert kinds == ATTACKS
