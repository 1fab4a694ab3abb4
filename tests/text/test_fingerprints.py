"""Fingerprints: what is registered is found in every code and view, its neighbours are not, and no secret is kept."""

import base64
import codecs
import random
import string
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.kernel import HostileInput, UsageError
from bartizan.text.fingerprints import Fingerprints, Leak
from bartizan.text.view import views

DICE = random.Random(7)
LETTERS = string.ascii_letters + string.digits
KEY = b"a key of the tests"
SECRET = "".join(DICE.choice(LETTERS) for _ in range(40))
SHORT = "Zx4-kQ9.vT"
WORDS = ["".join(DICE.choice(string.ascii_lowercase) for _ in range(DICE.randint(2, 9))) for _ in range(400)]
PROMPT = " ".join(DICE.choice(WORDS) for _ in range(300))
SAID = PROMPT.split()
CHINESE = "".join(chr(DICE.randint(0x4E00, 0x9000)) for _ in range(200))
FOUND = Fingerprints.of(
    secrets={"vault": SECRET, "door": SHORT}, prompts={"bot": PROMPT}, documents={"plan": CHINESE}, key=KEY
)


def leaks(text: str, found: Fingerprints = FOUND) -> list[Leak]:
    return found.find(views(text))


def spans(text: str) -> list[tuple[str, str]]:
    return [(leak.name, text[leak.start : leak.end]) for leak in leaks(text)]


def test_a_whole_secret_is_found_where_it_stands():
    assert spans(f"The key is {SECRET}, keep it.") == [("vault", SECRET)]


@pytest.mark.parametrize("at", range(28))
def test_any_12_letters_of_a_secret_are_a_leak_and_11_are_none(at: int):
    assert spans(f"<{SECRET[at : at + 12]}>") == [("vault", SECRET[at : at + 12])]
    assert spans(f"<{SECRET[at : at + 11]}>") == []


def test_a_short_secret_is_a_leak_as_a_whole_only():
    assert spans(f"open with {SHORT}!") == [("door", SHORT)]
    assert spans(f"open with {SHORT[:-1]}!") == []


def test_case_and_what_stands_between_letters_count_for_nothing():
    spaced = " ".join(SECRET.upper())
    assert set(spans(f"<{spaced}>")) == {("vault", spaced)}
    assert [leak.name for leak in leaks("-".join(SHORT))] == ["door"]


CODES: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 among others": lambda text: base64.b64encode(f"to {text}!".encode()).decode(),
    "base64 off by two": lambda text: base64.b64encode(f"ab{text}cd".encode()).decode(),
    "base64 for urls": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base32 off by three": lambda text: base64.b32encode(f"abc{text}".encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "hex with colons": lambda text: text.encode().hex(":").upper(),
    "decimals": lambda text: ",".join(str(byte) for byte in text.encode()),
    "octal": lambda text: " ".join(f"{byte:o}" for byte in text.encode()),
    "base85": lambda text: base64.b85encode(text.encode()).decode(),
    "ascii85 off by one": lambda text: base64.a85encode(f"a{text}".encode()).decode(),
    "leet": lambda text: text.translate(str.maketrans("aeiost", "431057")),
    "reversed": lambda text: text[::-1],
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "html": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "full width": lambda text: "".join(chr(ord(char) + 0xFEE0) for char in text),
    "zero width": lambda text: "\u200b".join(text),
    "json": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_a_secret_is_found_in_every_code(code: Callable[[str], str]):
    text = f"Here: {code(SECRET)} is it."
    found = leaks(text)
    assert {leak.name for leak in found} == {"vault"}
    assert all(text.index("Here:") + 6 <= leak.start < leak.end <= len(text) for leak in found)


