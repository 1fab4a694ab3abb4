"""The keep: one installation, opened. What lies in its data folder, and how the rooms of it are joined."""

import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from bartizan.kernel import BartizanError, Context, Control, Policy, Record, Registry, Stamp, Subject, UsageError
from bartizan.ledger import Ledger, LedgerOptions, Payloads, Vault
from bartizan.ledger.files import check_own
from bartizan.policy import Engine, default
from bartizan.runner.run import run
from bartizan.runner.settings import Settings
from bartizan.state import State

ITSELF = "service:keep"
POLICY_LOOK_SECONDS = 1.0


class Keep:
    """Vault, ledger, payloads, state, policy and registry of one data folder. Close it, or use it as a context."""

    def __init__(self, settings: Settings, vault: Vault, ledger: Ledger, state: State) -> None:
        self.settings, self.vault, self.ledger, self.state = settings, vault, ledger, state
        self.payloads = Payloads(settings.data / "payloads", vault)
        self.registry = Registry()
        self._engine = Engine(default())
        self._refused = ""
        self._looked = 0.0

    @classmethod
    def open(cls, settings: Settings, *, create: bool = True) -> Self:
        """The installation in `settings.data`, made at its first use; with `create=False` it must be there."""
        if not create and not (settings.data / "vault").is_dir():
            todo = "bartizan up makes one; --data names another folder"
            raise UsageError("there is no installation", where=settings.data, todo=todo)
        try:
            settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BartizanError(f"the data folder cannot be made: {error.strerror}", where=settings.data) from None
        check_own(settings.data, BartizanError)
        vault = Vault.open(settings.data / "vault")
        with ExitStack() as stack:
            ledger = stack.enter_context(Ledger(settings.data / "ledger", vault, _options(settings)))
            state = stack.enter_context(State.open(settings.state_url, ledger=ledger, vault=vault))
            keep = cls(settings, vault, ledger, state)
            stack.pop_all()
        return keep

    @property
    def policy(self) -> Engine:
        """The engine, which follows the policy put last; a broken one is recorded, and the last good one stays."""
        now = time.monotonic()
        if now - self._looked >= POLICY_LOOK_SECONDS or not self._looked:
            self._looked = now
            self._follow_policy()
        return self._engine

    def append(self, records: Sequence[Record]) -> None:
        """Make the records durable, and show them in the state's views."""
        self.ledger.append(records)
        self.state.observe(records)

    def look(
        self,
        controls: Iterable[Control[Any]],
        subject: Subject,
        ctx: Context | None = None,
        *,
        actor: str | None = None,
        causes: tuple[str, ...] = (),
    ) -> list[Record]:
        """Run controls on a subject, and record what they yield."""
        ctx = ctx or Context(tenant=self.settings.tenant)
        return run(controls, subject, ctx, append=self.append, actor=actor, causes=causes)

    def close(self) -> None:
        """Close the state, then the ledger, which signs its last checkpoint."""
        with ExitStack() as stack:
            stack.callback(self.ledger.close)
            stack.callback(self.state.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _follow_policy(self) -> None:
        active = self._active_policy()
        if active.digest in {self._engine.policy.digest, self._refused}:
            return
        if finding := self._engine.reload(active):
            self._refused = active.digest
            self.append([Stamp(tenant=self.settings.tenant, actor=ITSELF)(finding)])

    def _active_policy(self) -> Policy:
        put = self.state.policies(tenant=self.settings.tenant)
        return Policy(put[0].text, put[0].source) if put else default()


def _options(settings: Settings) -> LedgerOptions:
    chosen = settings.ledger
    return LedgerOptions(
        segment_bytes=chosen.segment_mib << 20, on_failure="open" if chosen.on_full == "fail-open" else "closed"
    )
