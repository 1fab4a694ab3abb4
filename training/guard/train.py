"""Trains the guard's scorer on the corpus: `python -m training.guard.train` writes the weights and what they can do.

One command, seeded, minutes on a CPU. A tenth of the families is kept apart and never trained on; what the scorer does
on them is printed, and decides nothing.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from bartizan.text.words import words
from training.guard.corpus import Text, corpus
from training.guard.grammar import SEEDS
from training.guard.net import Net, Vocabulary, save

KINDS = ("instruction-override", "jailbreak", "prompt-leak", "embedded-task", "harmful-ability", "exfiltration")
LONGEST = 512
"""Words of a text that training looks at."""
BATCH, EPOCHS, RATE, BLANK = 128, 6, 3e-3, 0.1
WEIGHTS = Path(__file__).parents[2] / "src/bartizan/guard/weights.npz"


@dataclass(frozen=True, slots=True)
class Row:
    """A text as the network sees it."""

    words: np.ndarray
    kinds: np.ndarray


def train(texts: Sequence[Text], seed: int, epochs: int = EPOCHS, say=print) -> tuple[Net, Vocabulary]:
    """The network that has learned from these texts."""
    torch.manual_seed(seed)
    torch.set_num_threads(2)
    rng = random.Random(seed)
    vocabulary = Vocabulary()
    rows = [Row(vocabulary.numbers(words(text.text)[:LONGEST]), marks(text.kinds)) for text in texts]
    rows = [row for row in rows if len(row.words)]
    flat, starts = vocabulary.packed()
    counts = torch.diff(starts)
    net = Net(len(KINDS))
    steps = epochs * (len(rows) // BATCH + 1)
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps + 1)
    for epoch in range(epochs):
        began, total = time.monotonic(), 0.0
        for batch in batches(rows, rng):
            used, padded, lengths = padded_rows(batch)
            vectors = net.vectors(*chosen(flat, starts, counts, used))
            logits = net(vectors, padded, lengths, BLANK)
            loss = functional.binary_cross_entropy_with_logits(logits, torch.tensor(np.stack([row.kinds for row in batch])))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        say(f"epoch {epoch + 1}: loss {total / len(rows):.4f}, {time.monotonic() - began:.0f} s")
    return net.eval(), vocabulary


def marks(kinds: Iterable[str]) -> np.ndarray:
    return np.array([kind in kinds for kind in KINDS], np.float32)


def batches(rows: Sequence[Row], rng: random.Random) -> Iterator[list[Row]]:
    """All rows once, those of like length together, the batches in random order."""
    order = sorted(range(len(rows)), key=lambda n: (len(rows[n].words).bit_length(), rng.random()))
    pieces = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
    rng.shuffle(pieces)
    for piece in pieces:
        yield [rows[n] for n in piece]


def padded_rows(batch: Sequence[Row]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The distinct words of the batch, its rows numbered by them and padded with -1, and their lengths."""
    joined = np.concatenate([row.words for row in batch])
    used, inverse = np.unique(joined, return_inverse=True)
    lengths = np.array([len(row.words) for row in batch])
    padded = np.full((len(batch), int(lengths.max())), -1, np.int64)
    padded[np.arange(padded.shape[1])[None] < lengths[:, None]] = inverse
    return torch.from_numpy(used), torch.from_numpy(padded), torch.from_numpy(lengths)


def chosen(
    flat: torch.Tensor, starts: torch.Tensor, counts: torch.Tensor, used: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The buckets of the chosen words in one row, and where each begins."""
    many = counts[used]
    ends = torch.cumsum(many, 0)
    inside = torch.arange(int(ends[-1])) - torch.repeat_interleave(ends - many, many)
    return flat[torch.repeat_interleave(starts[:-1][used], many) + inside], torch.cat((torch.zeros(1, dtype=ends.dtype), ends))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.guard.train", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", type=int, default=300, help="texts of each family")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--root", type=Path, default=SEEDS)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args(arguments)
    texts = list(corpus(given.each, given.seed, given.root))
    print(f"{len(texts):,} texts, {sum(1 for text in texts if text.kinds):,} of them attacks")
    net, _ = train(texts, given.seed, given.epochs)
    save(net, KINDS, given.out)
    print(f"{given.out}: {given.out.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
