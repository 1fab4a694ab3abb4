"""Trains the guard's scorer: `python -m training.guard.train` writes the weights. `make train` calibrates them too.

Several teachers learn from the corpus, each without a quarter of the families, so that their mistakes differ. The
scorer then learns what they say on average, which is worth far more on families that nobody has seen than what one
network learns from the labels alone. An eighth of the innocent families is shown to nobody: on them the scorer is
calibrated. All is drawn from one seed.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from bartizan.text.words import words
from training.guard.grammar import SEEDS, load
from training.guard.net import KINDS, Net, Vocabulary, save
from training.guard.texts import Text, apart, texts

LONGEST = 512
"""Words of a text that training looks at."""
BATCH, RATE, DECAY, BLANK, SMOOTH = 256, 3e-3, 1e-2, 0.15, 0.02
"""Texts per step, learning rate, weight decay, share of words that are blanked, and how far labels are from certain."""
TEACHERS, TEACHER_EPOCHS, EPOCHS = 8, 4, 6
UNSEEN = 0.25
"""Share of families that one teacher does not see."""
FOLDER = Path(__file__).parents[2] / "src/bartizan/guard"


@dataclass(frozen=True, slots=True)
class Lesson:
    """Texts as rows of word numbers, and what is to be said of each."""

    words: Sequence[np.ndarray]
    said: torch.Tensor
    """A probability for each text and kind."""

    def without(self, out: np.ndarray) -> "Lesson":
        """The same without the texts that are marked."""
        kept = np.flatnonzero(~out)
        return Lesson([self.words[int(n)] for n in kept], self.said[torch.from_numpy(kept)])


class School:
    """Trains networks on one vocabulary and one device."""

    def __init__(self, vocabulary: Vocabulary, device: str, say: Callable[[str], None]) -> None:
        self._device = torch.device(device)
        flat, starts = vocabulary.packed()
        self._flat, self._starts = flat.to(self._device), starts.to(self._device)
        self._counts = torch.diff(self._starts)
        self._say = say

    def train(self, lesson: Lesson, epochs: int, seed: int, name: str) -> Net:
        """A network that has gone through the lesson so many times."""
        torch.manual_seed(seed)
        rng = random.Random(seed)
        net = Net(len(KINDS)).to(self._device)
        optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
        steps = epochs * -(-len(lesson.words) // BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps + 1)
        began, total = time.monotonic(), 0.0
        for _ in range(epochs):
            total = 0.0
            for batch in _batches(lesson, rng):
                logits = self._logits(net, [lesson.words[n] for n in batch], BLANK)
                said = lesson.said[torch.tensor(batch)].to(self._device)
                loss = functional.binary_cross_entropy_with_logits(logits, said)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                total += float(loss.detach()) * len(batch)
        self._say(f"{name}: loss {total / len(lesson.words):.4f}, {time.monotonic() - began:.0f} s")
        return net.eval()

    @torch.no_grad()
    def says(self, net: Net, rows: Sequence[np.ndarray]) -> torch.Tensor:
        """The network's logits for all texts."""
        said = torch.empty(len(rows), len(KINDS))
        order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            said[torch.tensor(batch)] = self._logits(net, [rows[n] for n in batch], 0.0).cpu()
        return said

    def _logits(self, net: Net, rows: Sequence[np.ndarray], blank: float) -> torch.Tensor:
        used, numbered, lengths = _numbered(rows)
        used, numbered, lengths = (tensor.to(self._device) for tensor in (used, numbered, lengths))
        many = self._counts[used]
        ends = torch.cumsum(many, 0)
        inside = torch.arange(int(ends[-1]), device=self._device) - torch.repeat_interleave(ends - many, many)
        flat = self._flat[torch.repeat_interleave(self._starts[:-1][used], many) + inside]
        starts = torch.cat((torch.zeros(1, dtype=ends.dtype, device=self._device), ends))
        logits: torch.Tensor = net(net.vectors(flat, starts), numbered, lengths, blank)
        return logits


def _batches(lesson: Lesson, rng: random.Random) -> Iterator[list[int]]:
    """All texts once, those of like length together, the batches in random order."""
    order = sorted(range(len(lesson.words)), key=lambda n: (len(lesson.words[n]).bit_length(), rng.random()))
    pieces = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
    rng.shuffle(pieces)
    yield from pieces


def _numbered(rows: Sequence[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The distinct words of the texts, each text as numbers of them padded with -1, and their lengths."""
    used, inverse = np.unique(np.concatenate(rows), return_inverse=True)
    lengths = np.array([len(row) for row in rows])
    padded = np.full((len(rows), int(lengths.max())), -1, np.int64)
    padded[np.arange(padded.shape[1])[None] < lengths[:, None]] = inverse
    return torch.from_numpy(used), torch.from_numpy(padded), torch.from_numpy(lengths)


def taught(school: School, lesson: Lesson, family: np.ndarray, seed: int, teachers: int) -> torch.Tensor:
    """What the teachers say on average of each text, as probabilities."""
    rng = np.random.default_rng(seed)
    total = torch.zeros_like(lesson.said)
    for number in range(teachers):
        unseen = rng.random(int(family.max()) + 1) < UNSEEN
        net = school.train(lesson.without(unseen[family]), TEACHER_EPOCHS, seed + number, f"teacher {number + 1}")
        total += school.says(net, lesson.words)
    return torch.sigmoid(total / teachers)


def lesson(listed: Sequence[Text], vocabulary: Vocabulary) -> Lesson:
    marks = torch.tensor([[kind in text.kinds for kind in KINDS] for text in listed], dtype=torch.float32)
    rows = [vocabulary.numbers(words(text.text)[:LONGEST]) for text in listed]
    return Lesson(rows, marks * (1 - 2 * SMOOTH) + SMOOTH)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.guard.train", description="Train the guard's scorer.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", type=int, default=120, help="texts of each family [default: 120]")
    parser.add_argument("--teachers", type=int, default=TEACHERS)
    parser.add_argument("--device", default="cpu", help="of torch: cpu or cuda")
    parser.add_argument("--seeds", type=Path, default=SEEDS, help="folder of the seed files")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the weights")
    given = parser.parse_args(arguments)
    torch.set_num_threads(2)
    learned, _ = apart(load(given.seeds), given.seed)
    listed = [text for text in texts(learned, given.each, given.seed) if words(text.text)]
    print(f"{len(listed):,} texts, {sum(1 for text in listed if text.kinds):,} of them attacks", flush=True)
    vocabulary = Vocabulary()
    labelled = lesson(listed, vocabulary)
    names = sorted({text.family for text in listed})
    family = np.array([names.index(text.family) for text in listed])
    school = School(vocabulary, given.device, lambda line: print(line, flush=True))
    said = taught(school, labelled, family, given.seed, given.teachers)
    net = school.train(Lesson(labelled.words, said), EPOCHS, given.seed, "scorer")
    given.out.mkdir(parents=True, exist_ok=True)
    save(net, given.out / "weights.npz")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
