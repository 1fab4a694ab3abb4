"""Carriers: innocent documents, and attacks that stand somewhere within them.

A carrier is a family below `seeds/carrier/` with one or more slots `{here}`. `innocent` puts innocent texts into these
places, and `carried` an attack into one of them. So what tells the two apart is the attack, never the document. The
header `form` says how the document has to write what it carries.
"""

import html
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence

from training.guard.grammar import BENIGN, Family, GrammarError, Sample, Seed
from training.guard.template import expand

HERE = "here"
ABROAD = 0.15
"""How often a document in another language carries a text in English."""
BESIDE = 0.3
"""How often a place holds a text of the benign families, and not just the carrier's own filler."""
_MARK = "\ue000"

Form = Callable[[str], str]


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _in_ascii_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _in_html(text: str) -> str:
    return html.escape(text, quote=False)


FORMS: Mapping[str, tuple[Form, ...]] = {
    "text": (str,),
    "line": (_in_one_line,),
    "json": (_in_json, _in_ascii_json),
    "html": (_in_html, str),
}


class Texts:
    """What may stand in documents of one language: texts of these families that are read, not asked."""

    def __init__(self, families: Sequence[Family]) -> None:
        self._families: dict[str, list[Family]] = {}
        for one in families:
            if {"retrieved", "tool_result"} & set(one.stages):
                self._families.setdefault(one.language, []).append(one)

    def one(self, language: str, rng: random.Random) -> Sample | None:
        """A text for a document in that language; None if there is none to be had."""
        own, english = self._families.get(language), self._families.get("en")
        families = english if not own or (english and rng.random() < ABROAD) else own
        return next(rng.choice(families).samples(1, rng.getrandbits(32)), None) if families else None


def carried(
    carriers: Sequence[Family], attacks: Sequence[Family], benign: Sequence[Family], n: int, seed: int
) -> Iterator[Sample]:
    """n documents of each carrier with an attack in them, as embedded tasks of the attack's family."""
    hostile, innocents = Texts(attacks), Texts(benign)
    for carrier in carriers:
        rng = random.Random(f"{seed} carried {carrier.id}")
        for _ in range(n):
            if attack := hostile.one(carrier.language, rng):
                yield _document(carrier, attack, innocents, rng)


def innocent(carriers: Sequence[Family], benign: Sequence[Family], n: int, seed: int) -> Iterator[Sample]:
    """n documents of each carrier with nothing but innocent texts in them."""
    innocents = Texts(benign)
    for carrier in carriers:
        rng = random.Random(f"{seed} innocent {carrier.id}")
        for _ in range(n):
            yield _document(carrier, None, innocents, rng)


def _document(carrier: Family, attack: Sample | None, innocents: Texts, rng: random.Random) -> Sample:
    if carrier.form not in FORMS or HERE not in carrier.slots:
        raise GrammarError(f"{carrier.id} carries nothing", todo="Give it a known form and fillers for {here}.")
    seed = rng.choice(carrier.seeds)
    pieces = expand(seed.template, carrier.slots, rng, {HERE: _MARK}).split(_MARK)
    if len(pieces) < 2:
        raise GrammarError("the carrier has no {here}", where=carrier.seed_id(seed))
    hit = rng.randrange(len(pieces) - 1) if attack else -1
    text = pieces[0]
    for place, piece in enumerate(pieces[1:]):
        held = attack.text if attack and place == hit else _innocent_text(carrier, innocents, rng)
        text += rng.choice(FORMS[carrier.form])(held) + piece
    return _sample(carrier, seed, text, attack, rng.choice(carrier.stages))


def _innocent_text(carrier: Family, innocents: Texts, rng: random.Random) -> str:
    found = innocents.one(carrier.language, rng) if rng.random() < BESIDE else None
    return found.text if found else expand(rng.choice(carrier.slots[HERE]), carrier.slots, rng)


def _sample(carrier: Family, seed: Seed, text: str, attack: Sample | None, stage: str) -> Sample:
    if attack is None:
        return Sample(text, BENIGN, stage, carrier.language, carrier.name, carrier.seed_id(seed))
    origin = f"{carrier.seed_id(seed)} {attack.seed_id}"
    return Sample(text, "embedded-task", stage, carrier.language, attack.family, origin)
