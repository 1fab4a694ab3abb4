"""The network that `text/scorer.py` runs in numpy, in the form in which torch trains it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from bartizan.text.scorer import FAR, NEAR, WINDOW
from bartizan.text.words import BUCKETS, features

KINDS = ("instruction-override", "jailbreak", "prompt-leak", "embedded-task", "harmful-ability", "exfiltration")
WIDTH, SEEN_NEAR, SEEN_FAR, HIDDEN = 24, 64, 64, 48
"""Numbers per word, of each convolution and of the last layer: fewer can not say what the teachers say."""


class Vocabulary:
    """The words of a corpus, numbered, each with its buckets."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._buckets: list[list[int]] = []

    def numbers(self, seen: Sequence[str]) -> np.ndarray:
        return np.fromiter((self._number(word) for word in seen), np.int64, len(seen))

    def _number(self, word: str) -> int:
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self._buckets)
            self._buckets.append(features(word))
        return number

    def packed(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The buckets of all words in one row, and where each word begins."""
        counts = [len(buckets) for buckets in self._buckets]
        flat = torch.tensor([bucket for buckets in self._buckets for bucket in buckets])
        return flat, torch.tensor([0, *np.cumsum(counts)])


class Net(nn.Module):
    def __init__(self, kinds: int) -> None:
        super().__init__()
        self.table = nn.Embedding(BUCKETS, WIDTH)
        nn.init.normal_(self.table.weight, std=0.3)
        self.near = nn.Conv1d(WIDTH, SEEN_NEAR, NEAR, padding=NEAR // 2)
        self.far = nn.Conv1d(SEEN_NEAR, SEEN_FAR, 3, dilation=FAR, padding=FAR)
        self.hidden = nn.Linear(SEEN_NEAR + SEEN_FAR, HIDDEN)
        self.out = nn.Linear(HIDDEN, kinds)

    def vectors(self, flat: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
        """A row for each word of the batch."""
        counts = torch.diff(starts).clamp(min=1)
        summed = functional.embedding_bag(flat, self.table.weight, starts[:-1], mode="sum")
        return summed / counts.sqrt()[:, None]

    def forward(
        self, vectors: torch.Tensor, rows: torch.Tensor, lengths: torch.Tensor, blank: float = 0.0
    ) -> torch.Tensor:
        """Logits by sample and kind; `rows` numbers the words of each sample, padded by -1."""
        real = (rows >= 0).unsqueeze(-1)
        given = vectors[rows.clamp(min=0)] * real
        if blank:
            given = given * (torch.rand(rows.shape, device=rows.device) >= blank).unsqueeze(-1)
        real = real.transpose(1, 2)
        first = functional.relu(self.near(given.transpose(1, 2))) * real
        second = functional.relu(self.far(first)) * real
        both = torch.cat((first, second), 1)
        both = _slide(both)
        logits = self.out(functional.relu(self.hidden(both.transpose(1, 2))))
        last = (lengths - WINDOW).clamp(min=0)
        beyond = torch.arange(logits.shape[1], device=logits.device)[None] > last[:, None]
        best: torch.Tensor = logits.masked_fill(beyond.unsqueeze(-1), -1e4).amax(1)
        return best


def _slide(values: torch.Tensor) -> torch.Tensor:
    """The maximum over each window, by doubling: on a CPU a fraction of what pooling costs."""
    span = 1
    while span < WINDOW and values.shape[2] > 1:
        step = min(span, WINDOW - span, values.shape[2] - 1)
        values = torch.maximum(values[..., :-step], values[..., step:])
        span += step
    return values


def save(net: Net, path: Path, learned: Sequence[str] = ()) -> None:
    """The weights as the scorer reads them, in 8 and 16 bits, and the names of the innocent families behind them."""

    def half(tensor: torch.Tensor) -> np.ndarray:
        return tensor.detach().cpu().numpy().astype(np.float16)

    table = net.table.weight.detach().cpu().numpy()
    scale = np.abs(table).max(axis=1, keepdims=True) / 127
    scale[scale == 0] = 1
    np.savez_compressed(
        path,
        kinds=np.array(KINDS),
        learned=np.array(sorted(learned), dtype=np.str_),
        table=np.round(table / scale).astype(np.int8),
        table_scale=scale.astype(np.float16),
        near=half(net.near.weight.permute(2, 1, 0).reshape(-1, SEEN_NEAR)),
        near_bias=half(_bias(net.near)),
        far=half(net.far.weight.permute(2, 1, 0).reshape(-1, SEEN_FAR)),
        far_bias=half(_bias(net.far)),
        hidden=half(net.hidden.weight.T),
        hidden_bias=half(net.hidden.bias),
        out=half(net.out.weight.T),
        out_bias=half(net.out.bias),
    )


def load(path: Path) -> Net:
    """The network of these weights, as far as 8 and 16 bits have kept it."""
    net = Net(len(KINDS))
    with np.load(path, allow_pickle=False) as saved:
        kept = {
            name: torch.from_numpy(saved[name].astype(np.float32))
            for name in saved.files
            if name not in ("kinds", "learned")
        }
    width, seen = kept["near"].shape[0] // NEAR, kept["near"].shape[1]
    net.load_state_dict(
        {
            "table.weight": kept["table"] * kept["table_scale"],
            "near.weight": kept["near"].reshape(NEAR, width, seen).permute(2, 1, 0),
            "near.bias": kept["near_bias"],
            "far.weight": kept["far"].reshape(3, seen, -1).permute(2, 1, 0),
            "far.bias": kept["far_bias"],
            "hidden.weight": kept["hidden"].T,
            "hidden.bias": kept["hidden_bias"],
            "out.weight": kept["out"].T,
            "out.bias": kept["out_bias"],
        }
    )
    return net


def _bias(layer: nn.Conv1d) -> torch.Tensor:
    return layer.bias if layer.bias is not None else torch.zeros(layer.out_channels)
