"""Values that stand in for a secret: masks, templates, references, examples, sequences. None of them opens anything."""

import hashlib
import re
from functools import cache
from importlib import resources
from itertools import pairwise

from bartizan.text.checks.words import words

_WORDS = tuple(sorted(words("examples")))
_NOUNS = ("secret", "token", "key", "pass", "random", "string", "value")
_ABOUT_NOUNS = re.compile(
    r"(?:my|super|top|very|some|any|another|strong|random|test|dev|nota|not)(?:secret|token|key|pass|value|string|api)"
    r"|(?:secret|token|key|password|pass|value|string|goes)here"
)
_SHORT_WORDS = re.compile(
    r"(?:^|[^a-z])(?:your|fake|wrong)(?:$|[^a-z]|s?(?:secret|token|api|key|pass|own|access|client|user|account|app|value|data))"
)
"""Words that a drawn text may have by chance count only where they stand alone or before a noun."""
_WHOLE_WORDS = frozenset(["none", "null", "nil", "unset", "empty", "tbd", "todo", "true", "false", "nan"])
_MASKS = ("xxxx", "***", "...", "________", "--------", "####", "00000000", "\u2026", "\u2022")
_BETWEEN_WORDS = str.maketrans("", "", " -_.")
MAX_JUDGED_CHARS = 1_000
"""So much of a value tells what it is."""
_REPEATED = re.compile(r"(.{1,4}?)\1{4}")
_NEXT = frozenset((code, code + step) for code in range(256) for step in (-1, 0, 1))
_MIN_STEP_SHARE = 0.6
_MAX_SAME_SHARE = 0.5
_LONG_RUN = b"\1" * 12
_REFERENCE = re.compile(
    r"""(?x)
    ^ (?: \$ (?: \w+ (?:$|[/:.]) | [{(\[:] | $ ) | %\w+% | %\( | [{<\[(] | [\#@]\{ | &\w+ | \\
        | !(?:Ref|Sub|Join|If|GetAtt|ImportValue|FindInMap|Base64|[Vv]ault|[Ee]nv|ENV|[Ss]ecret|reference|include)\b
        | ~/ | \.{1,2}/ | /[\w.-]+/ | [A-Za-z]:\\ | https?:// | arn: | projects/ | [A-Z]{3}[\[(] | ref\+
        | (?:vault|op|env|file|ssm|secretsmanager|keyvault|gcp|aws|akv|awskms|pass|bao|data|urn) :
        | (?:process|os|system|environment|env|import|self|this|cls|ctx|cfg|conf|config|opts|args|kwargs|options|params
            |props|request|req|event|vars?|locals?|module|settings|secrets|inputs?|github|values|context|data|app|user|account
            |credentials|client|state|result|res|response|body|form|session) \??[.\[] )
    | \$\{ | \{\{ | \}\} | \$\( | <% | %> | </ | => | \w\( | \)$ | [\w)\]]\[ | :: | -> | %s\b | %\(\w+\)s
    | :\d{2,5}/?$ | ^%[sdv]$ | ^\{\w*\}
    """
)


def stands_in(value: str) -> bool:
    """Whether the value says by itself that it is no secret: a mask, an example, a sequence."""
    return monotonous(value) or exemplary(value) or value.lower().strip("<>[]{}()'\" ") in _WHOLE_WORDS


def refers(value: str) -> bool:
    """Whether the value is an expression, a variable, a template or a path, which only leads to a secret."""
    return not value.isalnum() and bool(_REFERENCE.search(value))


def exemplary(text: str) -> bool:
    """Whether the text has a word of manuals in it, or a mask, or is one that a manual prints."""
    lower = text.lower()
    joined = lower.translate(_BETWEEN_WORDS)
    return (
        any(map(joined.__contains__, _WORDS))
        or any(map(lower.__contains__, _MASKS))
        or (any(map(joined.__contains__, _NOUNS)) and bool(_ABOUT_NOUNS.search(joined)))
        or bool(_SHORT_WORDS.search(lower))
        or published(text)
    )


def published(text: str) -> bool:
    """Whether a manual or a standard prints this very value."""
    return hashlib.sha256(text.removeprefix("0x").encode("utf-8", "replace")).hexdigest()[:16] in _published()


def dull(text: str) -> bool:
    """Whether the text has too few different letters to be drawn, a piece again and again, or half the alphabet."""
    if len(set(text)) < min(8, 2 + len(text) // 4):
        return True
    again = _REPEATED.search(text)
    if again is not None and 3 * len(again[0]) >= max(len(text), 24):
        return True
    codes = text.lower().encode("latin-1", "replace")
    steps = bytes((after - before) & 0xFF for before, after in pairwise(codes))
    return steps.count(0) >= _MAX_SAME_SHARE * len(steps) or _LONG_RUN in steps


def monotonous(value: str) -> bool:
    """Whether the value is a letter or a short piece again and again, or a run through the alphabet."""
    if len(set(value.lower())) <= max(2, min(len(value) // 8, 6)):
        return True
    if len(value) >= 8 and value in (value + value)[1 : 1 + len(value) + len(value) // 2]:
        return True
    return _steps(value) >= _MIN_STEP_SHARE


def _steps(value: str) -> float:
    """The share of neighbours that follow each other in the alphabet, or are the same."""
    codes = value.lower().encode("latin-1", "replace")
    return sum(map(_NEXT.__contains__, pairwise(codes))) / max(len(codes) - 1, 3)


@cache
def _published() -> frozenset[str]:
    """The first digits of the SHA-256 of values that manuals and standards print."""
    text = resources.files("bartizan.text.checks").joinpath("published.tsv").read_text("ascii")
    return frozenset(line.partition("\t")[0] for line in text.splitlines())
