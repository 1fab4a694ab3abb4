"""Presidio with its pattern recognisers on the same texts: `python -m bench.personal_peers < asked.json`, by a Python
that has it.

It imports nothing of Bartizan. Its language models cannot be had here, so names, places and organisations are left out,
and words count as their own lemmas. Reads `{"groups": {name: [text, ...]}, "cases": [[kind, text], ...]}`, writes for
each group what was `found`, as lists of `[start, end, kind, score]`, and the `seconds` of processor time. `default` are
the recognisers that are on by default for English, `all` every pattern recogniser.
"""

import contextlib
import inspect
import json
import logging
import sys
import time
from importlib.metadata import version

import presidio_analyzer.predefined_recognizers as predefined
import spacy
from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from presidio_analyzer.predefined_recognizers import PhoneRecognizer


class Words(NlpEngine):
    """Tokens of a blank pipeline."""

    def __init__(self) -> None:
        self.nlp = spacy.blank("en")

    def load(self) -> None:
        pass

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text, language):
        tokens = self.nlp.make_doc(text)
        return NlpArtifacts(
            [], tokens, [token.idx for token in tokens], [token.lower_ for token in tokens], self, language
        )

    def process_batch(self, texts, language, **_):
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word, language) -> bool:
        return False

    def is_punct(self, word, language) -> bool:
        return False

    def get_supported_entities(self):
        return []

    def get_supported_languages(self):
        return ["en"]


def main() -> None:
    logging.disable(logging.WARNING)
    asked = json.load(sys.stdin)
    answer = {"tool": f"Presidio {version('presidio-analyzer')}", "kinds": sorted(_by_kind())}
    for name, engine in (("default", _default()), ("all", _all())):
        engine.analyze("warm up", language="en")
        answer[name] = {}
        for group, texts in asked["groups"].items():
            start = time.process_time()
            found = [_told(engine.analyze(text, language="en")) for text in texts]
            answer[name][group] = {"found": found, "seconds": time.process_time() - start}
    by_kind = _by_kind()
    answer["cases"] = [
        _told(result for recogniser in by_kind.get(kind, ()) for result in recogniser.analyze(text, [kind], None))
        for kind, text in asked["cases"]
    ]
    json.dump(answer, sys.stdout)


def _told(results):
    return sorted({(one.start, one.end, one.entity_type, round(one.score, 3)) for one in results if one.score > 0})


def _pattern_recognisers():
    for name, kind in inspect.getmembers(predefined, inspect.isclass):
        if name.endswith("Recognizer") and issubclass(kind, (PatternRecognizer, PhoneRecognizer)):
            with contextlib.suppress(TypeError):
                yield kind(supported_language="en")


def _by_kind():
    by_kind = {}
    for recogniser in _pattern_recognisers():
        for kind in recogniser.supported_entities:
            by_kind.setdefault(kind, []).append(recogniser)
    return by_kind


def _default() -> AnalyzerEngine:
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=Words())
    kept = [one for one in registry.recognizers if isinstance(one, (PatternRecognizer, PhoneRecognizer))]
    return AnalyzerEngine(registry=RecognizerRegistry(recognizers=kept), nlp_engine=Words(), supported_languages=["en"])


def _all() -> AnalyzerEngine:
    registry = RecognizerRegistry(recognizers=list(_pattern_recognisers()))
    return AnalyzerEngine(registry=registry, nlp_engine=Words(), supported_languages=["en"])


if __name__ == "__main__":
    main()
