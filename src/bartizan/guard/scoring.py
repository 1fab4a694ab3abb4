"""Scoring: the scorer's logits on all views of a text, as the share of innocent texts that score as high."""

from pathlib import Path

import msgspec

from bartizan.guard.calibration import Calibration
from bartizan.guard.profile import StageProfile
from bartizan.guard.verdict import Hit
from bartizan.kernel.record import Decision
from bartizan.text.scorer import Scorer
from bartizan.text.script import script
from bartizan.text.view import Views

HERE = Path(__file__).parent


class Scoring:
    """The scorer and its calibrations, one for each set of kinds that a stage looks for."""

    def __init__(self, scorer: Scorer, calibrations: dict[str, Calibration]) -> None:
        self._scorer = scorer
        self._calibrations = calibrations

    @classmethod
    def load(cls, folder: Path = HERE) -> "Scoring":
        decoded = msgspec.json.decode((folder / "calibration.json").read_bytes(), type=dict[str, Calibration])
        return cls(Scorer(folder / "weights.npz"), decoded)

    def judge(self, seen: Views, profile: StageProfile) -> tuple[float, list[Hit]]:
        """1 - p of the strongest kind, and the hit that stands for it if the profile acts on it."""
        if not profile.scored:
            return 0.0, []
        ...
