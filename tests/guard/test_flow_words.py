"""Words: the same number, date and time are known again however they are written."""

import time

import pytest

from bartizan.guard.flow_words import dates, moment, names, number, numbers, times, words


def test_words_are_whole_and_in_lower_case():
    assert words("It's  John_Smith-2@Mail.com!") == " it s john smith 2 mail com "
    assert words("...") == "  "


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("98.70", {"98.7"}),
        ("$30,000 or 30'000.50", {"30000", "30", "30000.5"}),
        ("1.234,56 EUR", {"1234.56"}),
        ("1.234", {"1234", "1.234"}),
        ("-5 and 007 on the 11th", {"-5", "7", "11"}),
        ("US133000000121212121212", set()),
    ],
)
def test_numbers_are_read_in_all_the_ways_they_may_be_meant(text: str, found: set[str]):
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("value", "form"), [(98.7, "98.7"), ("$98.70", "98.7"), (1_000_000, "1000000"), ("a1", ""), (-0.5, "-0.5")]
)
def test_a_number_has_one_form(value: float | str, form: str):
    assert number(value) == form


@pytest.mark.parametrize(
    "text",
    ["on 2024-05-13", "May 13th, 2024", "from the 13th to the 17th of May 2024", "13 May", "13.05.2024", "05/13/2024"],
)
def test_a_date_is_known_again(text: str):
    assert {"2024-05-13", "--05-13"} & dates(words(text))


@pytest.mark.parametrize("text", ["2024-05-14", "May 13th 2023", "June 13", "13 maps", "31.05.2024"])
def test_another_date_is_not(text: str):
    assert not {"2024-05-13", "--05-13"} & dates(words(text))


def test_noon_and_midnight_and_bare_numbers():
    assert times(words("12 am, 12pm, 3 apples, 9am")) == {"00:00", "12:00", "09:00"}


@pytest.mark.parametrize("text", ["at 14:30", "2:30 pm", "2:30pm"])
def test_a_time_is_known_again(text: str):
    assert times(words(text)) == {"14:30"}


def test_a_moment_is_a_date_and_perhaps_a_time_and_nothing_else():
    assert moment("2024-05-19 12:00") == ("2024-05-19", "12:00")
    assert moment("2024-05-19T12:00:00Z") == ("2024-05-19", "12:00")
    assert moment("2024-05-19") == ("2024-05-19", "")
    assert moment("2024-13-19") is None
    assert moment("on 2024-05-19") is None


def test_names_are_what_things_are_reached_by():
    text = "Write (a@b.org), see https://x.example/a?b=c. File notes.txt, code 463820, but 12 plain words-here"
    assert [name.text for name in names(text)] == ["a@b.org", "https://x.example/a?b=c", "notes.txt", "463820"]


def test_hostile_texts_take_linear_time():
    began = time.perf_counter()
    for text in (
        "1," * 100_000,
        "may " * 50_000,
        "may 99 " * 50_000,
        "1 2 " * 50_000,
        "1.111" * 50_000,
        "'" * 200_000,
        "2024-" * 50_000,
        "a@" * 100_000,
    ):
        numbers(text)
        list(names(text))
        dates(words(text))
        times(words(text))
    assert time.perf_counter() - began < 20
