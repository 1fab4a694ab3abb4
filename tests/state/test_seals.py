"""What lets somebody do something is believed only as this installation wrote it, whoever can write to the database."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bartizan.kernel import Policy
from bartizan.state import KeyAdded, KeyRevoked, PolicyPut, State, StateError
from bartizan.state.database import connect
from tests.state.paper import Paper, Wax
from tests.state.scenes import ALICE

DIGEST = hashlib.sha256(b"known to the attacker").hexdigest()
SOON = datetime.now(UTC) + timedelta(days=1, microseconds=7)
RULES = Policy("permit(principal, action, resource);")
FORGERIES = {
    "another digest": f"UPDATE keys SET digest = '{DIGEST}'",
    "more roles": "UPDATE keys SET roles = '[\"admin\"]'",
    "another tenant": "UPDATE keys SET tenant = 'red'",
    "no end": "UPDATE keys SET expires = NULL",
    "not revoked": "UPDATE keys SET revoked_rev = 0, revoked_at = NULL",
    "no seal": "UPDATE keys SET seal = ''",
}


def keys_of(state: State) -> list[str]:
    return [row.key for tenant in ("main", "red") for row in state.keys(tenant=tenant)]


def written(url: str, sql: str) -> None:
    database = connect(url)
    with database.writing() as session:
        session.run(sql)
    database.close()


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_key_that_was_changed_past_the_ledger_is_none(opened: Callable[[], State], url: str, forgery: str) -> None:
    state = opened()
    state.change(ALICE, KeyAdded(key="k1", name="ci", digest="a" * 64, roles=("service",), expires=SOON).event())
    state.change(ALICE, KeyRevoked(key="k1").event())
    assert keys_of(state) == ["k1"]
    written(url, FORGERIES[forgery])

    with pytest.raises(StateError, match="a row among the keys was not written by this installation"):
        keys_of(state)
    with pytest.raises(StateError, match="was not written by this installation"):
        state.key_by_digest(DIGEST if forgery == "another digest" else "a" * 64)
    if forgery != "another tenant":
        with pytest.raises(StateError, match="was not written by this installation"):
            state.change(ALICE, KeyRevoked(key="k1").event())

    state.rebuild()
    (row,) = state.keys()
    assert (row.digest, row.roles, row.expires, row.revoked) == ("a" * 64, ("service",), SOON, True)


def test_a_key_that_was_planted_is_none(opened: Callable[[], State], url: str) -> None:
    state = opened()
    values = f"'main', 'k-evil', 'evil', '{DIGEST}', '[\"admin\"]', '[]', NULL, NULL, 9, NULL, 0, '{'0' * 64}'"
    written(url, f"INSERT INTO keys VALUES ({values})")

    with pytest.raises(StateError, match="was not written by this installation"):
        state.key_by_digest(DIGEST)


def test_a_policy_that_was_planted_does_not_decide(opened: Callable[[], State], url: str) -> None:
    state = opened()
    state.change(ALICE, PolicyPut(digest=RULES.digest, text="permit(principal, action, resource);").event())
    written(url, "UPDATE policies SET text = 'forbid(principal, action, resource);'")

    with pytest.raises(StateError, match="a row among the policies was not written by this installation"):
        state.policies()


def test_the_seal_of_one_installation_is_none_of_another(opened: Callable[[], State], url: str, paper: Paper) -> None:
    opened().change(ALICE, KeyAdded(key="k1", name="ci", digest="a" * 64).event())

    with State.on(connect(url), paper, Wax(b"another ring")) as stranger, pytest.raises(StateError, match="row among"):
        stranger.keys()
