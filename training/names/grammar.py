"""What the slots of the sentences are filled with: people, places and organisations of many cultures, and words that name nobody."""

import random
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent

PERSON, PLACE, ORGANISATION = "person", "place", "organisation"
Pieces = list[tuple[str, str]]
"""Texts in a row, each with the kind of name that it is, or nothing."""

MADE_UP = 0.3
"""Share of surnames and towns that are on no list, so that endings and surroundings have to be learnt."""


@cache
def people() -> dict[str, dict[str, list[str]]]:
    """First names, surnames, endings of surnames and small words between names, by culture."""
    table = tomllib.loads((HERE / "people.toml").read_text("utf-8"))
    return {
        culture: {
            "first": names["first"].split(),
            "last": names["last"].split(),
            "endings": names.get("endings", "").split(),
            "joint": names.get("joint", "").split("|") if "joint" in names else [],
        }
        for culture, names in table.items()
    }


@cache
def listed(file: str) -> dict[str, list[str]]:
    """The lists of a file; those with bars hold names of several words."""
    table = tomllib.loads((HERE / f"{file}.toml").read_text("utf-8"))
    flat = {key: value for key, value in table.items() if isinstance(value, str)}
    flat |= table.get("endings", {})
    return {
        key: [part.strip() for line in value.split("\n") for part in line.split("|") if part.strip()]
        if "|" in value
        else value.split()
        for key, value in flat.items()
    }


