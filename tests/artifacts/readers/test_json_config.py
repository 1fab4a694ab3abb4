"""JSON configurations: data is data, and the keys on which loaders act are told."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifacts import Held, Report, scan
from bartizan.artifacts.fact import FetchesUrl, Imports, ReadsPath, Spent, Structure
from tests.artifacts.readers.fuzzing import mutants, survives


def scanned(document: Any) -> Report:
    return scan(Held("config", json.dumps(document).encode()))


ORDINARY = [
    {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "_name_or_path": "/home/me/m"},
    {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}},
    {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30", "unet": ["diffusers", "UNet2D"]},
    {"base_model_name_or_path": "meta-llama/Llama-3", "peft_type": "LORA", "auto_mapping": None},
    [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}],
    {"model": {"vocab": {"a": 1}, "merges": [["a", "b"]], "type": "BPE"}, "target": "x", "type": "a.b"},
    {"_target_": "nemo.collections.asr.models.EncDecCTCModel", "optim": {"_target_": "torch.optim.Adam"}},
    {"learner": {"gradient_booster": {"model": {"trees": []}}}, "version": [2, 0, 0]},
    {"big": 10**4000, "float": 1e300, "nan": float("nan"), "text": "rm -rf / ; __import__('os')"},
    [], {},
]  # fmt: skip


@pytest.mark.parametrize("document", ORDINARY)
def test_ordinary_documents_do_nothing_but_make_parts_of_models(document: Any) -> None:
    report = scanned(document)
    assert (report.format, report.verdict, {fact.rule for fact in report.facts} - {"container"}) == (
        "json",
        "allow",
        set(),
    )


@pytest.mark.parametrize(
    ("document", "kind", "verdict"),
    [
        ({"auto_map": {"AutoModel": "modeling_x.X"}}, Imports, "warn"),
        ({"auto_map": {"AutoTokenizer": ["a.Slow", "a.Fast"]}}, Imports, "warn"),
        ({"custom_pipelines": {"x": {"impl": "p.Pipe", "pt": ["AutoModel"]}}}, Imports, "warn"),
        ({"trust_remote_code": True}, Imports, "warn"),
        ({"_name_or_path": "http://example.org/m"}, FetchesUrl, "warn"),
        ({"weight_map": {"a": "../../../secret/x"}}, ReadsPath, "block"),
        ({"auto_mapping": {"parent_library": "os", "base_model_class": "system"}}, Imports, "block"),
        ({"auto_mapping": {"parent_library": "transformers.models.x", "base_model_class": "X"}}, Imports, "allow"),
    ],
)
def test_keys_on_which_loaders_act(document: Any, kind: type, verdict: str) -> None:
    report = scanned(document)
    assert (report.verdict, {type(fact) for fact in report.facts}) == (verdict, {kind})


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        ("os.system", "block"), ("builtins.eval", "block"), ("subprocess.Popen", "block"), ("posix.system", "block"),
        ("torch.load", "block"), ("torch.hub.load", "block"), ("torch.serialization.os.system", "block"),
        ("transformers.utils.import_utils.subprocess.Popen", "block"), ("my.code.Model", "warn"),
        ("${model.loader}", "warn"), ("torch.nn.Linear", "allow"), ("pytorch_lightning.Trainer", "allow"),
        ("torch.utils.data.DataLoader", "allow"), ("sentence_transformers.models.Pooling", "allow"),
    ],
)  # fmt: skip
def test_a_target_goes_by_what_it_calls(target: str, verdict: str) -> None:
    assert scanned({"model": {"_target_": target, "_args_": ["id"]}}).verdict == verdict
    assert scanned({"model": [{"class_path": target, "init_args": {}}]}).verdict == verdict


def test_code_of_another_repository_is_fetched() -> None:
    facts = scanned({"auto_map": {"AutoModel": "evil/repo--modeling.X"}}).facts
    assert [type(fact) for fact in facts] == [FetchesUrl, Imports]


def test_a_key_that_is_there_twice_hides_nothing() -> None:
    report = scan(Held("c", b'{"a": {"_target_": "os.system", "_target_": "torch.nn.Linear"}}'))
    assert report.verdict == "block"
    assert Structure("duplicate", "the keys _target_ are there twice", where="$.a") in report.facts


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" + b"[]," * 40_000 + b"[" * 400 + b"]" * 401,
        b'{"a": "' + b"\\u005b" * 9 + b'"}',
    ],
)
def test_depth_is_decided_before_anything_is_built(data: bytes) -> None:
    begun = time.perf_counter()
    report = scan(Held("deep", data))
    assert time.perf_counter() - begun < 1
    bomb = any(isinstance(fact, Spent) and fact.rule == "bomb" for fact in report.facts)
    assert bomb == (data[:8] != b'{"a": "\\')


@pytest.mark.parametrize("data", [b'{"a": 1', b'{"a": 1}{"b": 2}', b'{"a": ' + b"9" * 5000 + b"}", b'{"a": "\xff"}'])
def test_what_no_loader_reads_is_broken(data: bytes) -> None:
    report = scan(Held("broken", data))
    assert [(fact.rule, type(fact)) for fact in report.facts] == [("broken", Structure)]


def test_code_behind_json_is_seen() -> None:
    assert scan(Held("x", b"[1, 2]\nimport os\nos.system('id')\n")).verdict == "block"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(["auto_map", "_target_"]), inner)
    ),
    max_leaves=12,
)


@given(document=st.dictionaries(st.text(), JSON))
def test_any_document_is_read(document: Any) -> None:
    report = scanned(document)
    assert report.format.startswith("json")
    assert not any(isinstance(fact, Structure) and fact.rule == "broken" for fact in report.facts)


@given(data=mutants(json.dumps(ORDINARY).encode()))
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)


def test_each_line_of_a_data_set_is_a_document() -> None:
    lines = [b'{"text": "one"}', b"", b'{"text": "two"}', b'["three"]']
    assert (scan(Held("x", b"\n".join(lines))).verdict, scan(Held("x", lines[0])).verdict) == ("allow", "allow")
    acting = json.dumps({"auto_map": {"AutoModel": "other/repo--code.Net"}}).encode()
    report = scan(Held("x", b"\n".join([*lines, acting])))
    assert report.facts == scan(Held("x", acting)).facts != ()
    assert scan(Held("x", lines[0] + b"\n{torn")).facts[-1].rule == "broken"
