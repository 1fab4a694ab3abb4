"""`Table.look`: from a name in a stream to the object that it is and the grades of that object."""

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from bartizan.artifacts.fact import shown

ANY_NAME = "*"
LEADS_TO = ">"
MAX_STEPS = 16
MAX_NAME_CHARS = 1024
"""No name in use is longer, and following one step by step costs its length for each step."""
MAX_DEPTH = 16
"""No module of the table lies deeper."""

# In the name of a function that this version of its library does not have: it did more than compute.
DOES_MORE = re.compile(
    r"(?!.*_hook\Z)(?:.*_)?(?:load|save|dump|open|exec\w*|eval|run|cmd|command|shell|system|subprocess|popen|compile|fetch|download"
    r"|import|main|write|read|delete|remove|mkdir\w*|unpickle|spawn|fork|server|test|script)(?:_|s?\Z|\d)"
)

Grades = tuple[str, str, str]
"""What it is to call the object, to make an instance by `__new__` and fill it, and only to name it."""

NOTHING_KNOWN: Grades = ("unknown", "unknown", "unknown")
CODE: Grades = ("code", "code", "code")
A_MODULE: Grades = ("code", "code", "unknown")


class Entry(NamedTuple):
    """A global as the table knows it."""

    module: str
    path: str
    """The qualified name within the module."""
    what: str
    """As the report shows it."""
    call: str
    new: str
    named: str
    calls: tuple[int, ...] = ()
    """The positions of arguments that it calls."""

    @property
    def name(self) -> str:
        return f"{self.module}.{self.path}"