class Fillers:
    """Fills slots for one sentence, whose people share a culture as a rule."""

    def __init__(self, dice: random.Random, cultures: tuple[str, ...], *, cyrillic: bool = False) -> None:
        self.dice = dice
        self.cyrillic = cyrillic
        self.speech = ""
        self.cultures = cultures or tuple(people())
        self.culture = dice.choice(self.cultures)

    def fill(self, slot: str) -> Pieces:
        """What stands in the place of the slot."""
        make: Callable[[], Pieces | str] = getattr(self, slot.removeprefix("title_").removeprefix("upper_"))
        made = make()
        if slot.startswith("title_"):
            return [(str(made).capitalize(), "")]
        if slot.startswith("upper_"):
            return [(str(made).upper(), "")]
        return [(made, "")] if isinstance(made, str) else made

    # People

    def person(self) -> Pieces:
        return self.dice.choices((self.full, self.first, self.last_titled, self.last), (5, 3, 1, 2))[0]()

    def full(self) -> Pieces:
        first, last = self._first(), self._last()
        form = self.dice.random()
        if self.culture == "hungarian" and form < 0.5:
            return [(f"{last} {first}", PERSON)]
        if form < 0.1:
            return [(f"{first} {self.dice.choice('ABCDEFGHJKLMNPRSTVW')}{self.dice.choice(('. ', ' '))}{last}", PERSON)]
        if form < 0.16:
            return [(f"{first} {self._first()} {last}", PERSON)]
        if form < 0.19:
            return [(f"{first[0]}. {last}", PERSON)]
        if form < 0.22:
            return [(f"{first} {last}{self.dice.choice((' ', '-'))}{self._last()}", PERSON)]
        if form < 0.24:
            return [(f"{first} {last}", PERSON), (self.dice.choice((" MD", " Jr.", " PhD", ", Ph.D.", " III")), "")]
        return [(f"{first} {last}", PERSON)]

    def first(self) -> Pieces:
        return [(self._first(), PERSON)]

    def last(self) -> Pieces:
        return [(self._last(), PERSON)]

    def last_titled(self) -> Pieces:
        return [(f"{self.title()} ", ""), *self.last()]

    def title(self) -> str:
        return self.dice.choice(
            ("Mr.", "Mrs.", "Ms.", "Dr.", "Mr", "Mrs", "Ms", "Dr", "Miss", "Prof.", "Professor", "Sir")
        )

    def _first(self) -> str:
        return self._written(people()[self._anyone()]["first"])

    def _last(self) -> str:
        names = people()[self._anyone()]
        last = self._written(names["last"])
        if names["endings"] and self.dice.random() < MADE_UP:
            last = self._stem(self._written(names["last"])) + self._written(names["endings"])
        if names["joint"] and not self.cyrillic and self.dice.random() < 0.2:
            joint = self.dice.choice(names["joint"])
            last = f"{joint}{'' if joint[-1] in '-’' + chr(39) else ' '}{last}"
        return last

    def _anyone(self) -> str:
        """The culture of the sentence, or now and then another."""
        return self.culture if self.dice.random() < 0.9 else self.dice.choice(tuple(people()))

    def _written(self, names: list[str]) -> str:
        """One of the names in the letters of the sentence, if there is one."""
        for _ in range(12):
            name = self.dice.choice(names)
            if ("А" <= name[-1] <= "я") == self.cyrillic:
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
        places = listed("places")
        if not self.cyrillic and self.dice.random() < MADE_UP:
            return [(self._made_up_town(), PLACE)]
        return [(self._written(places["cities"] if self.dice.random() < 0.85 else places["cities-many"]), PLACE)]

    def country(self) -> Pieces:
        places = listed("places")
        name = self._written(places["countries"] if self.dice.random() < 0.8 else places["countries-many"])
        return [("the ", ""), (name[4:], PLACE)] if name.startswith("the ") else [(name, PLACE)]

    def region(self) -> Pieces:
        places = listed("places")
        name = self.dice.choice(places["regions"] if self.dice.random() < 0.75 else places["regions-many"])
        return [("the ", ""), (name[4:], PLACE)] if name.startswith("the ") else [(name, PLACE)]

    def _made_up_town(self) -> str:
        endings = listed("places")[
            self.dice.choice(("english", "german", "french", "nordic", "slavic", "romance", "finnish", "other"))
        ]
        root = self.dice.choice((self._first(), self._last(), self.dice.choice(listed("places")["cities"])))
        town = self._stem(root.split()[-1].split("-")[0]).capitalize() + self.dice.choice(endings)
        form = self.dice.random()
        if form < 0.1:
            return f"{self.dice.choice(('New', 'Upper', 'Lower', 'North', 'East', 'Saint', 'St.', 'Bad', 'Port', 'Mount', 'Fort', 'Santa', 'San', 'La', 'El', 'Le', 'Nový', 'Nowy', 'Stará', 'Ober', 'Groß', 'Villa', 'Kfar', 'Al'))} {town}"
        if form < 0.15:
            return f"{town} {self.dice.choice(('Hills', 'Heights', 'Falls', 'Springs', 'Beach', 'Park', 'Valley', 'Creek', 'City', 'Green', 'Cross', 'Bay', 'Island', 'Grove', 'Mills', 'Junction'))}"
        if form < 0.18:
            return f"{town}{self.dice.choice(('-sur-Mer', '-on-Sea', ' am Main', ' an der Donau', ' de la Frontera', '-le-Grand', ' upon Tyne', '-les-Bains'))}"
        return town

    def place_or_org(self) -> Pieces:
        return self.dice.choice((self.place, self.org))()

    # Organisations

    def org(self) -> Pieces:
        return [(self._organisation(), ORGANISATION)]

    def _organisation(self) -> str:
        lists, dice = listed("organisations"), self.dice
        form = dice.random()
        if form < 0.16:
            return f"{self._brand()} {dice.choice(lists['forms'])}"
        if form < 0.34:
            return f"{self._brand()} {dice.choice(lists['kinds'])}{' ' + dice.choice(lists['forms']) if dice.random() < 0.2 else ''}"
        if form < 0.52:
            return self._brand()
        if form < 0.62:
            return dice.choice(lists["known"])
        if form < 0.68:
            return (
                f"{self._last()}, {self._last()} and {self._last()}"
                if dice.random() < 0.4
                else f"{self._last()}{dice.choice((' & ', ' and ', '-'))}{self._last()}"
            )
        if form < 0.76:
            return f"{self._last()} {dice.choice((*lists['forms'], *lists['kinds']))}"
        if form < 0.80:
            return "".join(dice.choices("ABCDEFGHIJKLMNOPRSTUVWZ", k=dice.randint(2, 5)))
        if form < 0.82:
            return f"{self.city()[0][0]} {dice.choice((*lists['kinds'], *lists['forms']))}"
        return self._public()

    def _brand(self) -> str:
        lists, dice = listed("organisations"), self.dice
        form = dice.random()
        if form < 0.35:
            return dice.choice(lists["words"])
        if form < 0.75:
            return dice.choice(lists["starts"]) + dice.choice(lists["ends"])
        if form < 0.83:
            return f"{dice.choice(lists['words'])} {dice.choice(lists['words'])}"
        if form < 0.9:
            return dice.choice(lists["words"]) + dice.choice(lists["ends"])
        if form < 0.96:
            return dice.choice(lists["words"]) + dice.choice(lists["words"])
        return f"{dice.choice(listed('words')['nouns']).capitalize()}{dice.choice(('', ' '))}{dice.choice(listed('words')['nouns']).capitalize()}"

    def _public(self) -> str:
        template = self.dice.choice(listed("organisations")["public"])
        for slot, make in (("place", self.city), ("country", self.country), ("first", self.first), ("last", self.last)):
            if f"{{{slot}}}" in template:
                template = template.replace(f"{{{slot}}}", make()[-1][0])
        return template

    # What names nobody

    def who(self) -> Pieces:
        form = self.dice.random()
        if form < 0.72:
            return self.person()
        if form < 0.8:
            return [
                (self.dice.choice(("he", "she", "they", "my sister", "our boss", "his wife", "her son", "nobody")), "")
            ]
        return [
            (
                f"{self.dice.choice(('the', 'a', 'our', 'this', 'The'))} {self.dice.choice(('', self.adj() + ' '))}{self.job()}",
                "",
            )
        ]

    def what(self) -> str:
        noun, form = self.noun(), self.dice.random()
        if form < 0.15:
            return self.dice.choice(("it", "this", "that", "everything", "nothing", "something", "them"))
        if form < 0.35:
            return f"{noun}s"
        adjective = f"{self.adj()} " if self.dice.random() < 0.4 else ""
        return f"{self.dice.choice(('the', 'a', 'his', 'her', 'their', 'my', 'our', 'this', 'that', 'some'))} {adjective}{noun}"

    def past(self) -> str:
        return _past(self.verb())

    def word(self) -> str:
        lists, form = listed("common"), self.dice.random()
        if form < 0.3:
            return self.dice.choice(lists["english-function"])
        if form < 0.6:
            return self.dice.choice(lists["english-nouns"]) + self.dice.choice(("", "", "s"))
        if form < 0.8:
            verb = self.dice.choice(lists["english-verbs"])
            return self.dice.choice((verb, f"{verb}s", _past(verb), f"{verb.removesuffix('e')}ing"))
        if form < 0.95:
            return self.dice.choice(lists["english-adjectives"]) + self.dice.choice(("", "", "", "ly"))
        return self.made()

    def made(self) -> str:
        """A word that looks like one and is on no list."""
        dice = self.dice
        starts, middles = (
            "b c d f g h l m n p r s t v w br cl cr dr fl gr pl pr sc sl sp st str tr th".split(),
            "a e i o u ea ou ai".split(),
        )
        stem = "".join(dice.choice(starts) + dice.choice(middles) for _ in range(dice.randint(1, 3))) + dice.choice(
            "bcdfglmnprst"
        )
        return stem + dice.choice(
            "ing ed ly tion ment ness able ful less ize ity ous al ive ic er est ism ist y s es ance ence ure age ation".split()
        )

    def code(self) -> str:
        return self.dice.choice(listed("common")["english-code"])

    def snake(self) -> str:
        return self.dice.choice(("_", "_", "", "-")).join(self._plain() for _ in range(self.dice.randint(1, 3)))

    def camel(self) -> str:
        return self._plain() + "".join(self._plain().capitalize() for _ in range(self.dice.randint(1, 2)))

    def camel_class(self) -> str:
        return "".join(self._plain().capitalize() for _ in range(self.dice.randint(1, 3)))

    def foreign(self) -> str:
        lists = listed("common")
        if not self.speech:
            self.speech = self.dice.choice([name for name in lists if not name.startswith("english")])
        return self.dice.choice(lists[self.speech])

    def germans(self) -> str:
        return self.dice.choice(listed("common")[self.dice.choice(("german-nouns", "german-function"))])

    def _plain(self) -> str:
        lists = listed("common")
        return self.dice.choice(
            lists[self.dice.choice(("english-nouns", "english-verbs", "english-code", "english-adjectives"))]
        ).lower()

    def noun(self) -> str:
        lists = listed("words")["nouns"] if self.dice.random() < 0.4 else listed("common")["english-nouns"]
        return self.dice.choice(lists)

    def adj(self) -> str:
        lists = listed("words")["adjectives"] if self.dice.random() < 0.4 else listed("common")["english-adjectives"]
        return self.dice.choice(lists)

    def verb(self) -> str:
        lists = listed("words")["verbs"] if self.dice.random() < 0.4 else listed("common")["english-verbs"]
        return self.dice.choice(lists)

    def job(self) -> str:
        return self.dice.choice(listed("words")["jobs"])

    def jobtitle(self) -> str:
        title = (
            f"{self.dice.choice(('', 'senior ', 'junior ', 'chief ', 'assistant ', 'lead ', 'deputy '))}{self.job()}"
        )
        return self.dice.choice((title, title.title(), title.capitalize()))

    def cap(self) -> str:
        return self.dice.choice(listed("words")["capitals"])

    def nation(self) -> str:
        return self.dice.choice(
            "American British Canadian Australian Irish French German Italian Spanish Dutch Belgian Swiss Austrian Polish Czech Hungarian Greek Turkish Russian Ukrainian Swedish Norwegian Danish Finnish Chinese Japanese Korean Indian Pakistani Brazilian Mexican Egyptian Nigerian Kenyan Israeli Iranian Iraqi Syrian Saudi Vietnamese Thai Indonesian Portuguese Croatian Serbian Bulgarian Romanian Slovak Slovenian Estonian Latvian Lithuanian".split()
        )

    def language(self) -> str:
        return self.dice.choice(
            "English French German Spanish Italian Portuguese Dutch Polish Czech Greek Turkish Russian Arabic Hebrew Hindi Chinese Japanese Korean Swedish Danish Finnish Hungarian Latin".split()
        )

    def weekday(self) -> str:
        return self.dice.choice("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())

    def weekday_de(self) -> str:
        return self.dice.choice("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag".split())

    def month(self) -> str:
        return self.dice.choice(
            "January February March April May June July August September October November December".split()
        )

    def year(self) -> str:
        return str(self.dice.randint(1900, 2035))

    def num(self) -> str:
        return str(self.dice.choice((self.dice.randint(2, 99), self.dice.randint(100, 99999))))

    def date(self) -> str:
        day, month, year = self.dice.randint(1, 28), self.dice.randint(1, 12), self.dice.randint(1950, 2030)
        return self.dice.choice((
            f"{year}-{month:02}-{day:02}", f"{month}/{day}/{year}", f"{day}.{month}.{year}", f"{self.month()} {day}, {year}",
            f"{day} {self.month()} {year}", f"{self.month()} {day}", f"{year}-{month:02}-{day:02} {self.dice.randint(0, 23):02}:{self.dice.randint(0, 59):02}:{self.dice.randint(0, 59):02}",
        ))  # fmt: skip

    def email(self) -> str:
        return f"{self._first().lower()}.{self._last().lower().replace(' ', '')}@{self._brand().lower().replace(' ', '')}.{self.dice.choice(('com', 'org', 'net', 'de', 'fr', 'co.uk', 'io'))}"

    def street(self) -> str:
        name, number = (
            self.dice.choice((self._last(), self._first(), self.noun().capitalize())),
            self.dice.randint(1, 9999),
        )
        return self.dice.choice((
            f"{number} {name} {self.dice.choice(('Street', 'St', 'Avenue', 'Road', 'Lane', 'Drive', 'Boulevard', 'Court', 'Way'))}",
            f"{name}{self.dice.choice(('straße', 'weg', 'gasse', 'gatan', 'gade', 'veien', 'katu', 'laan', 'straat'))} {number % 200}",
            f"{self.dice.choice(('rue de', 'rue', 'via', 'Via', 'Calle', 'Rua', 'ul.', 'Avenida', 'Piazza', 'Plaza de'))} {name} {number % 200}",
            f"{number} {name} St Apt. {number % 300}", f"Suite {number % 1000}", f"PO Box {number}",
        ))  # fmt: skip


def _past(verb: str) -> str:
    """The past of a verb, as if it were regular: that is near enough here."""
    irregular = {
        "be": "was", "become": "became", "begin": "began", "break": "broke", "bring": "brought", "build": "built", "buy": "bought",
        "catch": "caught", "choose": "chose", "come": "came", "do": "did", "draw": "drew", "drink": "drank", "drive": "drove",
        "eat": "ate", "fall": "fell", "feel": "felt", "fight": "fought", "find": "found", "fly": "flew", "forget": "forgot",
        "get": "got", "give": "gave", "go": "went", "grow": "grew", "have": "had", "hear": "heard", "hide": "hid", "hold": "held",
        "keep": "kept", "know": "knew", "lead": "led", "leave": "left", "lend": "lent", "lose": "lost", "make": "made",
        "meet": "met", "pay": "paid", "ride": "rode", "run": "ran", "say": "said", "see": "saw", "sell": "sold", "send": "sent",
        "sing": "sang", "sit": "sat", "sleep": "slept", "speak": "spoke", "spend": "spent", "stand": "stood", "steal": "stole",
        "swim": "swam", "take": "took", "teach": "taught", "tell": "told", "think": "thought", "throw": "threw",
        "understand": "understood", "wear": "wore", "win": "won", "write": "wrote", "cut": "cut", "put": "put", "read": "read",
    }  # fmt: skip
    return irregular.get(verb) or (
        f"{verb}d"
        if verb.endswith("e")
        else f"{verb[:-1]}ied"
        if verb.endswith("y") and verb[-2:-1] not in "aeou"
        else f"{verb}ed"
    )
