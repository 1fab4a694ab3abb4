"""URLs with a password in them."""

from bartizan.text.checks.passwords import given


def user_info(text: str) -> bool:
    """`user:password@` or `scheme://user:password@host`: whether the password is one that somebody may really use."""
    user, _, password = text.partition("://")[2].rpartition("@")[0].partition(":")
    return given(password) and password.lower() != user.lower()
