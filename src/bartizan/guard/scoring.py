"""Scoring: how much the readings of a text look like an attack, as the share of innocent texts that do so as much."""

from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from bartizan.guard.calibration import Calibration
from bartizan.text.scorer import WINDOW, Scorer
from bartizan.text.script import script
from bartizan.text.view import View, Views
from bartizan.text.words import spans

FOLDER = Path(__file__).parent
WEIGHTS, CALIBRATIONS = "weights.npz", "calibration.json"


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of the scorer at a stage: how strong is the strongest of these kinds?"""

    kinds: tuple[str, ...]
    calibration: Calibration


class Scored(NamedTuple):
    """The answer: the strongest kind, how rare that is, and where it stands."""

    kind: str
    share: float
    """Of innocent texts of this script and length, those that score as high."""
    view: View
    window: int

    def span(self) -> tuple[int, int]:
        """The place of the window in the text as it came."""
        seen = list(islice(spans(self.view.text.lower()), self.window, self.window + WINDOW))
        return self.view.origin(seen[0][0], seen[-1][1])


class Scoring:
    """The scorer, and the questions that it is calibrated for."""

    def __init__(self, scorer: Scorer, questions: dict[str, Question]) -> None:
        self._scorer = scorer
        self.questions = questions

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Scoring":
        questions = msgspec.json.decode((folder / CALIBRATIONS).read_bytes(), type=dict[str, Question])
        return cls(Scorer(folder / WEIGHTS), questions)

    def answer(self, seen: Views, question: str) -> Scored | None:
        """The strongest kind of the question in any reading; None for a text without a word."""
        asked = self.questions[question]
        if not (best := strongest(self._scorer, seen, asked.kinds)):
            return None
        logit, kind, view, window = best
        return Scored(kind, asked.calibration.share(logit, script(seen.text), len(seen.text)), view, window)


def strongest(scorer: Scorer, seen: Views, kinds: tuple[str, ...]) -> tuple[float, str, View, int] | None:
    """The highest logit of these kinds over all readings, with its kind, its view and its window."""
    best: tuple[float, str, View, int] | None = None
    for view in _told_apart(seen):
        for kind, peak in scorer.peaks(view.text.lower()).items():
            if kind in kinds and (best is None or peak.logit > best[0]):
                best = (peak.logit, kind, view, peak.window)
    return best


def _told_apart(seen: Views) -> list[View]:
    """The views, but for those of which there is a folded one."""
    if len(seen.all) == 1:
        return list(seen.all)
    folded = {view.how[:-1] for view in seen.all if view.how[-1:] == ("folded",)}
    return [view for view in seen.all if view.how not in folded]
