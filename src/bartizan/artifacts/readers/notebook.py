"""Jupyter notebooks: the code in the cells, which a person runs, and the outputs, which a browser shows."""

import re
from collections.abc import Iterator
from contextlib import suppress

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import AnyFact, Calls, Structure, shown
from bartizan.artifacts.json_document import Value, looks_like_json, object_of, read_json, text_of
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.artifacts.shell_lines import hostile

MAX_CELLS = 20_000
SHELL_CELL = re.compile(r"\A\s*%%(?:bash|sh|script|system|sx|!|zsh|cmd)\b|\A\s*%%(?:perl|ruby)\b")
OTHER_CELL = re.compile(r"\A\s*%%(?:html|javascript|js|markdown|latex|svg|writefile|file|sql|R|cython|bigquery)\b")
MAGIC = re.compile(r"^(\s*)(?:[\w, .]+=\s*)?(?:!{1,2}|%(?:sx|system|bash|sh)\s)(.*)$", re.MULTILINE)
OTHER_MAGIC = re.compile(r"^(\s*)%{1,2}\w.*$|^(\s*)\?\??\w.*$|^(\s*)\S+\?{1,2}$", re.MULTILINE)
ACTIVE = re.compile(
    r"(?:document\.cookie|localStorage|sessionStorage|fetch\s*\(|XMLHttpRequest|navigator\.sendBeacon|eval\s*\(|atob\s*\("
    r"|Jupyter\.notebook\.kernel|IPython\.notebook\.kernel|kernel\.execute|requestExecute|/api/(?:terminals|kernels|contents)"
    r"|new\s+WebSocket|<iframe[^>]{1,500}srcdoc|\son(?:error|load|mouseover|click)\s*=)",
    re.IGNORECASE,
)
SCRIPTED_TYPES = ("text/html", "application/javascript", "image/svg+xml", "text/markdown")
LIBRARY = re.compile(
    r"bokeh|plotly|require\.config|vega|holoviews|ipywidgets|altair|pyLDAvis|mpld3|dfi-|google\.colab", re.IGNORECASE
)


def sniff(head: Head) -> bool:
    """True for JSON that has cells and says which version of the notebook format it is."""
    return (
        looks_like_json(head.start) and b'"nbformat"' in head.start + head.end and b'"cells"' in head.start + head.end
    )


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What the cells can do when somebody runs them, and their outputs when somebody looks."""
    document = read_json(artifact, look)
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list):
        return  # it only speaks of notebooks
    for index, cell in enumerate(cells[:MAX_CELLS]):
        look.meter.spend("steps")
        look.meter.check_time()
        if isinstance(cell, dict):
            if text_of(cell, "cell_type") == "code":
                yield from _code(_joined(cell.get("source") or cell.get("input")), f"cell {index}")
                yield from _outputs(cell.get("outputs"), f"cell {index} output")
            else:
                yield from _shown(_joined(cell.get("source")), f"cell {index}")


def _code(source: str, where: str) -> Iterator[AnyFact]:
    if SHELL_CELL.match(source):
        for line in source.splitlines()[1:]:
            yield from _command(line, where)
        return
    if OTHER_CELL.match(source):
        return
    for match in MAGIC.finditer(source):
        yield from _command(match[2], where)
    python = OTHER_MAGIC.sub(r"\1pass", MAGIC.sub(r"\1pass", source))
    if set(python.split()) <= {"pass"}:
        return
    from bartizan.artifacts.code import Broken, capabilities

    with suppress(Broken):  # other kernels have other languages; nobody runs what does not parse
        yield from capabilities(python, where, by_hand=True)


def _command(line: str, where: str) -> Iterator[AnyFact]:
    if found := hostile(line):
        yield Calls("code", f"the shell runs {shown(found)}", where=where)


def _outputs(outputs: Value, where: str) -> Iterator[AnyFact]:
    if not isinstance(outputs, list):
        return
    for output in outputs:
        data = object_of(output, "data") if isinstance(output, dict) else {}
        for kind in SCRIPTED_TYPES:
            text = _joined(data.get(kind))
            if kind == "application/javascript" and text and not LIBRARY.search(text) and not ACTIVE.search(text):
                yield Structure("script", "an output with a script", where=where)
            yield from _shown(text, where, kind == "application/javascript")


def _shown(text: str, where: str, script: bool = False) -> Iterator[AnyFact]:
    """Markup that does something by itself, as far as it is not a plotting library's."""
    scripted = (
        script
        or "<script" in text.lower()
        or "javascript:" in text.lower()
        or re.search(r"<\w{1,40}[^>]{0,500}\son\w{1,30}\s*=", text)
    )
    match = ACTIVE.search(text) if scripted else None
    if match is None or (
        LIBRARY.search(text) and "kernel" not in match[0].lower() and "cookie" not in match[0].lower()
    ):
        return
    yield Structure("script", f"markup with a script: {shown(match[0])}", where=where)


def _joined(value: Value) -> str:
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


READER = Reader("notebook", sniff, read)
