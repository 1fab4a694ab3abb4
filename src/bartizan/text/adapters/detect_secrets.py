"""detect-secrets: rules out of its plugins, given as classes or objects; the package itself is not needed."""

from collections.abc import Iterable

from bartizan.text.adapters.imported import Collector, Imported, slug
from bartizan.text.adapters.python_regex import in_re2
from bartizan.text.rule import Rule

SCORE = 0.7
OWN_CODE = ("analyze_string", "analyze_line", "verify")
"""Methods in which a plugin decides further."""


def from_detect_secrets(plugins: Iterable[object], *, score: float = SCORE) -> Imported:
    """The rules of plugins that have a `denylist`; those that decide by code of their own are left."""
    found = Collector()
    for plugin in plugins:
        _take(plugin, score, found)
    return found.result()


def _take(plugin: object, score: float, found: Collector) -> None:
    kind = plugin if isinstance(plugin, type) else type(plugin)
    denylist = getattr(plugin, "denylist", None)
    if not isinstance(denylist, list | tuple):
        found.leave(kind.__name__, "it has no denylist and decides by code of its own")
        return
    for method in OWN_CODE:
        if method in vars(kind):
            found.leave(kind.__name__, f"its own `{method}` is not run")
    for number, regex in enumerate(denylist, 1):
        # Each group is a secret of its own; without a group all of the match is.
        for group in range(1, regex.groups + 1) if regex.groups else (0,):
            said = in_re2(regex.pattern, regex.flags, group)
            name = slug(kind.__name__, str(number), str(group) if regex.groups > 1 else "")
            found.add(Rule(id=name, kind="secret", pattern=said.pattern, part=said.part, score=score))
