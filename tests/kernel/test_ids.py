import os
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import RFC_4122, UUID

from bartizan.kernel.ids import new_id


def test_ids_are_uuids_of_version_7() -> None:
    ids = [UUID(new_id()) for _ in range(2000)]
    assert {(one.version, one.variant) for one in ids} == {(7, RFC_4122)}


def test_ids_of_one_process_sort_in_the_order_of_making() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert all(a < b for a, b in pairwise(ids))


def test_threads_draw_distinct_ids() -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = [one for many in pool.map(lambda _: [new_id() for _ in range(1000)], range(16)) for one in many]
    assert len(set(ids)) == 16_000


def test_a_forked_child_draws_other_random_bits() -> None:
    new_id()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, new_id().encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as pipe:
        theirs = pipe.read()
    assert re.fullmatch(r"[0-9a-f-]{36}", theirs)
    assert theirs[19:] != new_id()[19:]