class Table:
    """The lines of `table.tsv`: a module, a grade, and the names that have it. Lines with @ hold everything else."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, list[tuple[str, str]]] = {}
        for line in text.splitlines():
            module, grade, names = line.split("\t")
            self._lines.setdefault(module, []).append((grade, names))
        self._modules: dict[str, dict[str, str]] = {}
        self._packages: dict[str, dict[str, set[str]]] = {}
        """For each package the grades that a name has in its modules."""
        self._aliases = self._special("@alias")
        self._legacy_modules = self._special("@legacy-module")
        self._legacy_names = self._special("@legacy-name")
        self._calls = self._special("@calls")
        self._covered = self._names("@covered")
        self._foreign = self._names("@foreign")
        self._stdlib = self._names("@stdlib")
        self._elsewhere = self._names("@elsewhere")
        self._danger = self._names("@danger")
        self._unread = self._names("@unread")
        self._dunders = self._names("@dunders")

    def look(self, module: str, name: str, *, legacy: bool = False) -> Entry:
        """The object that `module` and dotted `name` lead to; `legacy` maps Python 2's names, as protocols 0-2 do."""
        given = f"{module}.{name}"
        if len(given) > MAX_NAME_CHARS:
            return Entry(module, name, shown(given), *CODE)
        if legacy:
            module, name = self._modern(module, name)
        home, path, grades = self._resolve(self._aliases.get(module, module), name.split("."))
        found = f"{home}.{path}" if path else home
        what = shown(given) if found == given else f"{shown(found)} (as {shown(given)})"
        positions = self._calls.get(found, "")
        calls = tuple(int(position) for position in positions.split(",")) if positions else ()
        return Entry(home, path, what, *grades, calls)

    def _modern(self, module: str, name: str) -> tuple[str, str]:
        moved = self._legacy_names.get(f"{module}:{name}")
        if moved:
            module, _, name = moved.partition(":")
            return module, name
        return self._legacy_modules.get(module, module), name

    def _resolve(self, module: str, steps: list[str]) -> tuple[str, str, Grades]:
        """Follow the steps from the module, through modules that it holds, to an object and its grades."""
        for _ in range(MAX_STEPS):
            if not steps:
                return module, "", A_MODULE
            path = ".".join(steps)
            if not self._dunders.isdisjoint(steps):
                return module, path, CODE
            if grade := self._names_of(module).get(path):
                return module, path, _grades(grade)
            target = self._leads_to(module, steps[0])
            if target is None:
                break
            home, _, inner = target.partition(":")
            module = self._aliases.get(home, home)
            steps = ([*inner.split("."), *steps[1:]]) if inner else steps[1:]
        return module, ".".join(steps), self._unlisted(module, steps)

    def _leads_to(self, module: str, step: str) -> str | None:
        """The module, or `module:object`, that this attribute of a module is under another name."""
        names = self._names_of(module)
        if target := names.get(LEADS_TO + step):
            return target
        if step in names:
            return None
        inner = f"{module}.{step}"
        if inner in self._lines or inner in self._aliases:
            return self._aliases.get(inner, inner)
        bare = step.strip("_")
        if bare in self._stdlib and module not in self._stdlib | {bare}:
            return bare
        if bare in self._stdlib and module != bare and self._names_of(bare):
            return bare
        return None

    def _unlisted(self, module: str, steps: list[str]) -> Grades:
        """The grades of what no line names: by its module, its package, and whether it is named as a class is."""
        top, last = module.partition(".")[0], steps[-1]
        for home in _upwards(module):
            grade = self._names_of(home).get(ANY_NAME)
            if grade and (home == module or grade != "inert"):
                return _grades(grade)
        if last in self._danger:
            return CODE
        a_function = not last.lstrip("_")[:1].isupper()
        if top in self._stdlib or top in self._elsewhere:
            return ("code", "code" if a_function else "unknown", "unknown")
        if top in self._covered:
            a_value = ("code", "code", "library" if self._computes(module, steps) else "unknown")
            if a_function and module in self._lines:
                return a_value
            moved = self._moved(top, last) if len(steps) == 1 else NOTHING_KNOWN
            return a_value if a_function and moved == NOTHING_KNOWN else moved
        if top in self._foreign and a_function:
            return ("code", "code", "unknown")
        return NOTHING_KNOWN

    def _computes(self, module: str, steps: list[str]) -> bool:
        """True unless where a function of a library is, or how it is called, speaks for more than computing."""
        method = len(steps) > 1 and steps[-1].startswith("to_")
        return self._unread.isdisjoint(module.split(".")) and not method and not DOES_MORE.match(steps[-1])

    def _moved(self, top: str, name: str) -> Grades:
        """The grade of a class of this name elsewhere in its package: libraries move their modules between versions."""
        grades = self._packages.get(top)
        if grades is None:
            grades = self._packages[top] = {}
            for module in self._lines:
                if module.partition(".")[0] == top:
                    for each, grade in self._names_of(module).items():
                        grades.setdefault(each, set()).add(grade)
        found = grades.get(name, ())
        return _grades(next(iter(found))) if len(found) == 1 else NOTHING_KNOWN

    def _names_of(self, module: str) -> dict[str, str]:
        """The names of a module with their grades; an attribute that leads elsewhere is listed as `>name`."""
        names = self._modules.get(module)
        if names is None:
            names = {}
            for grade, text in self._lines.get(module, ()):
                if grade == LEADS_TO:
                    names |= {LEADS_TO + name: target for name, _, target in _pairs(text)}
                else:
                    names |= dict.fromkeys(text.split(" "), grade)
            if module in self._lines:
                self._modules[module] = names
        return names

    def _special(self, mark: str) -> dict[str, str]:
        return {name: target for _, text in self._lines.pop(mark, ()) for name, _, target in _pairs(text)}

    def _names(self, mark: str) -> frozenset[str]:
        return frozenset(name for _, text in self._lines.pop(mark, ()) for name in text.split(" "))


@lru_cache
def table() -> Table:
    """The shipped table."""
    return Table(Path(__file__).with_name("table.tsv").read_text("utf-8"))


def _grades(text: str) -> Grades:
    call, *others = text.split("/")
    new, named = (others * 2)[:2] if others else (call, call)
    return call, new, named


def _pairs(text: str) -> list[tuple[str, str, str]]:
    return [pair.partition("=") for pair in text.split(" ")]


def _upwards(module: str) -> list[str]:
    """The module, its package, and so on to the top."""
    parts = module.split(".", MAX_DEPTH)[:MAX_DEPTH]
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
