"""The built-in policy: what decides where nobody has put another."""

from importlib.resources import files

from bartizan.kernel import Policy

SOURCE = "built-in"


def default() -> Policy:
    """The built-in policy set."""
    return Policy(files("bartizan.policy").joinpath("default.cedar").read_text("utf-8"), SOURCE)
