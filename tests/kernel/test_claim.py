from datetime import UTC, datetime

import pytest

from bartizan.kernel import Claim, Policy

NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize("standing", ["holds", "fails"])
def test_a_claim_cannot_hold_or_fail_without_a_record(standing: str) -> None:
    with pytest.raises(ValueError, match="without a record"):
        Claim(name="scanned", asset="model:x", standing=standing, since=NOW)  # type: ignore[arg-type]
    assert Claim(name="scanned", asset="model:x", standing=standing, since=NOW, because=("id",)).because == ("id",)  # type: ignore[arg-type]


def test_what_nobody_looked_at_is_unknown() -> None:
    assert Claim(name="scanned", asset="model:x", standing="unknown", since=NOW).because == ()


def test_a_policy_is_known_by_the_digest_of_its_text() -> None:
    assert Policy("permit;", "a").digest == Policy("permit;", "b").digest != Policy("forbid;").digest
