"""What the pages may do, who holds a key, and what the policy allows: the console's ends in one installation."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from bartizan.console.sessions import Visitor
from bartizan.kernel import AnyBody, Asset, Stamp
from bartizan.kernel.ids import new_id
from bartizan.ledger import Ledger, Position, Vault
from bartizan.ledger.note import Checkpoint, open_note
from bartizan.ledger.proof import line_at, prove_inclusion
from bartizan.policy import Engine, Principal, Request, Resource
from bartizan.policy.keys import Keys, covers
from bartizan.state import State
from bartizan.state.changes import FindingAccepted

ITSELF = Asset("service", "console")


class Desk:
    """What the pages do to an installation."""

    def __init__(self, ledger: Ledger, vault: Vault, state: State, tenant: str) -> None:
        self._ledger = ledger
        self._vault = vault
        self._state = state
        self._tenant = tenant

    def note(self, body: AnyBody, actor: str) -> None:
        self._ledger.append([Stamp(tenant=self._tenant, asset=ITSELF, actor=actor)(body)])

    def accept(self, fingerprint: str, visitor: Visitor, *, reason: str, expires: datetime) -> None:
        change = FindingAccepted(fingerprint=fingerprint, reason=reason, until=expires, case=f"accepted-{new_id()}")
        self._state.change(Stamp(tenant=visitor.tenant, actor=visitor.actor), change.event())

    def proof(self, slot: int, index: int) -> Mapping[str, Any]:
        return proof_facts(self._ledger.folder, Position(slot, index), self._vault)


def proof_facts(folder: Path, position: Position, vault: Vault) -> Mapping[str, Any]:
    """The inclusion proof of a record, for people, and whether it holds for the line as it is on disk."""
    inclusion = prove_inclusion(folder, position, vault.verifiers)
    tree = Checkpoint.parse(open_note(inclusion.checkpoint, vault.verifiers)[0])
    return {
        "holds": "yes" if inclusion.proves(line_at(folder, position), vault.verifiers) else "NO",
        "slot": position.slot,
        "index": position.index,
        "size": tree.size,
        "root": b64encode(tree.root).decode(),
        "path": [b64encode(step).decode() for step in inclusion.path],
        "checkpoint": inclusion.checkpoint.decode(),
    }


class KeyRing:
    """The holders of API keys; a revoked key is none at once, because the state is asked each time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._keys = Keys(state)

    def visitor(self, secret: str) -> Visitor | None:
        row = self._keys.check(secret)
        if row is None:
            return None
        return Visitor(actor=f"key:{row.key}", roles=tuple(row.roles), tenant=row.tenant, routes=tuple(row.routes))

    def alive(self, visitor: Visitor) -> bool:
        now = datetime.now(UTC)
        return any(
            visitor.actor == f"key:{row.key}" and not row.revoked and (row.expires is None or row.expires > now)
            for row in self._state.keys(tenant=visitor.tenant)
        )


class Gate:
    """The policy, asked about the pages."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine

    def allows(self, visitor: Visitor, action: Literal["read", "administer"], path: str) -> bool:
        """True if the visitor's key covers the path and the policy permits the action on the console."""
        if not covers(visitor.routes, path):
            return False
        principal = Principal.parse(visitor.actor, visitor.roles, visitor.tenant)
        resource = Resource(ITSELF, visitor.tenant)
        return self._engine().decide(Request(principal, action, resource, {"what": "records"})).allowed
