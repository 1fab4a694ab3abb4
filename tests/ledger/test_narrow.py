from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.kernel import BartizanError, Event, Record
from bartizan.ledger import read
from bartizan.ledger.archive import archive
from bartizan.ledger.contained import Answer, Looker, Question, open_scratch
from bartizan.ledger.narrow import ids_asked_for, may_hold
from bartizan.ledger.parquet import view_files
from bartizan.ledger.query import query
from tests.ledger.installed import STAMP, Installed, install

OTHERS = (
    "00000000-0000-0000-0000-000000000000",
    "7fffffff-ffff-7fff-bfff-ffffffffffff",
    "80000000-0000-7000-8000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "00000000-0000-4000-8000-000000000001",
)
ABSENT = ("12345678-1234-7234-8234-123456789abc", "ffffffff-0000-7000-8000-000000000000")


@dataclass(frozen=True)
class Looked:
    """A ledger with a dozen files in its view, two closed segments without one, and an open segment."""

    installed: Installed
    ids: tuple[str, ...]
    narrowing: Looker
    whole: Looker

    def both(self, sql: str, params: list[str]) -> tuple[Answer, Answer]:
        question = Question(sql, params, 100_000, 1 << 26)
        return _sorted(self.narrowing.ask(question)), _sorted(self.whole.ask(question))


