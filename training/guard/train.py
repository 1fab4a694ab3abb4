"""Trains the guard's scorer: `python -m training.guard.train` writes the weights. `make train` calibrates them too.

Several teachers learn from the corpus, each without a quarter of the families, so that their mistakes differ. The
scorer then learns what they say on average, which is worth far more on families that nobody has seen than what one
network learns from the labels alone. An eighth of the innocent families is shown to nobody: on them the scorer is
calibrated. All is drawn from one seed.
"""

import argparse
import re
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
from training.guard.net import load as load_net
from training.guard.texts import Text, apart, texts

LONGEST = 512
"""Words of a text that training looks at."""
BATCH, RATE, DECAY, BLANK, SMOOTH = 256, 3e-3, 1e-2, 0.15, 0.02
"""Texts per step, learning rate, weight decay, share of words that are blanked, and how far labels are from certain."""
TEACHERS, TEACHER_EPOCHS, EPOCHS, REFINING_EPOCHS, PER_SEED = 8, 4, 8, 2, 8
UNSEEN = 0.25
"""Share of families that one teacher does not see."""
FOLDER, WEIGHTS = Path(__file__).parents[2] / "src/bartizan/guard", "weights.npz"


@dataclass(frozen=True, slots=True)
class Lesson:
    """Texts as numbers of words, all in one row, and what is to be said of each."""

    words: torch.Tensor
    starts: torch.Tensor
    lengths: torch.Tensor
    said: torch.Tensor
    """A probability for each text and kind."""

    def to(self, device: torch.device) -> "Lesson":
        return Lesson(*(tensor.to(device) for tensor in (self.words, self.starts, self.lengths, self.said)))

    def saying(self, said: torch.Tensor) -> "Lesson":
        """The same texts, of which something else is to be said."""
        return Lesson(self.words, self.starts, self.lengths, said)


