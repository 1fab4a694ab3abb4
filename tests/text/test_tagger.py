"""The names tagger finds names by their looks and surroundings, anywhere in a text, and in nothing else."""

import itertools
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.text.tagger import KEPT_WORDS, Name, NameTagger, own_tagger
from bartizan.text.tagger_words import MANNERS


def found(text: str) -> list[tuple[str, str]]:
    return [(text[name.start : name.end], name.kind) for name in own_tagger().tag(text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("My name is Oluwaseun Adeyemi and I live in Ibadan.", [("Oluwaseun Adeyemi", "person"), ("Ibadan", "place")]),
        ("Dear Ms. Castellanos, thank you for your order.", [("Castellanos", "person")]),
        ("She works for Brightwater Analytics Ltd.", [("Brightwater Analytics Ltd.", "organisation")]),
        ("Frau Lindenthal wohnt in Osnabrück.", [("Lindenthal", "person"), ("Osnabrück", "place")]),
        ("Bonjour, je m'appelle Mathilde Garrec.", [("Mathilde Garrec", "person")]),
        ("Меня зовут Ольга Тарасова.", [("Ольга Тарасова", "person")]),
    ],
)  # fmt: skip
def test_names_are_found_whole_and_of_their_kind(text: str, names: list[tuple[str, str]]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Please check the invoice before the meeting and send the report to the team.",
        "def parse_header(line: str) -> Header:\n    return Header(line.strip().split(':'))",
        "The Quick Start Guide explains how to install the package on Linux.",
        "SELECT name, price FROM orders WHERE status = 'open' ORDER BY price;",
        "Der Vertrag ist unterschrieben und die Rechnung bezahlt.",
        "今天天气很好我们去公园散步吧",
        "",
        " \n\t\n",
        "... --- ... !!! ???",
    ],
)
def test_ordinary_text_and_code_have_no_names(text: str) -> None:
    assert found(text) == []


def test_a_name_is_found_without_capitals_and_in_capitals() -> None:
    assert ("maria rossi", "person") in found("my name is maria rossi and i live in rome")
    assert ("MARIA ROSSI", "person") in found("MY NAME IS MARIA ROSSI AND I LIVE IN ROME")


def test_addresses_and_code_hold_no_names() -> None:
    assert found("write to PeterMiller@example.org or see https://example.org/PeterMiller") == []
    assert found("obj.Peter(Miller.first)") == []


def test_the_same_name_is_found_at_every_place_of_a_long_text() -> None:
    name = "My name is Oluwaseun Adeyemi."
    filler = "the meeting about the report was moved to the next week because of the weather\n" * 40
    for lines in (0, 7, 40):
        head = "".join(filler.splitlines(keepends=True)[:lines])
        text = f"{head}{name}\n{filler}"
        assert [(text[start:end], kind) for start, end, kind, _ in own_tagger().tag(text)] == [
            ("Oluwaseun Adeyemi", "person")
        ]


def test_a_text_of_more_words_than_are_kept_is_read_to_its_end() -> None:
    words = " ".join(f"w{'abcdefghij'[number % 10]}{number}" for number in range(2 * KEPT_WORDS))
    text = f"{words}. My name is Oluwaseun Adeyemi."
    assert [text[name.start : name.end] for name in own_tagger().tag(text)][-1:] == ["Oluwaseun Adeyemi"]


def test_time_grows_with_the_text_and_not_faster() -> None:
    tagger = own_tagger()
    hostile = ("Xq" * 3 + " ") * 20_000

    def spent(text: str) -> float:
        began = time.thread_time()
        tagger.tag(text)
        return time.thread_time() - began

    short, long = min(spent(hostile[:14_000]) for _ in range(3)), min(spent(hostile) for _ in range(3))
    assert long < 10 * 6 * short


def test_words_that_another_thread_has_taken_in_are_not_taken_in_again() -> None:
    tagger = NameTagger(own_tagger()._weights)
    known = tagger._holding({"Weber"}, MANNERS[0])

    class Late(set[str]):
        """Words that look new until the lock is held."""

        def __sub__(self, other: object) -> set[str]:
            return set(self) if other is not None and not tagger._lock.locked() else set()

    assert tagger._holding(Late({"Weber"}), MANNERS[0]) is known


def test_threads_share_a_tagger() -> None:
    texts = [
        f"My name is {first} Adeyemi and I know Mr. {last}."
        for first in ("Anna", "Pedro", "Yuki")
        for last in ("Weber", "Okafor")
    ]
    alone = [own_tagger().tag(text) for text in texts]
    shared = NameTagger(own_tagger()._weights)
    told: dict[int, list[list[Name]]] = {}

    def work(number: int) -> None:
        told[number] = [shared.tag(text) for _ in range(20) for text in texts]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(told[number] == alone * 20 for number in range(4))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_names_lie_in_order_inside_the_text_and_do_not_overlap(text: str) -> None:
    names = own_tagger().tag(text)
    assert all(0 <= name.start < name.end <= len(text) and 0 < name.score < 1 for name in names)
    assert all(left.end <= right.start for left, right in itertools.pairwise(names))


def test_lone_surrogates_and_long_words_are_read() -> None:
    assert ("Anna", "person") in found("My name is Anna.\ud800 It is \udfff late.")
    assert len(own_tagger().tag("A" * 100_000)) <= 1
