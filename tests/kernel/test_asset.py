import pytest
from hypothesis import given

from bartizan.kernel import Asset, UsageError
from tests.kernel.strategies import ASSETS, DIGESTS


@given(ASSETS)
def test_an_asset_reads_back_from_its_text(asset: Asset) -> None:
    assert Asset.parse(str(asset)) == asset


def test_a_name_may_hold_colons_and_at_signs() -> None:
    asset = Asset.parse("key:alice@example.org:laptop")
    assert (asset.kind, asset.name, asset.digest) == ("key", "alice@example.org:laptop", None)


@given(DIGESTS)
def test_the_thing_is_the_asset_without_its_digest(digest: str) -> None:
    assert Asset("model", "resnet", digest).thing == Asset("model", "resnet")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Model", "x"),
        ("", "x"),
        ("model", ""),
        ("model", " x"),
        ("model", "x" * 1025),
        ("model", "pay\u200bload"),
        ("model", "a\u202eb"),
        ("model", "e\u0301"),
        ("model", "two\nlines"),
        ("model", "a\u3164"),
        ("model", "a\ufe0fb"),
        ("model", "a\U000e0141b"),
        ("model", "a\u2800b"),
        ("model", "a\u00a0b"),
        ("model", "a\u3000b"),
        ("model", "x@sha256:" + "0" * 64),
    ],
)
def test_a_name_that_could_pass_for_another_is_refused(kind: str, name: str) -> None:
    with pytest.raises(ValueError, match=r"asset|kind"):
        Asset(kind, name)


@pytest.mark.parametrize(
    "digest", ["sha256:short", "md5:" + "0" * 64, "sha256:" + "A" * 64, "sha256:" + "0" * 64 + "\n"]
)
def test_a_malformed_digest_is_refused(digest: str) -> None:
    with pytest.raises(ValueError, match="no digest"):
        Asset("model", "x", digest)


def test_text_without_a_kind_says_how_to_write_one() -> None:
    with pytest.raises(UsageError, match="Write kind:name"):
        Asset.parse("resnet")
