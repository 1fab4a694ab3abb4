"""A names tagger of the user's: any token classifier in ONNX, with the tokenizer that it was trained with."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from bartizan.kernel.errors import BartizanError, MissingExtra, UsageError
from bartizan.text.tagger import Name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Encoding

WINDOW_TOKENS = 512
"""If the model does not say how much it reads at once."""
OVERLAP = 0.25
"""Share of a window that the next one reads again, so that each token is judged with words on both sides."""
KINDS = {
    "PER": "person",
    "PERSON": "person",
    "LOC": "place",
    "LOCATION": "place",
    "GPE": "place",
    "ORG": "organisation",
    "ORGANIZATION": "organisation",
}


class TaggerFailed(BartizanError):
    """The model could not read the text, so nothing is known about the names in it."""


class _Config(msgspec.Struct):
    """What is read of `config.json`."""

    id2label: dict[str, str]
    max_position_embeddings: int = WINDOW_TOKENS


class _Told(NamedTuple):
    """What the model says of one token."""

    start: int
    end: int
    label: str
    score: float
    edge: int
    """How many tokens it is away from the edge of its window."""


class OnnxTagger:
    """A folder with `model.onnx`, `tokenizer.json` and `config.json`, as exporters write it."""

    def __init__(self, folder: Path) -> None:
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError:
            raise MissingExtra("onnx", "A names tagger in ONNX") from None
        try:
            config = msgspec.json.decode((folder / "config.json").read_bytes(), type=_Config)
            self._labels = {int(number): label for number, label in config.id2label.items()}
            self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            window = min(config.max_position_embeddings, WINDOW_TOKENS)
            self._tokenizer.enable_truncation(max_length=window, stride=int(window * OVERLAP))
            self._tokenizer.no_padding()
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            self._session: InferenceSession = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self._inputs = [given.name for given in self._session.get_inputs()]
        except Exception as error:
            raise UsageError(
                f"no names tagger can be made of this: {_first_line(error)}",
                where=folder,
                todo="It takes model.onnx, tokenizer.json and config.json.",
            ) from None

    def tag(self, text: str) -> list[Name]:
        """The names in order of place; raises TaggerFailed if the model fails."""
        told: dict[int, _Told] = {}
        try:
            first = self._tokenizer.encode(text)
            for window in (first, *first.overflowing):
                for token in self._read(window):
                    if token.start not in told or told[token.start].edge < token.edge:
                        told[token.start] = token
        except Exception as error:
            raise TaggerFailed(f"the names tagger failed: {_first_line(error)}") from None
        return list(_names([told[start] for start in sorted(told)]))

    def _read(self, window: "Encoding") -> Iterator[_Told]:
        import numpy as np

        columns = {"input_ids": window.ids, "attention_mask": window.attention_mask, "token_type_ids": window.type_ids}
        given = {name: np.array([columns[name]], dtype=np.int64) for name in self._inputs}
        chances = _softmax(self._session.run(None, given)[0][0])
        best = chances.argmax(axis=1).tolist()
        count = len(best)
        for place, (start, end) in enumerate(window.offsets):
            if not window.special_tokens_mask[place] and end > start:
                label, score = self._labels[best[place]], float(chances[place, best[place]])
                yield _Told(start, end, label, score, min(place, count - 1 - place))


def _names(told: list[_Told]) -> Iterator[Name]:
    """Tokens in a row that tell of one name: it begins with `B-`, or where the kind changes."""
    at = 0
    while at < len(told):
        first, kind = at, _kind(told[at].label)
        at += 1
        while at < len(told) and _kind(told[at].label) == kind and not (kind and told[at].label.startswith("B-")):
            at += 1
        if kind:
            part = told[first:at]
            yield Name(part[0].start, part[-1].end, kind, sum(token.score for token in part) / len(part))


def _kind(label: str) -> str:
    """What we call what the model calls `B-PER`, or nothing."""
    return KINDS.get(label.rpartition("-")[2].upper(), "")


def _softmax(values: "NDArray[np.float32]") -> "NDArray[np.float32]":
    import numpy as np

    raised: NDArray[np.float32] = np.exp(values - values.max(axis=1, keepdims=True))
    chances: NDArray[np.float32] = raised / raised.sum(axis=1, keepdims=True)
    return chances


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
