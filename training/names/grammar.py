"""What the slots of the sentences are filled with: people, places and organisations of many cultures."""

import random
import tomllib
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
PERSON, PLACE, ORGANISATION = "person", "place", "organisation"

Pieces = list[tuple[str, str]]
"""Texts in a row, each with the kind of name that it is, or nothing."""

MADE_UP = 0.3
"""Share of surnames and towns that are on no list, so that endings and surroundings have to be learnt."""
ELSEWHERE = 0.1
"""Share of names from another culture than that of the sentence."""
JOINED = 0.2
"""Share of surnames with a `de` or `van` before them, where these are at home."""
LETTERS = "ABCDEFGHIJKLMNOPRSTUVWZ"
DRAWS = 12


@cache
def people() -> dict[str, dict[str, list[str]]]:
    """First names, surnames, endings of surnames and small words between names, by culture."""
    table = tomllib.loads((HERE / "people.toml").read_text("utf-8"))
    return {
        culture: {
            "first": names["first"].split(),
            "last": names["last"].split(),
            "endings": names.get("endings", "").split(),
            "joint": names["joint"].split("|") if "joint" in names else [],
        }
        for culture, names in table.items()
    }


@cache
def listed(file: str) -> dict[str, list[str]]:
    """The lists of a file; those with bars hold entries of several words."""
    table = tomllib.loads((HERE / f"{file}.toml").read_text("utf-8"))
    flat = {key: value for key, value in table.items() if isinstance(value, str)} | table.get("endings", {})
    return {
        key: [part.strip("\n") for line in value.split("\n") for part in line.split("|") if part.strip()]
        if "|" in value
        else value.split()
        for key, value in flat.items()
    }


