"""Values that stand in for a secret: masks, templates, references, examples, sequences. None of them opens anything."""

import re

_WORDS = re.compile(
    r"""(?ix)
    example | sample | placeholder | dummy | redacted | removed | hidden | masked | omitted | truncated | censored | lorem
    | fake | \bmock | deadbeef | cafebabe | foo\W?_?bar | abc\W?123 | undefined
    | change[\W_]*(?:me|this|it)(?![a-z]) | replace[\W_]*(?:me|this|with) | insert[\W_]?(?:your|here|the)
    | your[\W_]*(?:[a-z]|$) | \bmy[\W_]?(?:own|api|app|secret|token|pass|key|super)
    | (?:super|top|very|some|any|another|strong|random|test|dev)[\W_]?(?:secret|token|key|pass|value|random|string)
    | (?:secret|token|key|password|pass|value|string|goes)[\W_]*here
    | not[\W_]?(?:an?|the)?[\W_]?(?:real|secret|used|set|needed) | (?:invalid|incorrect|wrong)(?![a-z])
    | (?:^|[\W_])(?:none|null|nil|unset|empty|tbd|todo)(?:$|[\W_])
    | x{4} | \*{3} | \.{3} | _{4} | -{5} | \#{4} | 0{8} | \u2026 | \u2022
    """
)
_MASK = re.compile(r"[xX*.\-_#?0\s\u2022\u2026]+")
_KEYBOARD = re.compile(r"(?i)qwerty|qwertz|azerty|asdfgh|zxcvb|qazwsx|1q2w3e")
_REPEATED = re.compile(r"(.{1,4}?)\1{4}")
_MIN_STEP_SHARE = 0.6
_REFERENCE = re.compile(
    r"""(?x)
    ^ (?: \$ (?: \w+ (?:$|[/:.]) | [{(\[:] | $ ) | %\w+% | %\( | [{<\[(] | [\#@]\{ | !(?:Ref|Sub|Join|If|GetAtt|ImportValue|FindInMap|Base64|[Vv]ault|[Ee]nv|ENV|[Ss]ecret|reference|include)\b | &\w+ | \\
        | ~/ | \.{1,2}/ | /[\w.-]+/ | [A-Za-z]:\\ | https?:// | arn: | projects/ | [A-Z]{3}[\[(] | ref\+
        | (?:vault|op|env|file|ssm|secretsmanager|keyvault|gcp|aws|akv|awskms|pass|bao|data|urn) :
        | (?:process|os|system|environment|env|import|self|this|cls|ctx|cfg|conf|config|opts|args|kwargs|options|params|props
            |request|req|event|vars?|locals?|module|settings|secrets|inputs?|github|values|context|data|app|user|account
            |credentials|client|state|result|res|response|body|form|session) \??[.\[] )
    | \$\{ | \{\{ | \}\} | \$\( | <% | %> | </ | => | \w\( | \)$ | [\w)\]]\[ | :: | -> | %s\b | %\(\w+\)s
    | ^%[sdv]$ | ^\{\w*\}
    """
)


def stands_in(value: str) -> bool:
    """Whether the value says by itself that it is no secret: a mask, an example, a sequence."""
    return monotonous(value) or bool(_MASK.fullmatch(value) or _WORDS.search(value) or _KEYBOARD.search(value))


def exemplary(text: str) -> bool:
    """Whether the text has a word of manuals in it, or a mask."""
    return bool(_WORDS.search(text))


def dull(text: str) -> bool:
    """Whether the text has too few different letters to be drawn, or a piece of it again and again."""
    if len(set(text)) < min(8, 2 + len(text) // 3):
        return True
    again = _REPEATED.search(text)
    return bool(again) and 3 * len(again[0]) >= max(len(text), 24)


def refers(value: str) -> bool:
    """Whether the value is an expression, a variable, a template or a path, which only leads to a secret."""
    return bool(_REFERENCE.search(value))


def monotonous(value: str) -> bool:
    """Whether the value is a letter or a short piece again and again, or a run through the alphabet."""
    if len(set(value.lower())) <= max(2, min(len(value) // 8, 6)):
        return True
    if len(value) >= 8 and value in (value + value)[1 : 1 + len(value) + len(value) // 2]:
        return True
    return _steps(value) >= _MIN_STEP_SHARE


def _steps(value: str) -> float:
    """The share of neighbours that follow each other in the alphabet, or are the same."""
    letters = [ord(char) for char in value.lower() if char.isalnum()]
    if len(letters) < 4:
        return 0.0
    near = sum([-1 <= after - before <= 1 for before, after in zip(letters, letters[1:], strict=False)])
    return near / (len(letters) - 1)
