"""What the pages show of a real installation, to whom, as HTML and as JSON."""

from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import pytest

from bartizan.kernel import Finding, Record
from bartizan.policy.keys import Keys
from tests.console.conftest import CHAT, HOSTILE, MODEL, story
from tests.console.house import TOKEN, Answer, House, served

SHOWN = ["\\u{202e}", "\\x1b[2J", escape("<script>alert(1)</script>")]


def as_json(house: House, path: str) -> Answer:
    return house.get(path, Accept="application/json")


def test_the_overview_counts_what_is_there(house: House, told: list[Record]) -> None:
    seen = as_json(house, "/").json
    assert seen["records"] >= len(told)
    assert seen["open_findings"] == {"critical": 1, "high": 1, "medium": 0, "low": 1, "info": 0}
    assert seen["worst"] == "critical"
    assert [trial["control"] for trial in seen["broken"]] == ["runner.canary"]
    lately = [hour["kinds"] for hour in seen["hours"] if hour["kinds"]]
    assert sum(kinds.get("finding", 0) for kinds in lately) == 3
    page = house.get("/").text
    assert "1 broken" in page
    assert "misses its canary" in page
    assert '<svg class="chart"' in page


def test_a_broken_control_says_how(house: House) -> None:
    trials = {trial["control"]: trial for trial in as_json(house, "/controls").json["trials"]}
    assert trials["runner.canary"]["standing"] == "broken"
    assert trials["runner.canary"]["reason"] == "misses its canary"
    others = [trial["standing"] for name, trial in trials.items() if name != "runner.canary"]
    assert set(others) <= {"unknown"}


@pytest.mark.parametrize("path", ["/", "/live", "/findings", "/search?text=alert", "/asset?name={model}"])
def test_hostile_text_is_escaped_and_what_it_hides_is_shown(house: House, path: str) -> None:
    page = house.get(path.format(model=MODEL)).text
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "49" not in page.partition("alert(1)")[2][:60]
    assert all(mark in page for mark in SHOWN[:2])


def test_findings_are_filtered(house: House) -> None:
    def rules(query: str) -> list[str]:
        return [row["finding"]["rule"] for row in as_json(house, f"/findings?{query}").json["findings"]]

    assert rules("") == ["pickle.call", "control.broken", "hostile.text"]
    assert rules("severity=high") == ["pickle.call", "control.broken"]
    assert rules("text=POSIX") == ["pickle.call"]
    assert rules("status=accepted") == []
    assert rules("status=all") == ["pickle.call", "control.broken", "hostile.text"]
    assert house.get("/findings?severity=worse").status == 400


def test_an_asset_is_shown_with_its_findings_and_records(house: House) -> None:
    seen = as_json(house, f"/asset?name={MODEL}").json
    assert seen["asset"] == str(MODEL.thing)
    assert seen["known"]["digest"] == MODEL.digest
    assert [row["finding"]["rule"] for row in seen["findings"]] == ["pickle.call", "hostile.text"]
    assert {entry["asset"] for entry in seen["latest"]} == {str(MODEL)}
    assert str(MODEL.thing) in [row["thing"] for row in as_json(house, "/assets?text=SENTIMENT").json["assets"]]
    assert house.get("/asset?name=nonsense").status == 400


def test_a_record_shows_its_causes_and_its_effects(house: House, told: list[Record]) -> None:
    blocked, consequence = told[3], told[4]
    effect = as_json(house, f"/records/{consequence.id}").json
    assert [entry["id"] for entry in effect["causes"]] == [blocked.id]
    cause = as_json(house, f"/records/{blocked.id}").json
    assert [entry["id"] for entry in cause["effects"]] == [consequence.id]
    assert cause["body"]["said"] == "block"
    assert cause["envelope"]["asset"] == str(CHAT)
    assert house.get("/records/00000000-0000-7000-8000-000000000000").status == 404