class School:
    """Trains networks on one lesson, on one device."""

    def __init__(self, vocabulary: Vocabulary, lesson: Lesson, device: str, say: Callable[[str], None]) -> None:
        self.device = torch.device(device)
        flat, starts = vocabulary.packed()
        self._flat, self._starts = flat.to(self.device), starts.to(self.device)
        self._lesson = lesson.to(self.device)
        self._say = say

    def train(
        self,
        taken: np.ndarray,
        epochs: int,
        seed: int,
        name: str,
        said: torch.Tensor | None = None,
        onto: Net | None = None,
    ) -> Net:
        """A network that has gone so many times through the texts that are taken; `said` replaces the labels.

        `onto` goes on with a network that has learned already, in smaller steps.
        """
        lesson = self._lesson if said is None else self._lesson.saying(said.to(self.device))
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        net = (onto or Net(len(KINDS))).to(self.device).train()
        rate = RATE / 5 if onto else RATE
        optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=DECAY)
        steps = epochs * -(-len(taken) // BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1)
        began, loss = time.monotonic(), torch.zeros(())
        for _ in range(epochs):
            for batch in self._batches(taken, rng):
                logits = self._logits(net, batch, BLANK)
                loss = functional.binary_cross_entropy_with_logits(logits, lesson.said[batch])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                schedule.step()
        self._say(f"{name}: last loss {float(loss.detach()):.4f}, {time.monotonic() - began:.0f} s")
        return net.eval()

    @torch.no_grad()
    def says(self, net: Net) -> torch.Tensor:
        """The network's logits for all texts."""
        said = torch.empty(len(self._lesson.lengths), len(KINDS))
        for batch in torch.split(torch.argsort(self._lesson.lengths), BATCH):
            said[batch.cpu()] = self._logits(net, batch, 0.0).cpu()
        return said

    def _batches(self, taken: np.ndarray, rng: np.random.Generator) -> Iterator[torch.Tensor]:
        """All texts once, those of like length together, the batches in random order."""
        sizes = np.log2(self._lesson.lengths.cpu().numpy()[taken]).astype(int)
        order = taken[np.lexsort((rng.random(len(taken)), sizes))]
        pieces = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        for number in rng.permutation(len(pieces)):
            yield torch.from_numpy(pieces[number]).to(self.device)

    def _logits(self, net: Net, batch: torch.Tensor, blank: float) -> torch.Tensor:
        lengths = self._lesson.lengths[batch]
        column = torch.arange(int(lengths.max()), device=self.device)[None]
        real = column < lengths[:, None]
        place = (self._lesson.starts[batch][:, None] + column).clamp(max=len(self._lesson.words) - 1)
        numbers = torch.where(real, self._lesson.words[place], -1)
        flat, starts = self._flat, self._starts
        if self.device.type == "cpu":
            flat, starts, numbers = self._used(numbers, real)
        logits: torch.Tensor = net(net.vectors(flat, starts), numbers, lengths, blank)
        return logits

    def _used(self, numbers: torch.Tensor, real: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The buckets of the words that occur, and the texts in numbers of these: a CPU is slow with all words."""
        used, inverse = torch.unique(numbers[real], return_inverse=True)
        first, many = self._starts[used], self._starts[used + 1] - self._starts[used]
        ends = torch.cumsum(many, 0)
        inside = torch.arange(int(ends[-1])) - torch.repeat_interleave(ends - many, many)
        renumbered = numbers.clone()
        renumbered[real] = inverse
        return (
            self._flat[torch.repeat_interleave(first, many) + inside],
            torch.cat((ends.new_zeros(1), ends)),
            renumbered,
        )


def taught(school: School, family: np.ndarray, seed: int, teachers: int) -> torch.Tensor:
    """What the teachers say on average of each text, as probabilities."""
    rng = np.random.default_rng(seed)
    said = []
    for number in range(teachers):
        unseen = rng.random(int(family.max()) + 1) < UNSEEN
        taken = np.flatnonzero(~unseen[family])
        said.append(school.says(school.train(taken, TEACHER_EPOCHS, seed + number, f"teacher {number + 1}")))
    return torch.sigmoid(torch.stack(said).mean(0))


def lesson(listed: Sequence[Text], vocabulary: Vocabulary) -> Lesson:
    """The texts in numbers, and their labels a little short of certain."""
    rows = [vocabulary.numbers(words(text.text)[:LONGEST]) for text in listed]
    lengths = torch.tensor([len(row) for row in rows])
    marks = torch.tensor([[kind in text.kinds for kind in KINDS] for text in listed], dtype=torch.float32)
    starts = torch.cumsum(lengths, 0) - lengths
    return Lesson(torch.from_numpy(np.concatenate(rows)), starts, lengths, marks * (1 - 2 * SMOOTH) + SMOOTH)


def refined(school: School, labels: torch.Tensor, new: np.ndarray, weights: Path, seed: int) -> Net:
    """The scorer of these weights, which has learned the texts marked as new and forgotten little of the others."""
    net = load_net(weights)
    said = torch.where(torch.from_numpy(new)[:, None], labels, torch.sigmoid(school.says(net.to(school.device))))
    return school.train(np.arange(len(new)), REFINING_EPOCHS, seed, "refined scorer", said, net)


def learn(school: School, family: np.ndarray, seed: int, teachers: int) -> Net:
    """The scorer: what has learned what the teachers say."""
    said = taught(school, family, seed, teachers)
    return school.train(np.arange(len(family)), EPOCHS, seed, "scorer", said)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.guard.train", description="Train the guard's scorer.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--per-seed", type=int, default=PER_SEED, help="texts of each seed line")
    parser.add_argument("--teachers", type=int, default=TEACHERS)
    parser.add_argument("--threads", type=int, default=2, help="of the CPU")
    parser.add_argument("--device", default="cpu", help="of torch: cpu or cuda")
    parser.add_argument("--onto", type=Path, metavar="NPZ", help="go on with these weights")
    parser.add_argument("--new", default="", help="families that they have not learned yet, by a regular expression")
    parser.add_argument("--seeds", type=Path, default=SEEDS, help="folder of the seed files")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the weights")
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    learned = apart(load(given.seeds), given.seed)
    listed = [text for text in texts(learned, given.per_seed, given.seed) if words(text.text)]
    print(f"{len(listed):,} texts, {sum(1 for text in listed if text.kinds):,} of them attacks", flush=True)
    vocabulary = Vocabulary()
    labelled = lesson(listed, vocabulary)
    names = {name: number for number, name in enumerate(sorted({text.family for text in listed}))}
    family = np.array([names[text.family] for text in listed])
    school = School(vocabulary, labelled, given.device, lambda line: print(line, flush=True))
    if given.onto:
        new = np.array([bool(re.search(given.new, text.family)) for text in listed])
        net = refined(school, labelled.said, new, given.onto, given.seed)
    else:
        net = learn(school, family, given.seed, given.teachers)
    given.out.mkdir(parents=True, exist_ok=True)
    innocent = [family.id for family in learned if family.part == "benign"]
    save(net, given.out / WEIGHTS, innocent)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
