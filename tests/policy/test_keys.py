"""Keys are shown once, kept as digests, scoped, and revoked at once."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bartizan.kernel import Asset, BartizanError, Event, UsageError, encode
from bartizan.ledger import Ledger
from bartizan.policy import Engine, Request, Resource, default
from bartizan.policy.errors import UnknownKey
from bartizan.policy.keys import Keys, covers, principal_of
from bartizan.state import State
from tests.policy.conftest import records

NOW = datetime.now(UTC).replace(microsecond=0)
LATER = NOW + timedelta(days=30)


@pytest.fixture
def keys(state: State) -> Keys:
    return Keys(state, clock=lambda: NOW)


def test_a_key_is_found_by_its_secret_with_all_that_it_may_do(keys: Keys, ledger: Ledger) -> None:
    secret = keys.add(
        "ci", tenant="acme", roles=["service", "auditor"], routes=["/v1/*"], expires=LATER, actor="person:ada"
    )
    found = keys.check(secret)
    assert found is not None
    assert (found.name, found.tenant, found.roles, found.routes) == ("ci", "acme", ("service", "auditor"), ("/v1/*",))
    assert found.expires == LATER
    [record] = records(ledger)
    assert (record.tenant, record.actor) == ("acme", "person:ada")


def test_neither_the_secret_nor_any_part_of_it_is_kept(keys: Keys, ledger: Ledger) -> None:
    secret = keys.add("ci", roles=["service"])
    [line] = map(encode, records(ledger))
    assert hashlib.sha256(secret.encode()).hexdigest().encode() in line
    assert not any(secret[at : at + 8].encode() in line for at in range(3, len(secret) - 8))


def test_another_secret_finds_nothing(keys: Keys) -> None:
    secret = keys.add("ci", roles=["service"])
    for wrong in (secret[:-1], secret + "0", secret.swapcase(), secret + "\n", "", "bz_", "\ud800" * 52):
        assert keys.check(wrong) is None
        assert keys.keyring().check(wrong, NOW) is None


def test_a_well_formed_secret_of_nobody_finds_nothing(keys: Keys) -> None:
    secret = keys.add("ci", roles=["service"])
    ring = keys.keyring()
    other = keys.add("later", roles=["service"])
    assert ring.check(secret, NOW) is not None
    assert ring.check(other, NOW) is None


def test_a_revoked_key_is_refused_at_once_and_cannot_be_revoked_again(keys: Keys) -> None:
    secret = keys.add("ci", roles=["service"])
    row = keys.check(secret)
    assert row is not None
    keys.revoke(row.key)
    assert keys.check(secret) is None
    assert keys.keyring().check(secret, NOW) is None
    with pytest.raises(UnknownKey, match="no key"):
        keys.revoke(row.key)


def test_a_key_is_refused_from_the_moment_it_expires(keys: Keys, state: State) -> None:
    secret = keys.add("ci", roles=["service"], expires=LATER)
    for now, usable in ((LATER - timedelta(microseconds=1), True), (LATER, False)):
        assert (Keys(state, clock=lambda now=now: now).check(secret) is not None) == usable
        assert (keys.keyring().check(secret, now) is not None) == usable


def test_rotation_puts_a_new_secret_of_the_same_scope_in_the_old_ones_place(keys: Keys, ledger: Ledger) -> None:
    old = keys.add("ci", tenant="acme", roles=["service"], routes=["/v1/chat"], expires=LATER)
    before = keys.check(old)
    assert before is not None
    new = keys.rotate(before.key, tenant="acme", actor="person:ada")
    after = keys.check(new)
    assert after is not None
    assert keys.check(old) is None
    assert after.key != before.key
    scopes = [(row.name, row.tenant, row.roles, row.routes, row.expires) for row in (before, after)]
    assert scopes[0] == scopes[1]
    bodies = [record.body for record in records(ledger)]
    assert [body.name for body in bodies if isinstance(body, Event)] == ["key.added", "key.added", "key.revoked"]


def test_an_expired_key_is_rotated_only_to_a_new_expiry(keys: Keys, state: State) -> None:
    keys.add("ci", roles=["service"], expires=NOW + timedelta(days=1))
    late = Keys(state, clock=lambda: LATER)
    [row] = late.list()
    with pytest.raises(UsageError, match="cannot expire"):
        late.rotate(row.key)
    assert late.check(late.rotate(row.key, expires=LATER + timedelta(days=1))) is not None


def test_keys_of_another_tenant_are_neither_listed_nor_revoked(keys: Keys) -> None:
    secret = keys.add("ci", tenant="acme", roles=["service"])
    row = keys.check(secret)
    assert row is not None
    assert keys.list("main") == []
    assert [one.key for one in keys.list(None)] == [row.key]
    with pytest.raises(UnknownKey):
        keys.revoke(row.key, tenant="main")
    assert keys.check(secret) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 129},
        {"name": "a\nb"},
        {"roles": []},
        {"roles": ["Admin"]},
        {"roles": ['x"']},
        {"routes": ["v1"]},
        {"routes": ["/v1/**"]},
        {"routes": ["/*/x"]},
        {"expires": NOW},
        {"expires": datetime(2999, 1, 1)},
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(keys: Keys, ledger: Ledger, wrong: dict[str, Any]) -> None:
    whole: dict[str, Any] = {"name": "ci", "roles": ["service"]} | wrong
    with pytest.raises(BartizanError):
        keys.add(whole.pop("name"), **whole)
    assert records(ledger) == []


def test_a_key_asks_in_its_own_name_roles_and_tenant(keys: Keys) -> None:
    row = keys.check(keys.add("ci", tenant="acme", roles=["service"]))
    assert row is not None
    principal = principal_of(row)
    assert str(principal) == f"key:{row.key}"
    engine = Engine(default())
    mine, theirs = Resource(Asset("endpoint", "chat"), "acme"), Resource(Asset("endpoint", "chat"), "main")
    assert engine.decide(Request(principal, "call", mine, {"route": "/v1/chat"})).allowed
    assert not engine.decide(Request(principal, "call", theirs, {"route": "/v1/chat"})).allowed


@pytest.mark.parametrize(
    ("routes", "path", "covered"),
    [
        ([], "/anything", True),
        (["/v1/chat"], "/v1/chat", True),
        (["/v1/chat"], "/v1/chat/", False),
        (["/v1/chat"], "/v1/chats", False),
        (["/v1/*"], "/v1/chat", True),
        (["/v1/*"], "/v1", False),
        (["/v1/*"], "/v1/../admin", False),
        (["/v1/*"], "/v1/./chat", False),
        (["/v1/*"], "/v1/%2e%2e/admin", False),
        (["/v1/*"], "/v1//chat", False),
        (["/v1/*"], "/v1/..\\admin", False),
        (["/a", "/b"], "/b", True),
        (["/*"], "/anything", True),
    ],
)
def test_routes_cover_exact_paths_and_prefixes_and_nothing_ambiguous(
    routes: list[str], path: str, covered: bool
) -> None:
    assert covers(routes, path) is covered
