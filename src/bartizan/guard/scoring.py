"""Scoring: how much the readings of a text look like an attack, as the share of innocent texts that do so as much."""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from bartizan.guard.calibration import Calibration, group
from bartizan.text.scorer import WINDOW, Scorer
from bartizan.text.view import View, Views
from bartizan.text.words import spans

FOLDER = Path(__file__).parent
WEIGHTS, CALIBRATION = "weights.npz", "calibration.json"


class Scored(NamedTuple):
    """The rarest kind, how rare it is, and where it stands."""

    kind: str
    share: float
    """Of innocent texts, those in which some kind asked for is as strong."""
    view: View
    window: int

    def span(self) -> tuple[int, int]:
        """The place of the window in the text as it came."""
        seen = list(islice(spans(self.view.text.lower()), self.window, self.window + WINDOW))
        return self.view.origin(seen[0][0], seen[-1][1])


class Strength(NamedTuple):
    """The highest logit of one kind over all readings of a text, and where that is."""

    logit: float
    view: View
    window: int


class Scoring:
    """The scorer, and what its logits mean for each kind."""

    def __init__(self, scorer: Scorer, calibrations: Mapping[str, Calibration]) -> None:
        self._scorer = scorer
        self._calibrations = calibrations

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Scoring":
        calibrations = msgspec.json.decode((folder / CALIBRATION).read_bytes(), type=dict[str, Calibration])
        return cls(Scorer(folder / WEIGHTS), calibrations)

    @property
    def kinds(self) -> tuple[str, ...]:
        return self._scorer.kinds

    def rarest(self, seen: Views, kinds: Sequence[str]) -> Scored | None:
        """The kind out of these that is rarest in innocent texts; None for a text without a word."""
        found = strengths(self._scorer, seen)
        if not found or not kinds:
            return None
        among = group(seen.text)
        shares = {kind: self._calibrations[kind].share(found[kind].logit, among) for kind in kinds}
        kind = min(shares, key=shares.__getitem__)
        # Whoever asks for several kinds has as many chances of an alarm.
        return Scored(kind, min(1.0, len(kinds) * shares[kind]), found[kind].view, found[kind].window)


def strengths(scorer: Scorer, seen: Views) -> dict[str, Strength]:
    """Each kind where it is strongest."""
    best: dict[str, Strength] = {}
    for view in _told_apart(seen):
        for kind, peak in scorer.peaks(view.text.lower()).items():
            if kind not in best or peak.logit > best[kind].logit:
                best[kind] = Strength(peak.logit, view, peak.window)
    return best


def _told_apart(seen: Views) -> Sequence[View]:
    """The views, but for those of which there is a folded one."""
    if len(seen.all) == 1:
        return seen.all
    folded = {view.how[:-1] for view in seen.all if view.how[-1:] == ("folded",)}
    return [view for view in seen.all if view.how not in folded]
