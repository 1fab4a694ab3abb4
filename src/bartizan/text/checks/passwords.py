"""Passwords that people choose. They are short and half written, so letters alone do not give them away: form has to."""

import re

from bartizan.text.checks.placeholders import refers, stands_in
from bartizan.text.checks.written import drawn_bits

MIN_LENGTH, MAX_LENGTH = 6, 128
_DRAWN_BITS = 20.0
"""From here on the text looks so little like writing that its form need not be strange (a draw is 1,000,000 times likelier)."""
_STOCK = frozenset(
    """password passwd passwort passphrase pass pwd pw secret token key user username usr name login admin administrator root
    test tester testing tests guest demo default foo bar baz foobar hello world helloworld abc letmein welcome qwerty
    postgres postgresql mysql mariadb redis mongo mongodb rabbitmq guestguest oracle scott tiger sa dbuser dbpass dbpassword
    db database localhost dev prod staging local temp tmp changeit change bob alice joe john jane doe mypassword mypass
    userpassword testpassword testpass adminpassword newpassword oldpassword anypassword str string value text none null true
    false yes no hunter monkey blah something whatever xyz motdepasse contrasena contraseña senha clave parola haslo hasło
    wachtwoord kennwort geheim""".split()
)
"""What stands in manuals where a password would; only the letters count, so `admin123` is one of them."""
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_]*(?:[.\-/:][A-Za-z_]+)*\d{0,2}")


def chosen(value: str) -> bool:
    """Whether the value is a password that somebody may really use."""
    if not MIN_LENGTH <= len(value) <= MAX_LENGTH or any(char.isspace() for char in value):
        return False
    if stock(value) or stands_in(value) or refers(value):
        return False
    return drawn_bits(value) >= _DRAWN_BITS or mixed(value)


def mixed(value: str) -> bool:
    """Whether digits or marks stand among the letters as they do in no name and no word."""
    if _IDENTIFIER.fullmatch(value):
        return False
    lower, upper = any(map(str.islower, value)), any(map(str.isupper, value))
    digits = any(map(str.isdigit, value))
    marks = any(not char.isalnum() and char not in "-_./:" for char in value)
    return lower + upper + digits + marks >= 3 or (digits and (lower or upper) and len(value) >= 7)


def stock(value: str) -> bool:
    """Whether the value is a word of manuals, digits and marks at its ends aside."""
    return value.lower().strip("0123456789!@#$%^&*_-.+?=<>[]{}()") in _STOCK or not any(map(str.isalnum, value))


def pair(text: str) -> bool:
    """Whether `user:password` holds a password that somebody may really use."""
    user, _, password = text.partition(":")
    if not password:
        return len(user) >= MIN_LENGTH and not stock(user) and chosen(user)
    return given(password) and password.lower() != user.lower()


def quoted_pair(text: str) -> bool:
    """The pair as a shell is given it, in quotes or with quoted halves."""
    return pair(text.replace('"', "").replace("'", ""))


def told(value: str) -> bool:
    """Whether a sentence ends in a password: among words, only what is no word can be told from them."""
    value = value.rstrip(".!?:")
    return chosen(value) and any(map(str.isalpha, value)) and not all(map(str.isalpha, value.replace("-", "")))


def given(value: str) -> bool:
    """Whether the value is a password where only passwords stand (in a URL, behind `--password`): a rare word will do."""
    return 3 < len(value) <= MAX_LENGTH and not (stock(value) or stands_in(value) or refers(value))