class Names:
    """Names for one sentence, whose people share a culture as a rule."""

    def __init__(self, dice: random.Random, cultures: tuple[str, ...], *, cyrillic: bool) -> None:
        self.dice = dice
        self.cyrillic = cyrillic
        self.culture = dice.choice(cultures or tuple(people()))

    # People

    def person(self) -> Pieces:
        return self.dice.choices((self.full, self.first, self.titled, self.last), (5, 3, 1, 2))[0]()

    def full(self) -> Pieces:
        first, last, form = self.first_name(), self.last_name(), self.dice.random()
        if self.culture == "hungarian" and form < 0.5:
            return [(f"{last} {first}", PERSON)]
        if form < 0.1:
            return [(f"{first} {self.dice.choice(LETTERS)}{self.dice.choice(('. ', ' '))}{last}", PERSON)]
        if form < 0.16:
            return [(f"{first} {self.first_name()} {last}", PERSON)]
        if form < 0.19:
            return [(f"{first[0]}. {last}", PERSON)]
        if form < 0.22:
            return [(f"{first} {last}{self.dice.choice(' -')}{self.last_name()}", PERSON)]
        if form < 0.24:
            return [(f"{first} {last}", PERSON), (self.dice.choice(listed("words")["after-names"]), "")]
        return [(f"{first} {last}", PERSON)]

    def first(self) -> Pieces:
        return [(self.first_name(), PERSON)]

    def last(self) -> Pieces:
        return [(self.last_name(), PERSON)]

    def titled(self) -> Pieces:
        return [(f"{self.title()} ", ""), *self.last()]

    def title(self) -> str:
        return self.dice.choice(listed("words")["titles"])

    def first_name(self) -> str:
        return self._written(people()[self._someone()]["first"])

    def last_name(self) -> str:
        names = people()[self._someone()]
        last = self._written(names["last"])
        if names["endings"] and self.dice.random() < MADE_UP:
            last = self._stem(self._written(names["last"])) + self._written(names["endings"])
        if names["joint"] and not self.cyrillic and self.dice.random() < JOINED:
            joint = self.dice.choice(names["joint"])
            last = f"{joint}{'' if joint[-1] in chr(39) + '-' else ' '}{last}"
        return last

    def _someone(self) -> str:
        """The culture of the sentence, or now and then another."""
        return self.culture if self.dice.random() >= ELSEWHERE else self.dice.choice(tuple(people()))

    def _written(self, names: list[str]) -> str:
        """One of the names in the letters of the sentence, if there is one."""
        for _ in range(DRAWS):
            name = self.dice.choice(names)
            if ("\u0410" <= name[-1] <= "\u044f") == self.cyrillic:
                break
        return name

    def _stem(self, name: str) -> str:
        """The beginning of a name, up to a consonant."""
        cut = self.dice.randint(3, max(3, len(name) - 2))
        return name[:cut].rstrip("aeiouyąęěíáéóúüöäåèê'- ") or name[:3]

    # Places

    def place(self) -> Pieces:
        return self.dice.choices((self.city, self.country, self.region, self.city_in), (10, 5, 3, 2))[0]()

    def city_in(self) -> Pieces:
        return [*self.city(), (", ", ""), *self.dice.choice((self.country, self.region))()]

    def city(self) -> Pieces:
        if not self.cyrillic and self.dice.random() < MADE_UP:
            return [(self._town(), PLACE)]
        return [(self._of_places("cities", 0.85), PLACE)]

    def country(self) -> Pieces:
        return _without_article(self._of_places("countries", 0.8))

    def region(self) -> Pieces:
        return _without_article(self._of_places("regions", 0.75))

    def place_or_org(self) -> Pieces:
        return self.dice.choice((self.place, self.org))()

    def _of_places(self, what: str, single: float) -> str:
        """A name of one word this often, and else one of several."""
        return self._written(listed("places")[what if self.dice.random() < single else f"{what}-many"])

    def _town(self) -> str:
        """A town that is on no list."""
        places, dice = listed("places"), self.dice
        endings = places[
            dice.choice(("english", "german", "french", "nordic", "slavic", "romance", "finnish", "other"))
        ]
        root = dice.choice((self.first_name(), self.last_name(), dice.choice(places["cities"])))
        town = self._stem(root.split()[-1].split("-")[0]).capitalize() + dice.choice(endings)
        form = dice.random()
        if form < 0.1:
            return f"{dice.choice(places['before-towns'])} {town}"
        if form < 0.15:
            return f"{town} {dice.choice(places['after-towns'])}"
        return f"{town}{dice.choice(places['tails-of-towns'])}" if form < 0.18 else town

    # Organisations

    def org(self) -> Pieces:
        return [(self._organisation(), ORGANISATION)]

    def _organisation(self) -> str:
        lists, dice, form = listed("organisations"), self.dice, self.dice.random()
        if form < 0.16:
            return f"{self.brand()} {dice.choice(lists['forms'])}"
        if form < 0.31:
            return f"{self.brand()} {dice.choice(lists['kinds'])}"
        if form < 0.34:
            return f"{self.brand()} {dice.choice(lists['kinds'])} {dice.choice(lists['forms'])}"
        if form < 0.52:
            return self.brand()
        if form < 0.62:
            return dice.choice(lists["known"])
        if form < 0.645:
            return f"{self.last_name()}, {self.last_name()} and {self.last_name()}"
        if form < 0.68:
            return f"{self.last_name()}{dice.choice((' & ', ' and ', '-'))}{self.last_name()}"
        if form < 0.76:
            return f"{self.last_name()} {dice.choice((*lists['forms'], *lists['kinds']))}"
        if form < 0.80:
            return "".join(dice.choices(LETTERS, k=dice.randint(2, 5)))
        if form < 0.82:
            return f"{self.city()[0][0]} {dice.choice((*lists['kinds'], *lists['forms']))}"
        return self._public()

    def brand(self) -> str:
        """A name as firms make them up."""
        lists, dice, form = listed("organisations"), self.dice, self.dice.random()
        word = dice.choice(lists["words"])
        if form < 0.35:
            return word
        if form < 0.75:
            return dice.choice(lists["starts"]) + dice.choice(lists["ends"])
        if form < 0.83:
            return f"{word} {dice.choice(lists['words'])}"
        if form < 0.9:
            return word + dice.choice(lists["ends"])
        if form < 0.96:
            return word + dice.choice(lists["words"])
        nouns = listed("words")["nouns"]
        return f"{dice.choice(nouns).capitalize()}{dice.choice(('', ' '))}{dice.choice(nouns).capitalize()}"

    def _public(self) -> str:
        """A school, a club, a ministry."""
        name = self.dice.choice(listed("organisations")["public"])
        for slot, make in (("place", self.city), ("country", self.country), ("first", self.first), ("last", self.last)):
            if f"{{{slot}}}" in name:
                name = name.replace(f"{{{slot}}}", make()[-1][0])
        return name


def _without_article(name: str) -> Pieces:
    return [("the ", ""), (name[4:], PLACE)] if name.startswith("the ") else [(name, PLACE)]
