"""How much code a template of Jinja has, and whether it can lead out at all: said before anything is parsed."""

import re

MAX_CODE_TOKENS = 8_000
"""Words and signs between the braces, in all templates of a file; what is outside of them costs next to nothing.

The longest chat templates in use have about 5,000.
"""

ESCAPING = frozenset({
    "mro", "format_map", "func_globals", "func_code", "func_closure", "im_self", "im_func", "im_class", "gi_frame",
    "gi_code", "cr_frame", "cr_code", "ag_frame", "ag_code", "tb_frame", "tb_next", "f_globals", "f_builtins",
    "f_locals", "f_back", "f_code", "co_code", "co_consts",
})  # fmt: skip
"""Names without an underscore in front that lead out as well."""

CODE = re.compile(r"\{[{%].*?(?:[%}]\}|\Z)", re.DOTALL)
TOKEN = re.compile(
    r"'[^'\\]*+(?:\\.[^'\\]*+)*+'?+|\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"?+|[{%]+-?|-?[%}]+|\w+|[^\w\s]", re.DOTALL
)
SUSPECT = re.compile(
    r"__|['\"]_|_['\"]|\\[xuN0-7]|\battr\b|\bformat"
    r"|\|\s*(?:string|list|select|reject|batch|slice|pprint|urlencode|tojson|map)\b"
    rf"|\b(?:{'|'.join(sorted(ESCAPING))})\b"
)
"""Without any of these a template reaches no attribute that leads out."""


def code_tokens(source: str) -> int:
    """How many words and signs the code of the template has, a text in quotes counted as one."""
    return sum(len(TOKEN.findall(code)) for code in CODE.findall(source))
