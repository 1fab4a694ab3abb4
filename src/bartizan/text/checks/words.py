"""The lists of words that the checks of secrets go by, out of `words.toml`."""

import tomllib
from functools import cache
from importlib import resources


@cache
def words(name: str) -> frozenset[str]:
    """The words of one list."""
    return frozenset(_lists()[name].split())


@cache
def _lists() -> dict[str, str]:
    return tomllib.loads(resources.files("bartizan.text.checks").joinpath("words.toml").read_text("utf-8"))
