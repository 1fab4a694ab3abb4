"""A token classifier of the user's takes the place of ours, window by window, and its failures are said in one line."""

import json
from pathlib import Path

import pytest

from bartizan.kernel.errors import UsageError
from bartizan.text.tagger_onnx import OnnxTagger, TaggerFailed

pytest.importorskip("onnxruntime")
pytest.importorskip("tokenizers")
onnx = pytest.importorskip("onnx")

WORDS = {"[UNK]": 0, "Ada": 1, "Lovelace": 2, "Turin": 3, "Acme": 4, "meets": 5, "Bob": 6, "[CLS]": 7, "[SEP]": 8}
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "B-ORG", "O", "B-PER", "O", "O"]


def model(folder: Path, *, window: int = 8, labels: list[str] = LABELS, rows: int = len(WORDS)) -> Path:
    """A model that looks each word up in a table, and the tokenizer and configuration that go with it."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 7), ("[SEP]", 8)])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(
        json.dumps({"id2label": dict(enumerate(labels)), "max_position_embeddings": window})
    )
    table = numpy_helper.from_array(np.eye(rows, len(labels), dtype=np.float32) * 9, "table")
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["logits"])],
        "lookup",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, None])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, None, len(labels)])],
        [table],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(folder / "model.onnx")
    )
    return folder


def test_a_model_of_the_users_tells_names(tmp_path: Path) -> None:
    text = "Ada Lovelace meets Bob in Turin at Acme"
    names = OnnxTagger(model(tmp_path)).tag(text)
    assert [(text[name.start : name.end], name.kind) for name in names] == [
        ("Ada Lovelace", "person"),
        ("Bob", "person"),
        ("Turin", "place"),
        ("Acme", "organisation"),
    ]
    assert all(name.score > 0.9 for name in names)


def test_a_name_that_begins_anew_is_a_name_of_its_own(tmp_path: Path) -> None:
    text = "Bob Ada Lovelace"
    names = OnnxTagger(model(tmp_path)).tag(text)
    assert [text[name.start : name.end] for name in names] == ["Bob", "Ada Lovelace"]


@pytest.mark.parametrize("before", range(20))
def test_a_name_is_whole_wherever_windows_end(tmp_path: Path, before: int) -> None:
    text = "it " * before + "Ada Lovelace" + " it" * 30
    [name] = OnnxTagger(model(tmp_path)).tag(text)
    assert text[name.start : name.end] == "Ada Lovelace"


def test_a_folder_without_a_model_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no names tagger can be made of this"):
        OnnxTagger(tmp_path)
    model(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(UsageError, match=r"takes model\.onnx"):
        OnnxTagger(tmp_path)


def test_a_model_that_fails_says_so(tmp_path: Path) -> None:
    tagger = OnnxTagger(model(tmp_path, rows=3))
    with pytest.raises(TaggerFailed, match="the names tagger failed") as raised:
        tagger.tag("Ada meets Bob")
    assert "\n" not in str(raised.value)
