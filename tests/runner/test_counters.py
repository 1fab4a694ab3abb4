from bartizan.catalog import load
from bartizan.kernel import Registry


def test_every_control_of_ours_counters_threats_that_the_catalog_knows() -> None:
    known = set(load().by_slug)
    counters = {control.id: set(control.counters) for control in Registry()}
    assert counters
    assert {name: slugs - known for name, slugs in counters.items() if slugs - known} == {}


def test_every_threat_of_a_finding_of_the_scanner_is_known_to_the_catalog() -> None:
    from bartizan.artifacts.findings import OTHER_THREATS, THREATS

    named = {slug for slugs in (*THREATS.values(), OTHER_THREATS) for slug in slugs}
    assert named <= load().by_slug.keys()