def test_a_record_shows_the_proof_that_the_ledger_holds_it(house: House, told: list[Record]) -> None:
    proof = as_json(house, f"/records/{told[0].id}").json["proof"]
    assert proof["holds"] == "yes"
    assert proof["size"] >= len(told)
    assert proof["path"]
    assert "The signed checkpoint" in house.get(f"/records/{told[0].id}").text


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("kind=verdict", [3]),
        ("severity=high", [6, 0]),
        ("text=too+many+REFUSALS", [4]),
        ("asset=sentiment&kind=measure", [5]),
        ("actor=person:ana&kind=action", [4]),
        ("control=guard.prompt", [3]),
        ("since=2099-01-01T00:00", []),
        ("until=2000-01-01", []),
        ("since=9999-12-31T23:59%2B00:00", []),
        ("text=%27+or+1%3D1+--", []),
    ],
)
def test_the_ledger_is_searched_by_fields(house: House, told: list[Record], query: str, numbers: list[int]) -> None:
    found = as_json(house, f"/search?{query}").json["entries"]
    assert [entry["id"] for entry in found] == [told[number].id for number in numbers]


@pytest.mark.parametrize("odd", ["%00", "%ff%fe", "%F0%9F%91%BB", "%27%22%5C%25_", "x" * 5000, "%E2%80%AE"])
def test_no_text_that_is_searched_for_breaks_the_search(house: House, odd: str) -> None:
    for field in ("text", "asset", "control", "actor"):
        assert house.get(f"/search?{field}={odd}").status in {200, 400}, field
    assert house.get(f"/findings?text={odd}").status == 200
    assert house.get(f"/assets?text={odd}").status == 200
    assert house.get(f"/records/{odd[:200]}").status in {400, 404}


@pytest.mark.parametrize("odd", ["0001-01-01T00:00%2B14:00", "9999-12-31T23:59-14:00", "soon", "%00"])
def test_no_time_that_is_searched_for_breaks_the_search(house: House, odd: str) -> None:
    for field in ("since", "until"):
        assert house.get(f"/search?{field}={odd}").status == 400


def test_sql_is_for_administrators_who_see_everything(house: House) -> None:
    csrf = house.get("/search/sql").csrf
    statement = "select kind, count(*) as n from records where kind = 'verdict' group by kind"
    answer = house.post("/search/sql", {"csrf": csrf, "sql": statement}, Accept="application/json").json
    assert (answer["columns"], answer["rows"]) == (["kind", "n"], [["verdict", 1]])
    for wrong in ("drop table records", "select * from read_text('/etc/passwd')", "", "select nothing", "attach 'x'"):
        refused = house.post("/search/sql", {"csrf": csrf, "sql": wrong})
        assert refused.status == 400
        assert "root:" not in refused.text


def test_a_key_opens_the_json_of_its_own_tenant_only(house: House, told: list[Record]) -> None:
    foreign = told[8]
    main = {"Authorization": f"Bearer {house.add_key('analyst')}"}
    acme = {"Authorization": f"Bearer {house.add_key('analyst', tenant='acme')}"}
    assert house.ask(f"/records/{foreign.id}", **main).status == 404
    assert house.ask(f"/records/{foreign.id}", **acme).status == 200
    events = house.ask("/search?kind=event", **acme).json["entries"]
    assert {entry["tenant"] for entry in events} == {"acme"}
    assert foreign.id in [entry["id"] for entry in events]
    assert house.ask("/findings", **acme).json["findings"] == []
    assert house.ask("/", **acme).json["records"] < house.ask("/", **main).json["records"]
    assert house.get(f"/records/{foreign.id}").status == 200  # whoever started the process owns the files


def test_roles_decide(house: House) -> None:
    for role, reads, administers in (("analyst", 200, 403), ("admin", 200, 400), ("service", 403, 403)):
        bearer = {"Authorization": f"Bearer {house.add_key(role)}"}
        assert house.ask("/findings", **bearer).status == reads
        form = {"Content_Type": "application/x-www-form-urlencoded", **bearer}
        assert house.ask("/search/sql", method="POST", body="sql=select+1", **form).status == administers


def test_a_key_that_is_scoped_to_other_routes_opens_no_page(house: House) -> None:
    elsewhere = {"Authorization": f"Bearer {house.add_key('admin', routes=['/v1/*'])}"}
    assert house.ask("/findings", **elsewhere).status == 403
    here = {"Authorization": f"Bearer {house.add_key('admin', routes=['/findings'])}"}
    assert (house.ask("/findings", **here).status, house.ask("/assets", **here).status) == (200, 403)


