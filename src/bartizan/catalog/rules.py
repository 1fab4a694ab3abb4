"""The rules that the data files keep; a catalog that breaks one is not loaded."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from bartizan.catalog.framework import Framework, OutOfReach
from bartizan.catalog.threat import Threat


class Fault(msgspec.Struct, frozen=True):
    """One broken rule: what is wrong, and where."""

    what: str
    where: str


def faults(
    frameworks: Sequence[Framework],
    threats: Sequence[Threat],
    out_of_reach: Mapping[str, Sequence[OutOfReach]],
    asset_kinds: Collection[str],
) -> Iterator[Fault]:
    """Every fault of these data, in the order of the files; nothing if they are sound."""
    names = {framework.slug: framework.names for framework in frameworks}
    yield from _ids_given_twice(frameworks)
    yield from (Fault("the slug is given to two threats", slug) for slug in _twice(threat.slug for threat in threats))
    for threat in threats:
        yield from _faults_of_threat(threat, names, asset_kinds)
    for slug, groups in out_of_reach.items():
        yield from _faults_of_groups(slug, groups, names)
    for framework in frameworks:
        yield from _misplaced(framework, threats, out_of_reach.get(framework.slug, ()))


def _ids_given_twice(frameworks: Iterable[Framework]) -> Iterator[Fault]:
    ids = (entry for framework in frameworks for entry in (*framework.headings, *framework.entries))
    return (Fault("the id is given twice", entry) for entry in _twice(ids))


def _faults_of_threat(
    threat: Threat, names: Mapping[str, Mapping[str, str]], asset_kinds: Collection[str]
) -> Iterator[Fault]:
    for field in ("title", "description", "stages", "assets"):
        if not getattr(threat, field):
            yield Fault(f"the threat has no {field}", threat.slug)
    for value in (*_twice(threat.stages), *_twice(threat.assets), *_twice(threat.ids)):
        yield Fault(f"the threat names {value} twice", threat.slug)
    for kind in threat.assets:
        if kind not in asset_kinds:
            yield Fault(f"no asset kind is called {kind}", threat.slug)
    for framework, ids in threat.maps.items():
        yield from _unknown(framework, ids, names, threat.slug)


def _faults_of_groups(
    slug: str, groups: Sequence[OutOfReach], names: Mapping[str, Mapping[str, str]]
) -> Iterator[Fault]:
    for group in groups:
        yield from _unknown(slug, group.ids, names, "out of reach")
        if not group.because.strip() or "\n" in group.because:
            yield Fault("an id is out of reach for a reason of one line", ", ".join(group.ids))
    for entry in _twice(entry for group in groups for entry in group.ids):
        yield Fault("the id is out of reach twice", entry)


def _misplaced(framework: Framework, threats: Iterable[Threat], groups: Iterable[OutOfReach]) -> Iterator[Fault]:
    """The entries that stand nowhere, or both under a threat and out of reach."""
    placed = {entry for threat in threats for entry in threat.maps.get(framework.slug, ())}
    out_of_reach = {entry for group in groups for entry in group.ids}
    for entry in framework.entries:
        if entry not in placed and entry not in out_of_reach:
            yield Fault("the id stands under no threat and is not out of reach", entry)
    for entry in framework.names:
        if entry in placed and entry in out_of_reach:
            yield Fault("the id stands under a threat and is out of reach", entry)


def _unknown(framework: str, ids: Iterable[str], names: Mapping[str, Mapping[str, str]], where: str) -> Iterator[Fault]:
    if framework not in names:
        yield Fault(f"there is no framework {framework}", where)
        return
    for entry in ids:
        if entry not in names[framework]:
            yield Fault(f"{framework} has no id {entry}", where)


def _twice(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]
