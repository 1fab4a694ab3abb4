import functools
import io
import json
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from referencing import Registry, Resource
from spdx_python_model import v3_0_1

from bartizan.artifacts.bom import File, Model, cyclonedx, describe, spdx
from bartizan.artifacts.oms import KeySigner, TrustedKey, sign, verify
from bartizan.artifacts.report import Report
from bartizan.artifacts.scan import scan, walk
from bartizan.artifacts.scanned import model_files
from bartizan.kernel import BartizanError

SCHEMAS = Path(__file__).parents[4] / "shared/data/schemas"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)

CARD = """---
license: apache-2.0
pipeline_tag: text-classification
library_name: transformers
language: [en, 'de']
datasets:
- imdb
- "sst2"
base_model:
  - org/base
model-index:
- name: nested
  results: []
---
# A model
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    header = json.dumps({"w": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}}).encode()
    made = tmp_path / "sentiment"
    (made / "sub").mkdir(parents=True)
    (made / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(48))
    (made / "README.md").write_text(CARD)
    (made / "config.json").write_text(json.dumps({"model_type": "bert", "architectures": ["BertForSequence"]}))
    (made / "sub/notes.txt").write_text("plain words")
    return made


def described(folder: Path) -> Model:
    return describe(folder, {path.relative_to(folder).as_posix(): scan(path) for path in walk(folder)})


def test_a_model_is_described_by_its_files_and_its_card(folder: Path) -> None:
    model = described(folder)
    assert [file.path for file in model.files] == ["README.md", "config.json", "model.safetensors", "sub/notes.txt"]
    assert (model.name, model.licences, model.task, model.library) == (
        "sentiment", ("Apache-2.0",), "text-classification", "transformers",
    )  # fmt: skip
    assert (model.family, model.architecture, model.parameters) == ("bert", "BertForSequence", 12)
    assert (model.datasets, model.base_models, model.languages) == (("imdb", "sst2"), ("org/base",), ("en", "de"))


def test_the_root_changes_with_any_file(folder: Path) -> None:
    before = described(folder).root
    (folder / "sub/notes.txt").write_text("other words")
    assert described(folder).root != before


@pytest.mark.parametrize(
    "card", ["", "---\nlicense\n---\n", "---\n" + "a: [" * 9000, "---\n\x00: \x01\n---\n", "---\nlicense: [\n---\n"]
)
def test_a_malformed_card_claims_nothing(folder: Path, card: str) -> None:
    (folder / "README.md").write_text(card)
    (folder / "config.json").write_text("[" * 100_000)
    model = described(folder)
    assert (model.datasets, model.family, len(model.files)) == ((), "", 4)


def test_a_licence_of_its_own_keeps_its_name(folder: Path) -> None:
    (folder / "README.md").write_text("---\nlicense: other\nlicense_name: llama 3 community\n---\n")
    assert described(folder).licences == ("llama 3 community",)


def test_a_file_that_was_not_read_whole_cannot_be_listed(folder: Path) -> None:
    partial = Report(path="a", format="gguf", verdict="allow", size=1, unverified=True, facts=())
    with pytest.raises(BartizanError, match="no digest"):
        describe(folder, {"a": partial})


WORDS = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=20)
MODELS = st.builds(
    Model,
    name=WORDS,
    files=st.lists(
        st.builds(File, WORDS, st.just("ab" * 32), st.integers(0, 2**50), st.just("gguf"), st.just("allow")),
        min_size=1,
        max_size=3,
        unique_by=lambda file: file.path,
    ).map(tuple),
    licences=st.lists(st.sampled_from(["MIT", "Apache-2.0", "llama 3"]), max_size=2, unique=True).map(tuple),
    task=st.just("") | WORDS,
    family=st.just("") | WORDS,
    architecture=st.just("") | WORDS,
    datasets=st.lists(WORDS, max_size=2, unique=True).map(tuple),
    base_models=st.lists(WORDS, max_size=2, unique=True).map(tuple),
    languages=st.lists(WORDS, max_size=2).map(tuple),
    parameters=st.none() | st.integers(0, 2**60),
)


@functools.cache
def validator(version: str) -> Any:
    registry: Registry = Registry()
    for name in ("spdx", "jsf-0.82", "cryptography-defs"):
        schema = json.loads((SCHEMAS / f"cyclonedx-{name}.schema.json").read_bytes())
        address = f"http://cyclonedx.org/schema/{name}.schema.json"
        registry = registry.with_resource(address, Resource.from_contents(schema))
    schema = json.loads((SCHEMAS / f"cyclonedx-bom-{version}.schema.json").read_bytes())
    return jsonschema.Draft7Validator(schema, registry=registry)


@pytest.mark.skipif(not SCHEMAS.exists(), reason="the official schemas are not here")
@pytest.mark.parametrize("version", ["1.6", "1.7"])
@given(model=MODELS)
def test_a_cyclonedx_document_is_valid_by_the_official_schema(version: Any, model: Model) -> None:
    document = cyclonedx(model, at=NOW, tool_version="0.1.0", version=version)
    validator(version).validate(document)
    assert document["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": model.root}]


@given(MODELS)
def test_an_spdx_document_is_valid_by_the_model_of_the_standard(model: Model) -> None:
    document = spdx(model, at=NOW, tool_version="0.1.0")
    objects = v3_0_1.SHACLObjectSet()
    v3_0_1.JSONLDDeserializer().deserialize_data(document, objects)
    assert not objects.link()
    (package,) = objects.foreach_type(v3_0_1.ai_AIPackage)
    assert package.name == model.name
    assert len(list(objects.foreach_type(v3_0_1.software_File))) == len(model.files)
    v3_0_1.JSONLDSerializer().write(objects, io.BytesIO())  # raises where a required property is missing


def test_equal_models_have_equal_documents(folder: Path) -> None:
    one, other = described(folder), described(folder)
    assert cyclonedx(one, at=NOW, tool_version="1") == cyclonedx(other, at=NOW, tool_version="1")
    assert spdx(one, at=NOW, tool_version="1") == spdx(other, at=NOW, tool_version="1")


def test_the_bom_and_the_signature_speak_of_one_digest(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git/config").write_text("not part of the model")
    key = ec.generate_private_key(ec.SECP256R1())
    signed = verify(folder, sign(folder, KeySigner(key)), TrustedKey(key.public_key()))
    listed = describe(folder, {name: scan(path) for name, path in model_files(folder).items()})
    assert listed.root == signed.root