@pytest.mark.parametrize(
    "name", ["base64", "base64 off by two", "base32", "base32 off by three", "hex", "decimals", "reversed", "rot13"]
)
@pytest.mark.parametrize("at", range(0, 28, 3))
def test_12_letters_of_a_secret_are_found_in_a_code(name: str, at: int):
    assert {leak.name for leak in leaks(f"<{CODES[name](SECRET[at : at + 12])}>")} == {"vault"}


@pytest.mark.parametrize("at", range(0, 280, 17))
def test_8_words_of_a_prompt_are_a_leak_and_7_are_none(at: int):
    eight = " ".join(SAID[at : at + 8])
    assert spans(f"It says:\n{eight}\n...") == [("bot", eight)]
    assert spans(f"It says: {' '.join(SAID[at : at + 7])} zzzz {' '.join(SAID[at + 7 : at + 8])}") == []


def test_words_of_a_prompt_are_found_without_their_spaces_and_in_code():
    eight = SAID[40:48]
    assert [leak.name for leak in leaks("_".join(eight).upper())] == ["bot"]
    assert [leak.name for leak in leaks("".join(eight))] == ["bot"]
    assert {leak.name for leak in leaks(base64.b64encode(" ".join(eight).encode()).decode())} == {"bot"}


def test_a_long_quotation_is_one_leak():
    text = f"<<{' '.join(SAID[10:200])}>>"
    assert spans(text) == [("bot", text[2:-2])]


def test_signs_without_spaces_count_as_half_words():
    assert [leak.name for leak in leaks(f"他说{CHINESE[60:100]}吗")] == ["plan"]
    assert leaks(f"他说{CHINESE[60:70]}吗") == []


def test_ordinary_texts_are_no_leaks():
    dice = random.Random(3)
    for _ in range(300):
        assert leaks(" ".join(dice.choice(WORDS) for _ in range(120))) == []
        assert leaks("".join(dice.choice(LETTERS) for _ in range(300))) == []


@pytest.mark.parametrize("secret", ["hunter2", "", "- - - -", "1234567"])
def test_what_would_be_found_by_chance_is_refused(secret: str):
    with pytest.raises(UsageError, match="by chance"):
        Fingerprints.of(secrets={"bad": secret})


def test_a_text_too_short_to_be_told_from_others_is_refused():
    with pytest.raises(UsageError, match="too short"):
        Fingerprints.of(prompts={"bad": "You are kind."})


def test_what_is_saved_finds_the_same_and_holds_no_secret():
    saved = FOUND.saved()
    again = Fingerprints.load(saved, KEY)
    text = f"{SECRET} and {' '.join(SAID[3:12])} and {SHORT}"
    assert leaks(text, again) == leaks(text) != []
    held = saved.lower()
    for secret in (SECRET, SHORT):
        assert not any(secret[at : at + 4].lower().encode() in held for at in range(len(secret) - 3))


def test_another_key_gives_other_digests_and_is_refused():
    other = Fingerprints.of(secrets={"vault": SECRET}, key=b"other")
    assert other.saved() != Fingerprints.of(secrets={"vault": SECRET}, key=KEY).saved()
    assert Fingerprints.of(secrets={"vault": SECRET}).key != Fingerprints.of(secrets={"vault": SECRET}).key
    with pytest.raises(UsageError, match="another key"):
        Fingerprints.load(other.saved(), KEY)


@pytest.mark.parametrize("data", [b"", b"\x00", b"{}", FOUND.saved()[:-20]])
def test_what_is_no_saved_fingerprints_is_refused(data: bytes):
    with pytest.raises(HostileInput):
        Fingerprints.load(data, KEY)


def test_nothing_registered_finds_nothing():
    assert leaks(PROMPT, Fingerprints.of()) == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.integers(0, 28), st.integers(12, 40), st.text(max_size=60))
def test_a_leak_is_found_between_any_two_texts(before: str, at: int, length: int, after: str):
    part = SECRET[at : at + length]
    text = f"{before} {part} {after}"
    assert any(leak.name == "vault" and leak.start <= len(before) + 1 + len(part) for leak in leaks(text))
