import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifacts.admit.listed import listed
from bartizan.kernel import HostileInput
from tests.artifacts.admit.scenes import bom, make

ROOT = "ab" * 32
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
FIELDS = ["metadata", "component", "hashes", "licenses", "license", "@graph", "rootElement", "verifiedUsing", "type"]


def cyclonedx(**component: Any) -> bytes:
    hashes = [{"alg": "SHA-256", "content": ROOT}]
    return json.dumps({"bomFormat": "CycloneDX", "metadata": {"component": {"hashes": hashes} | component}}).encode()


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_our_own_documents_name_the_model_and_its_licences(tmp_path: Path, form: str) -> None:
    model = make(tmp_path)
    found = listed(bom(model.path, form))
    assert (found.root, found.licences) == (model.root, ("Apache-2.0",))


def test_licences_come_by_id_by_name_and_by_expression() -> None:
    said = [{"license": {"id": "MIT"}}, {"license": {"name": "Our own"}}, {"expression": "MIT OR Apache-2.0"}]
    assert listed(cyclonedx(licenses=said)).licences == ("MIT", "MIT OR Apache-2.0", "Our own")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"no json", "no JSON"),
        (b"[]", "no bill of materials"),
        (cyclonedx(hashes=[]), "0 SHA-256 digests"),
        (cyclonedx(hashes=[{"alg": "SHA-256", "content": ROOT}, {"alg": "SHA-256", "content": "00"}]), "2 SHA-256"),
        (cyclonedx(licenses=[{"license": {"name": "\ud800"}}]), "no bill of materials"),
        (cyclonedx(licenses=[{"license": {"name": "L" * 300}}]), "at most"),
        (b'{"bomFormat": "CycloneDX", "bomFormat": "x"}', "twice"),
        (b'{"@graph": [{"type": "SpdxDocument", "rootElement": ["a", "b"]}]}', "no bill of materials"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_a_document_that_does_not_say_one_thing_is_refused(document: bytes, why: str) -> None:
    with pytest.raises(HostileInput, match=why):
        listed(document)


@given(JSON, st.sampled_from(FIELDS))
def test_no_document_gets_past_the_refusal(value: Any, field: str) -> None:
    for whole in (value, {"bomFormat": "CycloneDX", "metadata": {"component": {field: value}}}, {"@graph": [value]}):
        with pytest.raises(HostileInput):
            listed(json.dumps(whole).encode())
