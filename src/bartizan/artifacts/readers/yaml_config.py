"""YAML: configurations of hydra, NeMo and SpeechBrain, MLflow's `MLmodel`, and what an unsafe loader makes of tags."""

import re
from collections.abc import Iterator

from bartizan.artifacts.artifact import Artifact
from bartizan.artifacts.config_facts import config_facts
from bartizan.artifacts.dotted import called, imported
from bartizan.artifacts.fact import AnyFact, Imports, shown
from bartizan.artifacts.json_document import looks_like_json
from bartizan.artifacts.mlflow_model import mlflow_facts
from bartizan.artifacts.reader import Found, Head, Look, Reader
from bartizan.artifacts.yaml_document import MAX_BYTES, all_tags, read_yaml
from bartizan.artifacts.yaml_flow import Tagged
from bartizan.kernel import OutOfBudget

FIRST_LINE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:#.*)?\r?\n)*"
    rb"(?:%(?:YAML|TAG)\b|---(?:\s|\Z)|[ \t]{0,80}(?:-[ \t]{1,20}){0,9}(?:[&!]\S{1,200}[ \t]{1,20}){0,3}"
    rb"(?:\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|[\w./<][\w ./<>-]{0,200})[ \t]{0,9}:(?:[ \t]|\r?\n|\Z)"
    rb"|\?[ \t]|!\S|\{|-[ \t]+[^-\s])"
)
OTHER_BREAKS = re.compile(rb"\r\n?|\xc2\x85|\xe2\x80[\xa8\xa9]")
KEYWORD = re.compile(rb"\s{0,99}(?:try|else|finally|class|def|if|for|while|with|elif|except|async)\b.*:")
ACTED_ON = re.compile(
    rb"(?:_target_|class_path|loader_module)[\"']?[ \t]*:|!!python/|yaml\.org,2002:"
    rb"|[:-][ \t]+!(?:new|apply|name|module):|\\x5f"
)
PYTHON_LINE = re.compile(rb"^(?:import \w|from [\w.]+ import |def \w+\(|class \w+[(:])", re.MULTILINE)
FRONT_MATTER = re.compile(
    rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n.*?^---[ \t]*\r?\n(?=[ \t\r\n]*[^\s-])", re.DOTALL | re.MULTILINE
)
SECOND_LINE = re.compile(rb"^[ \t]*(?:-[ \t]|[\w.\"'-]+[ \t]*:(?:\s|\Z))", re.MULTILINE)
PYTHON = "tag:yaml.org,2002:python/"
PLAIN_PYTHON = frozenset("none bool str unicode bytes int long float complex list tuple dict".split())  # noqa: SIM905


def sniff(head: Head) -> bool:
    """True for text whose first line is one of YAML, or that has a key or tag on which a loader of YAML acts."""
    start = head.start
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return b":\0" in start or b"\0:" in start
    if b"\0" in start:
        return False
    start = OTHER_BREAKS.sub(b"\n", start)
    if looks_like_json(start) or start.lstrip().startswith(b"["):
        return b"!!python/" in start or b"yaml.org,2002:" in start
    if ACTED_ON.search(start) and SECOND_LINE.search(start):
        return True
    if FRONT_MATTER.match(start) or KEYWORD.match(start) or PYTHON_LINE.search(start):
        return False
    first = FIRST_LINE.match(start)
    return first is not None and (len(SECOND_LINE.findall(start[:4096])) >= _half_of_lines(start[:4096]))


def read(artifact: Artifact, look: Look) -> Iterator[Found]:
    """What a loader does because of the keys, and an unsafe one because of the tags."""
    if artifact.size > MAX_BYTES:
        raise OutOfBudget(f"YAML of {artifact.size:,} bytes, the most is {MAX_BYTES:,}")
    look.meter.spend("bytes", artifact.size)
    found = read_yaml(artifact.read(0, artifact.size), look)
    for tagged in all_tags(found):
        yield from _tag(tagged)
    for document in found.documents:
        yield from config_facts(document, meter=look.meter)
        if isinstance(document, dict) and ("flavors" in document or "loader_module" in document):
            yield from mlflow_facts(document)


def _tag(tagged: Tagged) -> Iterator[AnyFact]:
    """What `yaml.unsafe_load` and HyperPyYAML do with a tag."""
    kind, _, name = tagged.tag.removeprefix(PYTHON).partition(":")
    where = f"line {tagged.line}" if tagged.line else "a flow collection"
    if tagged.tag.startswith(PYTHON):
        if kind in ("object/apply", "object/new", "object"):
            yield called(name or tagged.value, where)
        elif kind == "name":
            yield imported(name or tagged.value, where)
        elif kind == "module":
            yield Imports("unknown", f"the module {shown(name)}", where=where)
        elif kind not in PLAIN_PYTHON:
            yield called(name or kind, where)
    elif tagged.tag.startswith(("!new:", "!apply:")):
        yield called(tagged.tag.partition(":")[2], where)
    elif tagged.tag.startswith(("!name:", "!module:")):
        yield imported(tagged.tag.partition(":")[2], where)
    elif tagged.tag.startswith(
        (
            "!ruby/",
            "tag:yaml.org,2002:ruby/",
            "tag:ruby.yaml.org",
            "!!javax",
            "tag:yaml.org,2002:javax",
            "tag:yaml.org,2002:java",
        )
    ):
        yield Imports("unknown", f"the type {shown(tagged.tag)} of another language", where=where)


def _half_of_lines(text: bytes) -> float:
    """How many lines must look like YAML: half of those that say something."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith((b"#", b"---", b"%"))]
    return 0 if len(lines) < 2 else len(lines) / 3


READER = Reader("yaml", sniff, read)