@pytest.mark.parametrize("sent", ["Bearer nonsense", "Bearer ", "Basic eDp5", "Bearer ü"])
def test_a_wrong_key_is_nobody(house: House, sent: str) -> None:
    assert house.ask("/findings", Authorization=sent, Accept="application/json").status == 401


def test_a_session_ends_when_its_key_is_revoked(house: House) -> None:
    secret = house.add_key("analyst")
    visitor = House(house.settings, house.port)
    entered = visitor.post("/enter", {"key": secret})
    visitor.cookie = entered.headers["set-cookie"].partition(";")[0]
    assert visitor.get("/findings").status == 200
    with house.keep() as keep:
        keys = Keys(keep.state)
        row = keys.check(secret)
        assert row
        keys.revoke(row.key)
    assert visitor.get("/findings").status == 303
    assert house.ask("/findings", Authorization=f"Bearer {secret}").status == 401


def test_the_one_time_token_works_once_and_its_use_is_recorded(tmp_path: Path) -> None:
    with served(tmp_path / "data", story()) as house:
        assert house.enter("wrong").status == 403
        assert house.enter().status == 200
        again = house.ask(f"/enter?token={TOKEN}")
        assert (again.status, "set-cookie" in again.headers) == (403, False)
        names = [entry["headline"] for entry in as_json(house, "/search?kind=event&text=console").json["entries"]]
        assert names[:3] == ["console.refused", "console.entered", "console.refused"]
        assert TOKEN not in house.get("/").text


def test_signing_out_ends_the_session(tmp_path: Path) -> None:
    with served(tmp_path / "data") as house:
        house.enter()
        csrf = house.get("/").csrf
        assert house.post("/leave", {"csrf": "wrong"}).status == 403
        assert house.get("/").status == 200
        assert house.post("/leave", {"csrf": csrf}).status == 303
        assert house.get("/").status == 303


def test_the_risk_of_a_finding_is_accepted_with_a_reason_and_an_end(tmp_path: Path) -> None:
    records = story()
    finding = records[0].body
    assert isinstance(finding, Finding)
    with served(tmp_path / "data", records) as house:
        house.enter()
        path = f"/findings/{finding.fingerprint}"
        csrf = house.get(path).csrf
        soon = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
        for wrong in (
            {"reason": "", "expires": soon},
            {"reason": "x" * 501, "expires": soon},
            {"reason": "known", "expires": "2001-01-01"},
            {"reason": "known", "expires": "2999-01-01"},
            {"reason": "known", "expires": "soon"},
        ):
            assert house.post(f"{path}/accept", {"csrf": csrf, **wrong}).status == 400
        assert as_json(house, path).json["known"]["status"] == "open"
        assert house.post(f"{path}/accept", {"reason": "known", "expires": soon}).status == 403
        accepted = house.post(f"{path}/accept", {"csrf": csrf, "reason": HOSTILE, "expires": soon})
        assert (accepted.status, accepted.headers["location"]) == (303, path)
        known = as_json(house, path).json["known"]
        assert (known["status"], known["decision"]["reason"]) == ("accepted", HOSTILE)
        assert known["decision"]["actor"].startswith("person:")
        assert "<script>alert" not in house.get(path).text
        assert as_json(house, "/").json["open_findings"]["critical"] == 0
        assert house.post("/findings/none/accept", {"csrf": csrf, "reason": "x", "expires": soon}).status == 404


def test_an_empty_ledger_makes_no_page_fail(tmp_path: Path) -> None:
    with served(tmp_path / "data") as house:
        house.enter()
        for path in (
            "/",
            "/live",
            "/controls",
            "/findings",
            "/assets",
            "/search",
            "/search?kind=action",
            "/search/sql",
        ):
            assert house.get(path).status == 200, path


def test_a_page_that_is_not_there_says_so(house: House) -> None:
    assert house.get("/nothing").status == 404
    assert house.get("/findings/none").status == 404
    assert house.get("/static/../app.py").status == 404


def test_a_fault_of_ours_is_an_answer_without_details(house: House, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    from bartizan.console.reads import Reads

    def broken(self: Reads) -> list[object]:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(Reads, "trials", broken)
    answer = house.get("/controls")
    assert answer.status == 500
    assert "secret" not in answer.text
    assert "content-security-policy" in answer.headers
    assert "the secret is 42" in capsys.readouterr().err
