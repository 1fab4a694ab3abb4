"""Traces: who a value of an argument comes from, by what was said in the session."""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from bartizan.guard.flow_leaves import Leaf
from bartizan.guard.flow_said import Said
from bartizan.guard.flow_words import TELLING_DIGITS, Name, moment, names, number, words
from bartizan.kernel import OutOfBudget
from bartizan.text.view import views
from bartizan.text.windows import grams, normal

Origin: TypeAlias = Literal["user", "trusted", "approved", "selected", "fact", "made", "untrusted"]
"""`made` is the model's own: nobody said it."""
WORSE: tuple[Origin, ...] = ("user", "trusted", "approved", "selected", "fact", "made", "untrusted")
"""The best first."""
MAX_NAMES = 1_000
NOUNS = ("id", "number", "no", "nr", "num")


class Trace(NamedTuple):
    """Where a value comes from."""

    origin: Origin
    source: str = ""


class Sides:
    """All sides of a session."""

    def __init__(self) -> None:
        self.user, self.trusted, self.facts, self.untrusted, self.secret = Said(), Said(), Said(), Said(), Said()
        self.labels: dict[str, Trace] = {}
        """What the caller said of values, by their words."""
        self.selected: set[str] = set()
        self.approved: set[tuple[str, str]] = set()

    def trace(self, leaf: Leaf, nouns: tuple[str, ...], tool: str) -> Trace:
        """The origin of a value; `nouns` are the words beside which a short number is a name for something."""
        spoken = words(leaf.text)
        if spoken in self.labels:
            return self.labels[spoken]
        if (tool, spoken) in self.approved:
            return Trace("approved")
        if spoken.strip().isdigit() and len(spoken.strip()) < TELLING_DIGITS and nouns:
            return self._brief(spoken, nouns)
        if isinstance(leaf.value, int | float) or number(leaf.text):
            return self._number(number(leaf.value), spoken)
        if when := moment(leaf.text):
            return self._moment(*when)
        if said := self._whole(spoken):
            return said
        return self._parts(leaf.text, spoken, tool)

    def secret_in(self, leaf: Leaf) -> str:
        """The source of a secret in the value, or nothing; what the user said is the user's to give."""
        if not self.secret:
            return ""
        for view in views(leaf.text).all:
            for name in (*_few(names(view.text)), Name(view.text, words(view.text))):
                if _telling(name) and not self.user.whole(name.words) and (source := self.secret.whole(name.words)):
                    return source
            if self.secret.run(grams(normal(view.text)), unless=(self.user,)):
                return "a secret text"
        return ""

    def _brief(self, spoken: str, nouns: tuple[str, ...]) -> Trace:
        """A number so short that it stands everywhere: it is the user's only beside what it is the number of."""
        for side, origin in ((self.user, "user"), (self.trusted, "trusted")):
            if any(side.whole(f" {noun}{spoken}") for noun in (*nouns, *NOUNS)):
                return Trace("user" if origin == "user" else "trusted")
        if spoken in self.selected:
            return Trace("selected")
        source = self.untrusted.whole(spoken)
        return Trace("untrusted", source) if source else Trace("fact" if self.facts.whole(spoken) else "made")

    def _number(self, figure: str, spoken: str) -> Trace:
        for side, origin in self._in_order():
            if source := side.number(figure) or side.whole(spoken):
                return Trace(origin, source)
            if origin == "trusted" and spoken in self.selected:
                return Trace("selected")
        return Trace("made")

    def _moment(self, date: str, time: str) -> Trace:
        """The worse origin of a date and a time of day."""
        found = [self._said_by(lambda side: side.date(date))]
        if time:
            found.append(self._said_by(lambda side: side.time(time)))
        return max(found, key=lambda trace: WORSE.index(trace.origin))

    def _whole(self, spoken: str) -> Trace | None:
        if not spoken.strip():
            return Trace("made")
        if source := self.user.whole(spoken):
            return Trace("user", source)
        if source := self.trusted.whole(spoken):
            return Trace("trusted", source)
        if spoken in self.selected:
            return Trace("selected")
        if source := self.untrusted.whole(spoken):
            return Trace("untrusted", source)
        return None

    def _parts(self, text: str, spoken: str, tool: str) -> Trace:
        """The origin of a value that nobody said as it is."""
        seen = views(text)
        if seen.unread:
            return Trace("untrusted", seen.unread)
        for view in seen.all:
            for name in _few(names(view.text)):
                if name.words in self.labels and self.labels[name.words].origin == "untrusted":
                    return self.labels[name.words]
                if (tool, name.words) in self.approved or name.words in self.selected or name.words in self.labels:
                    continue
                if self.user.whole(name.words) or self.trusted.whole(name.words):
                    continue
                if source := self._named(name):
                    return Trace("untrusted", source)
            if view.how and (source := self.untrusted.whole(words(view.text))):
                return Trace("untrusted", source)
            if self.untrusted.run(grams(normal(view.text)), unless=(self.user, self.trusted, self.facts)):
                return Trace("untrusted", "a text")
        if self.facts.whole(spoken):
            return Trace("fact")
        return Trace("made")

    def _named(self, name: Name) -> str:
        when = moment(name.text)
        if when:
            return "" if self.user.date(when[0]) else self.untrusted.date(when[0])
        return self.untrusted.whole(name.words)

    def _in_order(self) -> tuple[tuple[Said, Origin], ...]:
        """The sides; what is both a fact and in a stranger's text may be the stranger's choice."""
        return (
            (self.user, "user"),
            (self.trusted, "trusted"),
            (self.untrusted, "untrusted"),
            (self.facts, "fact"),
        )

    def _said_by(self, says: Callable[[Said], str]) -> Trace:
        return next(
            (Trace(origin, source) for side, origin in self._in_order() if (source := says(side))), Trace("made")
        )


def _telling(name: Name) -> bool:
    """Whether a name is long enough not to be the same by chance."""
    return sum(char.isalnum() for char in name.text) >= 2 * TELLING_DIGITS or (
        name.text.isdigit() and len(name.text) >= TELLING_DIGITS
    )


def _few(found: Iterator[Name]) -> Iterator[Name]:
    """The names, as long as they are so few that each can be looked for."""
    for count, name in enumerate(found):
        if count >= MAX_NAMES:
            raise OutOfBudget(f"a value has more than {MAX_NAMES:,} names")
        yield name
