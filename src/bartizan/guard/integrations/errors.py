"""What the integrations raise: a refusal, and a framework that is not there."""

from bartizan.guard.verdict import Stage
from bartizan.kernel import BartizanError
from bartizan.kernel.record import Decision

SAID: dict[Decision, str] = {
    "block": "is blocked",
    "ask": "needs somebody's consent, which it has not got",
    "unscanned": "could not be looked at",
    "redact": "has something to take out, which cannot be done here",
}


class Refused(BartizanError):
    """The guard lets something not pass. Says why and where, and never what stood there."""

    def __init__(self, action: Decision, stage: Stage, reason: str, path: str = "") -> None:
        what = f"the {stage.replace('_', ' ')} {SAID[action]}: {reason or action}"
        super().__init__(what, where=path)
        self.action: Decision = action
        self.stage: Stage = stage
        self.reason = reason


class MissingFramework(BartizanError):
    """The framework that an integration is for is not installed."""

    def __init__(self, framework: str, package: str) -> None:
        super().__init__(f"the guard for {framework} needs the package {package}", todo=f"pip install {package}")
        self.package = package
