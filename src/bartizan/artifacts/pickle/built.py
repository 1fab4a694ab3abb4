"""Classes for which it matters with what BUILD fills their instances."""

import re

from bartizan.artifacts.pickle.values import Value

GENERIC_ALIASES = (
    "_BaseGenericAlias", "_GenericAlias", "_SpecialGenericAlias", "_CallableGenericAlias", "_UnionGenericAlias",
    "_LiteralGenericAlias", "_AnnotatedAlias", "_ConcatenateGenericAlias", "_UnpackGenericAlias",
)  # fmt: skip
# Setting an attribute of these sets it on the class that they stand for (`typing._BaseGenericAlias.__setattr__`).
SHARING = frozenset(
    {*(f"typing.{name}" for name in GENERIC_ALIASES), "types.GenericAlias", "operator.getitem", "functools.reduce"}
)
# Distributions of scipy.stats compile a text in their state: only the one that scipy itself puts there is let pass.
DISTRIBUTION = "scipy.stats."
ARGUMENTS = r"[A-Za-z0-9_, ]*(?:loc=0)?(?:, scale=1)?"
TEMPLATE = re.compile(
    rf"\ndef _parse_args\(self, {ARGUMENTS}\):\n    return \([\w, ]*\), [\w, ]*\n"
    rf"\ndef _parse_args_rvs\(self, {ARGUMENTS}, size=None\):\n    return self\._argcheck_rvs\([\w, ]*, size=size\)\n"
    rf"\ndef _parse_args_stats\(self, {ARGUMENTS}, moments='mv'\):\n    return \([\w, ]*\), [\w, ]*, moments\n\Z",
    re.ASCII,
)


def known_template(state: Value) -> bool:
    """True if the state holds no text to compile, or the one that scipy writes."""
    if type(state) is not dict:
        return False
    template = state.get("_parse_arg_template", "")
    return template == "" or (type(template) is str and TEMPLATE.match(template) is not None)
