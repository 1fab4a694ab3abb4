"""PMML and other XML: never parsed by an XML library; entities, includes and scripts are what loaders trip over."""

import re
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.fact import AnyFact, Calls, FetchesUrl, ReadsPath, Spent, Structure, shown
from bartizan.artifacts.paths import leaves_folder
from bartizan.artifacts.reader import Found, Head, Look, Reader

STEP_BYTES = 1 << 20
OVERLAP_BYTES = 4096
MAX_PROLOG_CHARS = 1 << 20
MAX_EXPANSION = 1_000_000
MAX_TOLD = 50

START = re.compile(rb"\s*<(?:\?xml\b|!DOCTYPE\s+(?!html)|PMML\b|!--|[A-Za-z_][\w.:-]*\s+xmlns)", re.IGNORECASE)
WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
ENTITY = re.compile(
    r"<!ENTITY\s+(%\s+)?([\w.:-]+)\s+(?:(SYSTEM|PUBLIC\s+(?:\"[^\"]*\"|'[^']*'))\s+)?(\"[^\"]*\"|'[^']*')"
)
DOCTYPE = re.compile(r"<!DOCTYPE\s+[\w.:-]+\s+(SYSTEM|PUBLIC\s+(?:\"[^\"]*\"|'[^']*'))\s+(\"[^\"]*\"|'[^']*')")
REFERENCE = re.compile(r"[&%]([\w.:-]+);")
INCLUDE = re.compile(r"<(?:xi|xinclude):include\b[^>]{0,500}?\bhref\s{0,9}=\s{0,9}(\"[^\"]*\"|'[^']*')"
                     r"|<\?xml-stylesheet\b[^>]{0,500}?href=(\"[^\"]*\"|'[^']*')"
                     r"|\bxsi:schemaLocation\s*=\s*(\"file:[^\"]*\")")  # fmt: skip
SCRIPT = re.compile(
    r"<(?:\w+:)?script\b|\bjavascript:|<\w{1,40}[^>]{0,500}\son(?:load|error|click)\s*=|<(?:msxsl|xalan|java):",
    re.IGNORECASE,
)
EXTENSION = re.compile(
    r"<Extension\b[^<]{0,300}(?:Runtime\.getRuntime|ProcessBuilder|java\.lang\.|os\.system|subprocess|__import__|eval\(|exec\()",
    re.IGNORECASE,
)


def sniff(head: Head) -> bool:
    return START.match(head.start.removeprefix(b"\xef\xbb\xbf")) is not None or head.start[:2] in WIDE


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """The entities of the prolog, then what includes files or holds scripts."""
    encoding = WIDE.get(artifact.read(0, 2), "utf-8")
    yield from _prolog(artifact.read(0, MAX_PROLOG_CHARS).decode(encoding, "replace"))
    told: set[AnyFact] = set()
    at = 0
    while at < artifact.size:
        look.meter.check_time()
        text = artifact.read(at, STEP_BYTES + OVERLAP_BYTES).decode(encoding, "replace")
        for fact in _body(text):
            if fact not in told and len(told) < MAX_TOLD:
                told.add(fact)
                yield fact
        at += STEP_BYTES


def _prolog(text: str) -> Iterator[AnyFact]:
    match = DOCTYPE.search(text)
    if match and not match[2][1:].startswith(("http://www.w3.org/", "https://www.w3.org/")):
        yield from _fetched(match[2][1:-1], "document type")
    entities = list(ENTITY.finditer(text))
    if not entities:
        return
    weights: dict[str, int] = {}
    for entity in entities:
        value = entity[4][1:-1]
        if entity[3]:
            yield from _fetched(value, f"entity {shown(entity[2], 40)}")
        weight = 1 + sum(weights.get(reference, 1) for reference in REFERENCE.findall(value))
        weights[entity[2]] = max(weights.get(entity[2], 0), weight)
        if weight > MAX_EXPANSION:
            yield Spent("bomb", f"entities that stand for more than {MAX_EXPANSION:,} others")
            return
    body = sum(weights.get(reference, 0) for reference in REFERENCE.findall(text))
    if body > MAX_EXPANSION:
        yield Spent("bomb", f"entities that stand for more than {MAX_EXPANSION:,} others")
    else:
        yield Structure("entities", f"declares {len(entities)} entities, which no model needs")


def _fetched(target: str, where: str) -> Iterator[AnyFact]:
    if target.startswith("file:") or "://" not in target:
        path = target.removeprefix("file://").removeprefix("file:")
        yield ReadsPath("outside" if leaves_folder(path) else "inside", shown(path), where=where)
    else:
        yield FetchesUrl("load", shown(target), where=where)


def _body(text: str) -> Iterator[AnyFact]:
    for included in INCLUDE.finditer(text):
        yield from _fetched((included[1] or included[2] or included[3])[1:-1], "include")
    if script := SCRIPT.search(text):
        yield Structure("script", f"markup with a script: {shown(script[0])}")
    if extension := EXTENSION.search(text):
        yield Calls("later", shown(f"an extension with code: {extension[0]}"))


READER = Reader("xml", sniff, read)
