from collections.abc import Callable

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.ledger.merkle import (
    EMPTY_ROOT,
    TILE,
    Hash,
    Tree,
    consistency_path,
    consistent,
    included,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_of,
    split,
)

LINES = [b"%d" % number for number in range(700)]
LEAVES = [leaf_hash(line) for line in LINES]


def by_definition(low: int, high: int) -> Hash:
    """RFC 6962, 2.1, word for word."""
    if high - low == 0:
        return EMPTY_ROOT
    if high - low == 1:
        return LEAVES[low]
    middle = low + split(high - low)
    return node_hash(by_definition(low, middle), by_definition(middle, high))


@pytest.fixture(scope="module")
def oracle() -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for line in LINES:
        tree.append_entry(line)
    return tree


SIZES = st.integers(1, len(LINES))


@given(st.lists(st.integers(0, 300), max_size=8))
def test_growing_in_any_steps_gives_the_root_of_the_definition(steps: list[int]) -> None:
    tree, size, tiles = Tree(), 0, []
    for step in steps:
        upto = min(size + step, len(LEAVES))
        tiles += tree.extend(LEAVES[size:upto])
        size = upto
        assert (tree.size, tree.root()) == (size, by_definition(0, size))
    assert tiles == [by_definition(k * TILE, (k + 1) * TILE) for k in range(size // TILE)]


def test_a_tree_grown_by_tiles_equals_one_grown_by_leaves() -> None:
    tree = Tree()
    tree.extend_tiles([root_of(LEAVES[:TILE]), root_of(LEAVES[TILE : 2 * TILE])])
    tree.extend(LEAVES[2 * TILE :])
    assert (tree.size, tree.root()) == (len(LEAVES), root_of(LEAVES))


@given(SIZES)
def test_roots_are_those_of_an_independent_implementation(size: int) -> None:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for line in LINES[:size]:
        tree.append_entry(line)
    assert root_of(LEAVES[:size]) == tree.get_root()


@given(st.data())
def test_inclusion_paths_are_those_of_an_independent_implementation(
    oracle: pymerkle.InmemoryTree, data: st.DataObject
) -> None:
    size = data.draw(SIZES)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index, size, by_definition)
    theirs = oracle.prove_inclusion(index + 1, size)
    assert [LEAVES[index], *path] == theirs.path
    assert included(LEAVES[index], index, size, path, oracle.get_root(size))


@given(st.data())
def test_consistency_is_proven_as_an_independent_implementation_does(
    oracle: pymerkle.InmemoryTree, data: st.DataObject
) -> None:
    size = data.draw(SIZES)
    old = data.draw(st.integers(1, size))
    path = consistency_path(old, size, by_definition)
    assert consistent(old, oracle.get_root(old), size, oracle.get_root(size), path)
    theirs = oracle.prove_consistency(old, size)
    pymerkle.verify_consistency(by_definition(0, old), by_definition(0, size), theirs)


@given(st.data(), st.sampled_from([by_definition]))
def test_a_path_proves_nothing_else(data: st.DataObject, roots: Callable[[int, int], Hash]) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    path, root = inclusion_path(index, size, roots), roots(0, size)
    assert not included(LEAVES[other], index, size, path, root)
    assert not included(LEAVES[index], other, size, path, root)
    assert not included(LEAVES[index], index, size, path[:-1], root)
    assert not included(LEAVES[index], index, size, [*path, root], root)
    assert not included(LEAVES[index], index + size, size, path, root)


@given(st.data())
def test_a_rewritten_past_has_no_consistency_proof(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 200))
    old = data.draw(st.integers(1, size - 1))
    path = consistency_path(old, size, by_definition)
    forged = leaf_hash(b"forged")
    assert not consistent(old, forged, size, by_definition(0, size), path)
    assert not consistent(old, by_definition(0, old), size, forged, path)
    assert not consistent(old, by_definition(0, old), size, by_definition(0, size), [*path, forged])


def test_the_empty_tree_is_extended_by_every_tree() -> None:
    assert consistent(0, EMPTY_ROOT, 5, by_definition(0, 5), [])
    assert not consistent(0, leaf_hash(b""), 5, by_definition(0, 5), [])
    assert not consistent(6, by_definition(0, 6), 5, by_definition(0, 5), [])