class Whole(Looker):
    """Looks everywhere."""

    def _narrowed(self, session: object, ids: object) -> object:  # type: ignore[override]
        return super()._narrowed(session, None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    installed = install(tmp_path_factory.mktemp("data"))
    _append(installed, 12)
    archive(installed.folder)
    _append(installed, 2)
    ids = tuple(record.id for _, record in read(installed.folder))
    folder = installed.folder
    return Looked(installed, ids, Looker(folder, open_scratch()), Whole(folder, open_scratch()))


def _append(installed: Installed, segments: int) -> None:
    """Segments of ten records and one that lies twice; every second has one more, whose id was not made by us."""
    with installed.ledger() as ledger:
        for segment in range(segments):
            records = [STAMP(Event(f"part.{segment % 3}", {"n": n})) for n in range(10)]
            records += [_named(records[0], OTHERS[segment // 2 % len(OTHERS)])] if segment % 2 == 0 else []
            ledger.append(records)
        ledger.append([records[3]])


def _named(record: Record, id: str) -> Record:
    return msgspec.structs.replace(record, id=id)


def _sorted(answer: Answer) -> Answer:
    return Answer(answer.columns, sorted(answer.rows, key=repr), answer.truncated, answer.error and "error")


def test_the_ledger_of_these_tests_is_as_described(looked: Looked) -> None:
    assert len(view_files(looked.installed.folder)) == 12
    assert len(looked.installed.closed()) == 14
    assert set(OTHERS) < set(looked.ids)
    assert len(set(looked.ids)) < len(looked.ids)


SPELLINGS = (str.lower, str.upper, lambda own: own.replace("-", ""), lambda own: f"{{{own}}}", lambda own: own[:-1])


@st.composite
def conditions(draw: st.DrawFn, ids: tuple[str, ...], params: list[str]) -> str:
    """A condition on a record, which may name ids in any spelling, as text or as a bound value."""

    def constant() -> str:
        text = draw(st.sampled_from(SPELLINGS))(draw(st.sampled_from(ids[::5] + OTHERS + ABSENT)))
        if draw(st.booleans()):
            params.append(text)
            return "?"
        return f"'{text}'" + draw(st.sampled_from(("", "", "::UUID", "::VARCHAR")))

    def column() -> str:
        return draw(st.sampled_from(("id", "r.id", "ID", '"id"')))

    def condition(depth: int) -> str:
        kinds = ["equal", "turned", "in", "other", "order"] + (["and", "and", "or", "not"] if depth else [])
        kind = draw(st.sampled_from(kinds))
        if kind == "equal":
            return f"{column()} {draw(st.sampled_from(('=', '=', '!=')))} {constant()}"
        if kind == "turned":
            return f"{constant()} = {column()}"
        if kind == "in":
            return f"{column()} {draw(st.sampled_from(('in', 'in', 'not in')))} ({constant()}, {constant()})"
        if kind == "other":
            return draw(st.sampled_from(("r.index % 2 = 0", "name = 'part.1'", "true", "null", "id is not null")))
        if kind == "order":
            return f"{column()} {draw(st.sampled_from(('<', '>=')))} {constant()}"
        if kind == "not":
            return f"not ({condition(depth - 1)})"
        return f"({condition(depth - 1)} {kind} {condition(depth - 1)})"

    return condition(2)


SHAPES = (
    "select * from records r where {0}",
    "select * from Records as R where {0} order by index limit 1000",
    "select count(*), min(index) from records r where {0}",
    "select name, count(*) from records r where {0} group by name having count(*) > 0",
    "select name as id, index from records r where {0}",
    "select index from records as r(slot, index, v, id) where r.v = 1 and id is not null",
    "with found as (select * from records r where {0}) select count(*) from found",
    "with records as (select * from records r where {0}) select index from records r",
    "select index from records r where {0} union all select index from records r where {1}",
    "select a.index, b.index from (select * from records r where {0}) a join records b on a.name = b.name",
    "select a.index from records a, (select * from records r where {0}) b where a.id = b.id",
    "select index from records o where exists (select 1 from records r where {0} and r.index = o.index)",
    "select (select count(*) from records r where {0})",
    "select index from (from records r where {0}) where index > 3",
    "select r.index from records r left join (select 1 as one) on {0}",
    "select index, (select min(r.index) from records r where {0}) from records s where s.id = '{id}'",
    "select index from records r where {0} qualify row_number() over (order by index) = 1",
    "select id from (values ('{id}')) r(id) where exists (select 1 from records where r.id = '{id}')",
    "select index from records r where case when {0} then true else index = 1 end",
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_leaving_files_out_changes_no_row(looked: Looked, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(SHAPES))
    params: list[str] = []
    asked = [data.draw(conditions(looked.ids, params)) for number in range(2) if f"{{{number}}}" in shape]
    sql = shape.replace("{id}", data.draw(st.sampled_from(looked.ids)))
    for number, condition in enumerate(asked):
        sql = sql.replace(f"{{{number}}}", condition)
    narrowed, whole = looked.both(sql, params)
    assert narrowed == whole


def _tree(looked: Looked, sql: str) -> object:
    session = looked.whole._refreshed()
    found = session.execute("select json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    assert found is not None
    return msgspec.json.decode(found[0])


ONE, TWO = OTHERS[1], OTHERS[2]
NAMED = {
    f"select * from records where id = '{ONE}'": {ONE},
    f"select * from records where id = '{ONE.upper()}' and kind = 'event'": {ONE},
    f"select * from records r where kind = 'event' and (index > 3 and '{ONE}' = r.id)": {ONE},
    f"select * from records where records.id in ('{ONE}', '{TWO}'::uuid)": {ONE, TWO},
    "select * from records where id in (?, $2)": {ONE, TWO},
    f"from records where id = '{ONE}' union from records where id = '{TWO}'": {ONE, TWO},
    f"with a as (from records where id = '{ONE}') select (select count(*) from a), 2": {ONE},
}
ANY = (
    "select 1",
    "select * from records",
    f"select * from records where id != '{ONE}'",
    f"select * from records where id not in ('{ONE}')",
    f"select * from records where not id = '{ONE}'",
    f"select * from records where id = '{ONE}' or kind = 'event'",
    f"select * from records where id in ('{ONE}', control)",
    f"select * from records where id = '{ONE[:-1]}'",
    f"select * from records where id = '{ONE.replace('-', '')}'",
    f"select * from records where id = ('{ONE}' || '')::uuid",
    f"select * from records where o.id = '{ONE}'",
    f"select * from records as r(id) where id = '{ONE}'",
    f"select * from records tablesample 50% where id = '{ONE}'",
    f"select * from records where id = '{ONE}' using sample 1",
    f"select * from records a join records b using (index) where a.id = '{ONE}'",
    f"select *, (select count(*) from records) from records where id = '{ONE}'",
    f"with records as (from records where id = '{ONE}') from records where id = '{ONE}'",
    f"select * from (summarize records), (from records where id = '{ONE}')",
    "select * from records where id = $3",
)


@pytest.mark.parametrize(("sql", "ids"), NAMED.items())
def test_these_ask_for_certain_records(looked: Looked, sql: str, ids: set[str]) -> None:
    assert ids_asked_for(_tree(looked, sql), [ONE, TWO]) == ids


@pytest.mark.parametrize("sql", ANY)
def test_these_may_want_any_record(looked: Looked, sql: str) -> None:
    assert ids_asked_for(_tree(looked, sql), [ONE, TWO]) is None


def test_the_name_of_a_file_tells_the_ids_that_it_may_hold(looked: Looked) -> None:
    for (_, first), path in view_files(looked.installed.folder).items():
        held = {record.id for at, record in read(looked.installed.folder) if first <= at.index < first + 10}
        assert all(may_hold(path, frozenset({each})) for each in held)
    assert 0 < sum(may_hold(path, frozenset(ABSENT)) for path in view_files(looked.installed.folder).values()) < 12


def test_a_record_is_looked_for_only_where_it_may_be(tmp_path: Path) -> None:
    installed = install(tmp_path)
    with installed.ledger() as ledger:
        for segment in range(4):
            ledger.append([_named(STAMP(Event("e")), f"{segment:08x}-0000-7000-8000-{n:012x}") for n in range(20)])
    archive(installed.folder)
    for (_, first), path in view_files(installed.folder).items():
        if first in (0, 40):
            path.write_bytes(b"no Parquet")
    sql = "select index from records where id = ?"
    assert query(installed.folder, sql, ["00000001-0000-7000-8000-000000000003"]).rows == [[23]]
    with pytest.raises(BartizanError):
        query(installed.folder, "select max(index) from records")
