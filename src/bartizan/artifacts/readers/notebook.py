"""Jupyter notebooks: the code in the cells, which a person runs, and the outputs, which a browser shows."""

import re
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import AnyFact, Calls, Spent, Structure, shown
from bartizan.artifacts.json_document import MAX_BYTES, Value, looks_like_json, object_of, read_json, text_of
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.artifacts.readers.json_config import document_facts
from bartizan.artifacts.shell_lines import hostile

MAX_CELLS = 2_000
"""A notebook in use has some hundreds at most."""
STEPS_PER_CELL = 50
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
    """What the cells can do when somebody runs them, their outputs when somebody looks, and what any JSON can."""
    if artifact.size <= MAX_BYTES and (count := artifact.read(0, artifact.size).count(b'"cell_type"')) > MAX_CELLS:
        yield Spent("spent", f"{count:,} cells, the most is {MAX_CELLS:,}")
        return
    document = read_json(artifact, look)
    yield from document_facts(document, look)
    cells = document.get("cells") if isinstance(document, dict) else None
    if isinstance(cells, list):  # else it only speaks of notebooks
        yield from _cells(cells, artifact.size, look)


def _cells(cells: list[Value], size: int, look: Look) -> Iterator[AnyFact]:
    sources: dict[str, str] = {}
    for index, cell in enumerate(cells):
        look.meter.spend("steps", STEPS_PER_CELL)
        look.meter.check_time()
        if not isinstance(cell, dict):
            continue
        if text_of(cell, "cell_type") != "code":
            yield from _shown(_joined(cell.get("source")), f"cell {index}")
            continue
        python, commands = _split(_joined(cell.get("source") or cell.get("input")))
        for line in commands:
            yield from _command(line, f"cell {index}")
        if not set(python.split()) <= {"pass"}:
            sources[f"cell {index}"] = python
        yield from _outputs(cell.get("outputs"), f"cell {index} output")
    if sources:
        from bartizan.artifacts.code import capabilities_by_hand

        yield from capabilities_by_hand(sources, size, meter=look.meter)


def _split(source: str) -> tuple[str, list[str]]:
    """The Python of a cell, magics left out, and the lines that a shell runs."""
    if SHELL_CELL.match(source):
        return "", source.splitlines()[1:]
    if OTHER_CELL.match(source):
        return "", []
    commands = [match[2] for match in MAGIC.finditer(source)]
    return OTHER_MAGIC.sub(r"\1pass", MAGIC.sub(r"\1pass", source)), commands


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


READER = Reader("notebook", sniff, read, covers=("json",))
