"""Presidio recognisers: mappings as in its YAML, and objects with the attributes of its classes."""

from bartizan.text.adapters import Imported, Left, from_presidio
from bartizan.text.patterns import Patterns
from bartizan.text.view import Plain, Views

ZIP = {
    "name": "Zip code Recognizer",
    "supported_languages": [{"language": "en", "context": ["zip"]}, {"language": "de", "context": ["plz"]}],
    "patterns": [{"name": "weak", "regex": r"(\b\d{5}(?:\-\d{4})?\b)", "score": 0.1}],
    "supported_entity": "ZIP_CODE",
}
TITLES = {"name": "Titles", "supported_language": "en", "supported_entity": "TITLE", "deny_list": ["Mr.", "Dr."]}


class Pattern:
    def __init__(self, name: str, regex: str, score: float) -> None:
        self.name, self.regex, self.score = name, regex, score


class PatternRecognizer:
    def __init__(self, entity: str, patterns: list[Pattern], context: list[str] | None = None) -> None:
        self.name = type(self).__name__
        self.supported_entities = [entity]
        self.supported_language = "en"
        self.patterns = patterns
        self.context = context
        self.deny_list: list[str] = []

    def analyze(self, text: str) -> list[str]:
        return []

    def validate_result(self, text: str) -> bool | None:
        return None


class BadgeRecognizer(PatternRecognizer):
    def validate_result(self, text: str) -> bool | None:
        return len(text) > 3


def reads(result: Imported, text: str) -> list[tuple[str, str]]:
    return [(match.rule.kind, match.read) for match in Patterns(result.rules).find(Views(text, (Plain(text),)))]


def test_a_mapping_becomes_a_rule_for_each_language() -> None:
    result = from_presidio([ZIP])
    assert [(rule.id, rule.kind, rule.languages, rule.context) for rule in result.rules] == [
        ("zip-code-recognizer-en-1", "postal-code", ("en",), ("zip",)),
        ("zip-code-recognizer-de-1", "postal-code", ("de",), ("plz",)),
    ]
    assert result.left == ()
    assert reads(result, "the zip is 12345-6789") == [("postal-code", "12345-6789")]


def test_words_of_a_deny_list_stand_alone_and_are_found_in_any_case() -> None:
    assert reads(from_presidio([TITLES]), "mr. Dr. Who and Amr.") == [("title", "mr."), ("title", "Dr.")]


def test_an_object_is_read_by_its_attributes_and_its_own_code_is_named() -> None:
    badge = BadgeRecognizer("STAFF_BADGE", [Pattern("badge", r"(?<!\w)B\d{4}(?!\d)", 0.4)], ["badge"])
    result = from_presidio([badge])
    assert result.left == (Left("BadgeRecognizer", "its own `validate_result` is not run"),)
    assert reads(result, "b1234 B5678 xB1234 B12345") == [("staff-badge", "b1234"), ("staff-badge", "B5678")]
    assert [(rule.score, rule.context) for rule in result.rules] == [(0.4, ("badge",))]


def test_a_plain_object_has_nothing_to_be_named() -> None:
    assert from_presidio([PatternRecognizer("X", [Pattern("x", "x+", 0.5)])]).left == ()


def test_what_is_code_switched_off_or_looks_around_is_named() -> None:
    result = from_presidio(
        [
            {"name": "CreditCardRecognizer", "type": "predefined"},
            {**ZIP, "name": "off", "enabled": False},
            {"name": "looks", "supported_entity": "X", "patterns": [{"regex": r"a(?=b|c)d", "score": 1.0}]},
            {"name": "empty", "supported_entity": "X", "patterns": [{"regex": "", "score": 1.0}]},
        ]
    )
    assert result.rules == ()
    assert [(left.id, left.why.split(":")[0]) for left in result.left] == [
        ("CreditCardRecognizer", "it has no patterns, and is code of Presidio's"),
        ("off", "it is switched off"),
        ("looks-1", "RE2 does not take the pattern"),
        ("empty-1", "the pattern matches the empty string"),
    ]
