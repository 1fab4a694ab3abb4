"""Presidio: rules out of its pattern recognisers, given as objects or as the mappings that its YAML holds."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bartizan.text.adapters.imported import Collector, Imported, slug
from bartizan.text.adapters.python_regex import in_re2
from bartizan.text.personal.presidio import PRESIDIO_NAMES
from bartizan.text.rule import Rule

FLAGS = re.DOTALL | re.MULTILINE | re.IGNORECASE
"""What Presidio reads patterns with unless a recogniser says otherwise."""
OWN_CODE = ("analyze", "validate_result", "invalidate_result", "enhance_using_context")
"""Methods in which a recogniser decides further."""
BASES = ("PatternRecognizer", "LocalRecognizer", "EntityRecognizer", "ABC", "object")
_KINDS = {theirs: ours for ours, theirs in reversed(PRESIDIO_NAMES.items())}


def from_presidio(recognizers: Iterable[object]) -> Imported:
    """The rules of pattern recognisers, by their entity, with their scores and context words."""
    found = Collector()
    for recognizer in recognizers:
        if isinstance(recognizer, Mapping):
            _take(str(recognizer.get("name") or "unnamed"), recognizer, found)
            continue
        said = _Attributes(recognizer)
        name = str(said.get("name") or type(recognizer).__name__)
        for method in filter(said.overrides, OWN_CODE):
            found.leave(name, f"its own `{method}` is not run")
        _take(name, said, found)
    return found.result()


class _Attributes:
    """An object read like a mapping."""

    def __init__(self, thing: object) -> None:
        self._thing = thing

    def get(self, key: str) -> object:
        return getattr(self._thing, key, None)

    def overrides(self, method: str) -> bool:
        kinds = (kind for kind in type(self._thing).__mro__ if kind.__name__ not in BASES)
        return any(method in vars(kind) for kind in kinds)


_Said = Mapping[str, object] | _Attributes


def _take(name: str, said: _Said, found: Collector) -> None:
    patterns = list(_patterns(said))
    if said.get("enabled") is False:
        found.leave(name, "it is switched off")
    elif not patterns:
        found.leave(name, "it has no patterns, and is code of Presidio's")
    else:
        entities = _sequence(said.get("supported_entities"))
        entity = str(said.get("supported_entity") or (entities[0] if entities else name))
        for language, context in _languages(said):
            for number, (pattern, score, flags) in enumerate(patterns, 1):
                converted = in_re2(pattern, flags)
                found.add(
                    Rule(
                        id=slug(name, language, str(number)),
                        kind=_KINDS.get(entity) or slug(entity.replace("_", "-")),
                        pattern=converted.pattern,
                        part=converted.part,
                        score=score,
                        context=context,
                        languages=(language,) if language else (),
                    )
                )


def _patterns(said: _Said) -> Iterator[tuple[str, float, int]]:
    """Each pattern with its score and flags."""
    flags = said.get("global_regex_flags")
    flags = flags if isinstance(flags, int) else FLAGS
    for pattern in _sequence(said.get("patterns")):
        entry = pattern if isinstance(pattern, Mapping) else _Attributes(pattern)
        yield str(entry.get("regex") or ""), _number(entry.get("score"), 0.5), flags
    words = [str(word) for word in _sequence(said.get("deny_list")) if word]
    if words and isinstance(said, Mapping):
        # An object has made a pattern of it already.
        any_word = "|".join(map(re.escape, words))
        yield rf"(?:^|(?<=\W))(?:{any_word})(?:(?=\W)|$)", _number(said.get("deny_list_score"), 1.0), flags


def _languages(said: _Said) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each language with its context words; one without a name if none is named."""
    common = _words(said.get("context"))
    languages = _sequence(said.get("supported_languages")) or [said.get("supported_language") or ""]
    for language in languages:
        if isinstance(language, Mapping):
            yield str(language.get("language") or ""), _words(language.get("context")) or common
        else:
            yield str(language), common


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else []


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(word) for word in _sequence(value) if word)


def _number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise
