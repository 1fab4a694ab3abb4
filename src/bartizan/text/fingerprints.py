"""Fingerprints: whether a text gives away a registered secret, system prompt or document, in any of its views.

A leak of a secret is 12 consecutive letters or digits of it (all of it, if it has fewer), or of it in another code; a
leak of a prompt or a document is 8 consecutive words. Case and everything between the letters count for nothing.
"""

import hashlib
import secrets as entropy
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import msgspec

from bartizan.kernel import HostileInput, UsageError
from bartizan.text.disguises import coded, mirrored
from bartizan.text.shingles import Shingle, shingles
from bartizan.text.view import Views
from bartizan.text.windows import GRAM, Codes, Hashes, Runs, grams, normal, normal_at

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW = 12
"""Letters of a secret that give it away."""
LEAST_CHARS = 8
"""A secret of fewer letters and digits would be found by chance."""
SECRET_STEP = WINDOW - GRAM + 1
"""One gram in so many is remembered, so that any 12 letters hold one. The text is looked at everywhere."""
TEXT_GRAM = 2 * GRAM
TEXT_STEP, LOOK_STEP = 4, 3
"""One gram in four of a prompt or document is remembered, and one in three of a text looked at. The two have no common
divisor, so any 27 letters hold one that is both. Shorter grams are common to all texts of a language."""
MOST_POSTINGS = 8
"""Places of documents at which one gram is remembered."""
FILTER_SPARSENESS = 32
LOOKS_AGAIN = 2
FILTER_BITS = 12, 24
KEY_BYTES = 32
MOST_KEY_BYTES = 64

Kind: TypeAlias = Literal["secret", "prompt", "document"]


class Leak(NamedTuple):
    """A part of something registered stands in the text, at these characters of it as it came."""

    kind: Kind
    name: str
    start: int
    end: int
    how: tuple[str, ...]
    """The decodings that lead to it; none for the text itself."""


class Sieve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where two tables of so many bits say yes."""

    bits: int
    first: bytes
    second: bytes


class Saved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of what was registered: of a secret only keyed digests, and bits shared with all others."""

    names: list[tuple[Kind, str]]
    digests: bytes
    """The keyed BLAKE2b of each 12 letters of a secret, or of all of a shorter one, 8 bytes each, sorted."""
    owners: bytes
    """Whose they are, 4 bytes each."""
    lengths: list[int]
    """How long the shorter ones are."""
    postings: dict[int, list[tuple[int, int]]]
    """A gram of a document, under the key: which one, and where in it."""
    shingles: dict[int, list[Shingle]]
    sieve: Sieve
    """Bits of the grams, of all that is registered together."""
    check: bytes
    """The key's own digest: a wrong key is noticed."""


class Fingerprints:
    """Everything registered, ready to be looked for. Holds no secret in clear."""

    def __init__(self, saved: Saved, key: bytes) -> None:
        import numpy as np

        self._saved = saved
        self._digests = np.frombuffer(saved.digests, ">u8").astype(np.uint64)
        self._owners = np.frombuffer(saved.owners, "<u4")
        if len(self._digests) != len(self._owners):
            raise ValueError("digests without owners")
        self._keyed = _Keyed(key)
        self._filter = _Filter(saved.sieve, self._keyed.second)

    @classmethod
    def of(
        cls,
        *,
        secrets: Mapping[str, str] | None = None,
        prompts: Mapping[str, str] | None = None,
        documents: Mapping[str, str] | None = None,
        key: bytes = b"",
    ) -> "Fingerprints":
        """The fingerprints of named secrets, system prompts and documents, under this key or a fresh one."""
        keyed = _Keyed(key or entropy.token_bytes(KEY_BYTES))
        register = _Register(keyed)
        for name, value in (secrets or {}).items():
            register.secret(name, value)
        for name, text in (prompts or {}).items():
            register.text("prompt", name, text)
        for name, text in (documents or {}).items():
            register.text("document", name, text)
        return cls(register.saved(), keyed.key)

    @classmethod
    def load(cls, data: bytes, key: bytes) -> "Fingerprints":
        """The fingerprints that `saved` gave, with the key that they were made under."""
        try:
            saved = msgspec.msgpack.decode(data, type=Saved)
            if saved.check != _Keyed(key).digest(b""):
                raise UsageError("the fingerprints were saved under another key", todo="Hand in the key of that time")
            return cls(saved, key)
        except (msgspec.MsgspecError, ValueError, IndexError) as wrong:
            raise HostileInput(f"these are no saved fingerprints: {wrong}") from None

    @property
    def key(self) -> bytes:
        """What the digests are keyed with; keep it apart from what is saved."""
        return self._keyed.key

    def saved(self) -> bytes:
        """All that is kept, for a file: names, keyed digests, and hashes of runs of words."""
        return msgspec.msgpack.encode(self._saved)

    def find(self, views: Views) -> list[Leak]:
        """The leaks in all views of a text, in the order of the text; overlapping ones of one thing are one."""
        import numpy as np

        text = views.text if len(views.all) == 1 else "\0".join([view.text for view in views.all])
        codes = normal(text)
        letters = grams(codes)
        short = letters * self._keyed.first
        long = self._keyed.long(letters, LOOK_STEP)
        places = self._filter.hits(np.concatenate((short, long)))
        if not places:
            return []
        found = [*self._secrets(codes, [place for place in places if place < len(short)])]
        found += self._texts(codes, long, [place - len(short) for place in places if place >= len(short)])
        return _placed(found, text, views, self._saved.names) if found else []

    def _secrets(self, codes: Codes, places: Sequence[int]) -> Iterator["_Span"]:
        import numpy as np

        if not places or not len(self._digests):
            return
        spans = [span for place in places for span in _candidates(place, self._saved.lengths) if span[0] >= 0]
        data = (codes[start : start + length].astype(np.uint32).tobytes() for start, length in spans)
        digests = np.frombuffer(b"".join([self._keyed.digest(letters) for letters in data]), ">u8").astype(np.uint64)
        known = np.minimum(np.searchsorted(self._digests, digests), len(self._digests) - 1)
        for at in np.flatnonzero(self._digests[known] == digests).tolist():
            start, length = spans[at]
            if start + length <= len(codes):
                yield _Span(int(self._owners[known[at]]), start, start + length)

    def _texts(self, codes: Codes, hashes: Hashes, places: Sequence[int]) -> Iterator["_Span"]:
        ends: dict[int, int] = {}
        runs: Runs | None = None
        for found in places:
            at = found * LOOK_STEP
            for whose, place in self._saved.postings.get(int(hashes[found]), ()):
                if ends.get(whose, 0) >= at + TEXT_GRAM:
                    continue
                runs = runs or Runs(codes, self._keyed.base)
                for shingle in _around(self._saved.shingles[whose], place):
                    start = at - (place - shingle.start)
                    if runs.same(start, shingle.length, shingle.hash):
                        ends[whose] = max(start + shingle.length, ends.get(whose, 0))
                        yield _Span(whose, start, start + shingle.length)


class _Span(NamedTuple):
    """Where a leak stands among the letters of all views."""

    whose: int
    start: int
    end: int


class _Keyed:
    """What depends on the key: who lacks it can make no two texts that pass for each other."""

    def __init__(self, key: bytes) -> None:
        import numpy as np

        if not 0 < len(key) <= MOST_KEY_BYTES:
            raise UsageError(f"a key for fingerprints has 1 to {MOST_KEY_BYTES} bytes, not {len(key)}")
        self.key = key
        seed = hashlib.blake2b(b"fingerprints", digest_size=24, key=key).digest()
        self.first, self.second, base = (np.frombuffer(seed, np.uint64) | np.uint64(1)).tolist()
        self.base: int = base

    def long(self, letters: Hashes, step: int) -> Hashes:
        """Hashes of twice as many letters as a gram has, one in so many."""
        hashes: Hashes = letters[:-GRAM:step] * self.first
        hashes += letters[GRAM::step]
        hashes *= self.second
        return hashes

    def digest(self, data: bytes) -> bytes:
        return hashlib.blake2b(data, digest_size=8, key=self.key).digest()


class _Filter:
    """Two tables that say of most grams at once that they are of nothing registered."""

    def __init__(self, sieve: Sieve, second: int) -> None:
        import numpy as np

        if not FILTER_BITS[0] <= sieve.bits <= FILTER_BITS[1]:
            raise ValueError(f"filters of {sieve.bits} bits")
        self._shift = np.uint64(64 - sieve.bits)
        self._mixer = np.uint64(second)
        self._first, self._second = (_table(sieve.bits, data) for data in (sieve.first, sieve.second))

    def hits(self, hashes: Hashes) -> list[int]:
        """The places of hashes that may be registered."""
        import numpy as np

        places = np.flatnonzero(self._first.take((hashes >> self._shift).view(np.int64)))
        if len(places):
            mixed = hashes[places]
            for _ in range(LOOKS_AGAIN):
                mixed = mixed * self._mixer
                again = self._second.take((mixed >> self._shift).view(np.int64))
                places, mixed = places[again], mixed[again]
        found: list[int] = places.tolist()
        return found


def _table(bits: int, places: bytes) -> "NDArray[np.bool_]":
    import numpy as np

    table = np.zeros(1 << bits, np.bool_)
    table[np.frombuffer(places, np.uint32)] = True
    return table


def _sieve(hashes: Hashes, second: int) -> Sieve:
    import numpy as np

    bits = min(max((len(hashes) * FILTER_SPARSENESS).bit_length(), FILTER_BITS[0]), FILTER_BITS[1])
    mixer, shift = np.uint64(second), np.uint64(64 - bits)
    again = []
    mixed = hashes
    for _ in range(LOOKS_AGAIN):
        mixed = mixed * mixer
        again.append(mixed >> shift)
    told = (np.unique(places).astype(np.uint32).tobytes() for places in (hashes >> shift, np.concatenate(again)))
    return Sieve(bits, *told)


class _Register:
    """Takes in what is to be found."""

    def __init__(self, keyed: _Keyed) -> None:
        import numpy as np

        self._keyed = keyed
        self._names: list[tuple[Kind, str]] = []
        self._digests: dict[bytes, int] = {}
        self._lengths: set[int] = set()
        self._postings: dict[int, list[tuple[int, int]]] = {}
        self._shingles: dict[int, list[Shingle]] = {}
        self._hashes: list[Hashes] = [np.zeros(0, np.uint64)]

    def secret(self, name: str, value: str) -> None:
        import numpy as np

        codes = normal(value).astype(np.uint32)
        if len(codes) < LEAST_CHARS:
            raise UsageError(
                f"the secret {name!r} has {len(codes)} letters and digits; under {LEAST_CHARS} are found by chance",
                todo="Register a longer one",
            )
        whose = self._named("secret", name)
        self._windows(whose, codes)
        for other in mirrored(value):
            self._windows(whose, normal(other).astype(np.uint32))
        for other, signs in coded(value):
            # The more signs 12 letters have, the fewer of their windows need to be known. Base64 has signs that are
            # neither letters nor digits and so are not counted: two are allowed for.
            step = max(int(signs * WINDOW) - 2 - WINDOW + 1, 1)
            self._windows(whose, normal(other).astype(np.uint32), step, max(step, SECRET_STEP))

    def _windows(self, whose: int, codes: Codes, step: int = 1, gram_step: int = SECRET_STEP) -> None:
        if len(codes) < LEAST_CHARS:
            return
        hashes = grams(codes) * self._keyed.first
        length = min(len(codes), WINDOW)
        if length < WINDOW:
            self._lengths.add(length)
        for at in range(0, len(codes) - length + 1, step):
            self._digests.setdefault(self._keyed.digest(codes[at : at + length].tobytes()), whose)
        self._hashes.append(hashes[:: gram_step if length == WINDOW else WINDOW])

    def text(self, kind: Kind, name: str, text: str) -> None:
        codes = normal(text)
        found = shingles(text, Runs(codes, self._keyed.base))
        if not found or len(codes) < TEXT_GRAM + TEXT_STEP * LOOK_STEP - 1:
            raise UsageError(f"the {kind} {name!r} is too short to be told from others", todo="Register it as a secret")
        whose = self._named(kind, name)
        self._shingles[whose] = found
        hashes = self._keyed.long(grams(codes), TEXT_STEP)
        for at, gram in enumerate(hashes.tolist()):
            places = self._postings.setdefault(gram, [])
            if len(places) < MOST_POSTINGS:
                places.append((whose, at * TEXT_STEP))
        self._hashes.append(hashes)

    def _named(self, kind: Kind, name: str) -> int:
        self._names.append((kind, name))
        return len(self._names) - 1

    def saved(self) -> Saved:
        import numpy as np

        return Saved(
            names=self._names,
            digests=b"".join(sorted(self._digests)),
            owners=np.array([self._digests[digest] for digest in sorted(self._digests)], "<u4").tobytes(),
            lengths=sorted(self._lengths),
            postings=self._postings,
            shingles=self._shingles,
            sieve=_sieve(np.concatenate(self._hashes), self._keyed.second),
            check=self._keyed.digest(b""),
        )


def _candidates(place: int, lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The runs that may be of a secret where a gram may be: 12 letters about it, or a whole short secret from it."""
    for start in range(place - SECRET_STEP + 1, place + 1):
        yield start, WINDOW
    for length in lengths:
        yield place, length


def _around(found: Sequence[Shingle], place: int) -> Iterator[Shingle]:
    """The runs of words that hold the gram at this place, the first first."""
    last = first = bisect_right(found, place, key=lambda shingle: shingle.start)
    while first and found[first - 1].start + found[first - 1].length >= place + TEXT_GRAM:
        first -= 1
    yield from found[first:last]


def _placed(found: list[_Span], text: str, views: Views, names: list[tuple[Kind, str]]) -> list[Leak]:
    """The spans of letters as leaks at characters of the original."""
    at = normal_at(text)
    starts = [0, *accumulate(len(view.text) + 1 for view in views.all[:-1])]
    spans: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for whose, first, last in sorted(found):
        start, end = int(at[first]), int(at[last - 1]) + 1
        known = spans.setdefault((whose, bisect_right(starts, start) - 1), [])
        if known and start <= known[-1][1]:
            known[-1] = (known[-1][0], max(end, known[-1][1]))
        else:
            known.append((start, end))
    leaks = []
    for (whose, which), known in spans.items():
        view = views.all[which]
        for start, end in known:
            place = view.origin(start - starts[which], end - starts[which])
            leaks.append(Leak(*names[whose], *place, view.how))
    return sorted(leaks, key=lambda leak: (leak.start, leak.end, leak.name, leak.how))
