"""What the slots of the sentences are filled with: names, and the words that name nobody."""

from collections.abc import Callable

from training.names.grammar import Names, Pieces, listed

ENGLISH = "english-"


class Fillers(Names):
    """Everything that a slot can ask for, under the name of the slot."""

    speech = ""
    """The list of foreign words that the sentence is made of, once one was asked for."""

    def fill(self, slot: str) -> Pieces:
        """What stands in the place of the slot; `title_` and `upper_` before its name ask for capitals."""
        make: Callable[[], Pieces | str] = getattr(self, slot.removeprefix("title_").removeprefix("upper_"))
        made = make()
        if slot.startswith("title_"):
            return [(str(made).capitalize(), "")]
        if slot.startswith("upper_"):
            return [(str(made).upper(), "")]
        return [(made, "")] if isinstance(made, str) else made

    def who(self) -> Pieces:
        form = self.dice.random()
        if form < 0.72:
            return self.person()
        if form < 0.8:
            return [(self._word("someone"), "")]
        adjective = f"{self.adj()} " if form < 0.9 else ""
        return [(f"{self.dice.choice(('the', 'a', 'our', 'this', 'The'))} {adjective}{self.job()}", "")]

    def what(self) -> str:
        noun, form = self.noun(), self.dice.random()
        if form < 0.15:
            return self._word("something")
        if form < 0.35:
            return f"{noun}s"
        adjective = f"{self.adj()} " if self.dice.random() < 0.4 else ""
        return f"{self._word('before-nouns')} {adjective}{noun}"

    def noun(self) -> str:
        return self._word("nouns") if self.dice.random() < 0.4 else self._common("nouns")

    def adj(self) -> str:
        return self._word("adjectives") if self.dice.random() < 0.4 else self._common("adjectives")

    def verb(self) -> str:
        return self._word("verbs") if self.dice.random() < 0.4 else self._common("verbs")

    def past(self) -> str:
        return _past(self.verb())

    def word(self) -> str:
        form = self.dice.random()
        if form < 0.3:
            return self._common("function")
        if form < 0.6:
            return self._common("nouns") + self.dice.choice(("", "", "s"))
        if form < 0.8:
            verb = self._common("verbs")
            return self.dice.choice((verb, f"{verb}s", _past(verb), f"{verb.removesuffix('e')}ing"))
        if form < 0.95:
            return self._common("adjectives") + self.dice.choice(("", "", "", "ly"))
        return self.made()

    def made(self) -> str:
        """A word that looks like one and is on no list."""
        syllables = (self._word("sounds") + self._word("vowels") for _ in range(self.dice.randint(1, 3)))
        return "".join(syllables) + self.dice.choice("bcdfglmnprst") + self._word("word-endings")

    def code(self) -> str:
        return self._common("code")

    def snake(self) -> str:
        return self.dice.choice("__-").join(self._identifier() for _ in range(self.dice.randint(1, 3)))

    def camel(self) -> str:
        return self._identifier() + "".join(self._identifier().title() for _ in range(self.dice.randint(1, 2)))

    def camel_class(self) -> str:
        return "".join(self._identifier().title() for _ in range(self.dice.randint(1, 3)))

    def foreign(self) -> str:
        lists = listed("common")
        if not self.speech:
            self.speech = self.dice.choice([name for name in lists if not name.startswith(ENGLISH)])
        return self.dice.choice(lists[self.speech])

    def germans(self) -> str:
        return self.dice.choice(listed("common")[self.dice.choice(("german-nouns", "german-function"))])

    def job(self) -> str:
        return self._word("jobs")

    def jobtitle(self) -> str:
        title = self.job() if self.dice.random() < 0.3 else f"{self._word('ranks')} {self.job()}"
        return self.dice.choice((title, title.title(), title.capitalize()))

    def cap(self) -> str:
        return self._word("capitals")

    def nation(self) -> str:
        return self._word("nations")

    def language(self) -> str:
        return self._word("languages")

    def weekday(self) -> str:
        return self._word("weekdays")

    def weekday_de(self) -> str:
        return self._word("weekdays-german")

    def month(self) -> str:
        return self._word("months")

    def year(self) -> str:
        return str(self.dice.randint(1900, 2035))

    def num(self) -> str:
        return str(self.dice.choice((self.dice.randint(2, 99), self.dice.randint(100, 99999))))

    def date(self) -> str:
        day, month, year = self.dice.randint(1, 28), self.dice.randint(1, 12), self.dice.randint(1950, 2030)
        hour, minute = self.dice.randint(0, 23), self.dice.randint(0, 59)
        return self.dice.choice(
            (
                f"{year}-{month:02}-{day:02}",
                f"{year}-{month:02}-{day:02} {hour:02}:{minute:02}:00",
                f"{month}/{day}/{year}",
                f"{day}.{month}.{year}",
                f"{self.month()} {day}",
                f"{self.month()} {day}, {year}",
                f"{day} {self.month()} {year}",
            )
        )

    def email(self) -> str:
        who, where = f"{self.first_name()}.{self.last_name()}", self.brand()
        return f"{who}@{where}.{self._word('mail-ends')}".lower().replace(" ", "")

    def street(self) -> str:
        name = self.dice.choice((self.last_name(), self.first_name(), self.noun().capitalize()))
        number = self.dice.randint(1, 9999)
        return self.dice.choice(
            (
                f"{number} {name} {self._word('streets-after')}",
                f"{name}{self._word('streets-joined')} {number % 200}",
                f"{self._word('streets-before')} {name} {number % 200}",
                f"{number} {name} St Apt. {number % 300}",
                f"Suite {number % 1000}",
                f"PO Box {number}",
            )
        )

    def _word(self, what: str) -> str:
        return self.dice.choice(listed("words")[what])

    def _common(self, what: str) -> str:
        return self.dice.choice(listed("common")[ENGLISH + what])

    def _identifier(self) -> str:
        return self._common(self.dice.choice(("nouns", "verbs", "code", "adjectives"))).lower()


def _past(verb: str) -> str:
    """The past of a verb, near enough."""
    for pair in listed("words")["pasts"]:
        present, _, past = pair.partition("-")
        if verb == present:
            return past
    if verb.endswith("e"):
        return f"{verb}d"
    return f"{verb[:-1]}ied" if verb.endswith("y") and verb[-2:-1] not in "aeou" else f"{verb}ed"
