import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifacts.admit import Reference
from bartizan.artifacts.admit.reference import checked_root
from bartizan.kernel import UsageError

ROOT = "0a" * 32


@pytest.mark.parametrize("text", [f"sha256:{ROOT}", f"llama@sha256:{ROOT}", f"org/llama-3.1_8b@sha256:{ROOT}"])
def test_a_reference_reads_as_it_is_written(text: str) -> None:
    assert str(Reference.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "llama", ROOT, f"@sha256:{ROOT}", f"llama@sha1:{ROOT}", f"llama@sha256:{ROOT.upper()}",
        f"llama@sha256:{ROOT}0", f"llama@sha256:{ROOT}\n", "llama@sha256:../../etc", f"../x@sha256:{ROOT}",
        f"a/../b@sha256:{ROOT}", f"/etc@sha256:{ROOT}", f"a//b@sha256:{ROOT}", f".hidden@sha256:{ROOT}",
        f"a\0b@sha256:{ROOT}", f"a\u202eb@sha256:{ROOT}", f"{'a' * 300}@sha256:{ROOT}", f"a\\b@sha256:{ROOT}",
        f"sha256:{chr(0x660) * 64}",
    ],
)  # fmt: skip
def test_what_could_be_read_otherwise_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Reference.parse(text)


@given(st.text(max_size=70) | st.text("0123456789abcdefABCDEF./", min_size=63, max_size=65))
def test_a_root_is_64_hex_digits_or_refused(text: str) -> None:
    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        assert checked_root(text) == text
    else:
        with pytest.raises(UsageError):
            checked_root(text)
