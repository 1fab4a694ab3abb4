"""Assignments: `api_key = "..."`, `DB_PASSWORD=...`, `token: ...`. A name, a sign, a value; the check reads all three.

The name says whether there is a secret at all, and whether a person chose it or a machine drew it (`names`). Then the
value has to be of that make: a drawn one must be far likelier drawn than written (`written`), a chosen one must look
like a password (`passwords`). Neither may be a reference, a mask or an example (`placeholders`).
"""

import re

from bartizan.text.checks.names import kind_of
from bartizan.text.checks.passwords import chosen
from bartizan.text.checks.placeholders import MAX_JUDGED_CHARS, refers, stands_in
from bartizan.text.checks.tokens import real
from bartizan.text.checks.written import drawn_bits

_NAME = re.compile(r"[\w.$-]+(?: [\w.$-]+){0,3}(?= ?[^\w.$ -])|[\w.$-]+")
_SIGN = re.compile(r"[\s\"'`\\)\]}(\[{@,:=>?|]*(?:value[\s\"'`\\:=]+)?")
_QUOTES = ('"', "'", "`")
_UUID = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DRAWN_BITS, _DRAWN_BITS_PER_LETTER = 30.0, 1.2
"""Odds of a billion to one, against the many values that stand in any text; and no long text by its length alone."""
_BARE_BITS = 80.0
MIN_LENGTH = 8


def secret(assignment: str) -> bool:
    """Whether the name's kind and the value's make agree on a secret."""
    return _agree(*parted(assignment))


def option(text: str) -> bool:
    """The same of an option of a command: `--db-password hunter2`."""
    name, _, value = text.strip().partition(" ")
    return _agree(name, value.strip("\t \"'"))


def argument(call: str) -> bool:
    """The same of a call with a name and a value: `setenv("DB_PASSWORD", "hunter2")`."""
    return _agree(*parted(re.sub(r"^\w\(\s*.", "", call, count=1)))


def paired(text: str) -> bool:
    """The same of two attributes: `name="DB_PASSWORD" value="hunter2"`."""
    return _agree(*parted(text[1:]))


def wrapped(assignment: str) -> bool:
    """The same of a value inside a call, `bytes.fromhex("...")`: only a drawn one, for many calls take names."""
    name, value = parted(assignment)
    return bool(kind_of(name)) and drawn(value)


def of_issuer(assignment: str) -> bool:
    """Whether the name is that of a secret, and the value, which has its issuer's form already, no stand-in."""
    name, value = parted(assignment)
    return bool(kind_of(name)) and real(value)


def parted(assignment: str) -> tuple[str, str]:
    """The name and the value, without the signs and quotes between and around them."""
    name = match[0] if (match := _NAME.match(assignment)) else ""
    if assignment[len(name) : len(name) + 1] == "(":
        # A call: only its own name says what it takes, as in `client.setPassword("...")`, not `password.encode("...")`.
        name = name.rpartition(".")[2]
    if assignment.endswith(_QUOTES):
        opening = max(assignment.rfind(quote, 0, -1) for quote in _QUOTES)
        return name, assignment[opening + 1 : -1].rstrip("\\")
    return name, _SIGN.sub("", assignment[len(name) :], count=1)


def _agree(name: str, value: str) -> bool:
    match kind_of(name):
        case "password":
            return chosen(value)
        case "key":
            return drawn(value)
        case "bare":
            return drawn(value) and drawn_bits(value) >= _BARE_BITS and not _UUID.fullmatch(value) and _mixed(value)
        case _:
            return False


def drawn(value: str) -> bool:
    """Whether a machine drew the value."""
    value = value[:MAX_JUDGED_CHARS]
    if len(value) < MIN_LENGTH or value.isdigit() or len(value.split()) != 1:
        return False
    if stands_in(value) or refers(value):
        return False
    if _UUID.fullmatch(value):
        return True
    if 2 * sum(map(str.isalnum, value)) < len(value):
        return False
    bits = drawn_bits(value)
    return bits >= _DRAWN_BITS and bits >= _DRAWN_BITS_PER_LETTER * len(value)


def _mixed(value: str) -> bool:
    return any(map(str.islower, value)) and any(map(str.isupper, value)) and any(map(str.isdigit, value))
