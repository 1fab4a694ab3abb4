"""What a request must show before a page sees it, and what every answer carries."""

import pytest

from bartizan.console.border import ANSWER_HEADERS
from bartizan.console.pages import PAGES
from tests.console.house import TOKEN, House, served

GETS = sorted({page.path.replace("{fingerprint}", "x").replace("{id}", "x") for page in PAGES if page.method == "GET"})
POSTS = sorted({page.path.replace("{fingerprint}", "x") for page in PAGES if page.method == "POST"} | {"/leave"})


@pytest.mark.parametrize("path", GETS)
def test_no_page_shows_anything_without_a_session(house: House, path: str) -> None:
    answer = house.ask(path)
    assert (answer.status, answer.headers["location"], answer.text) == (303, "/enter", "")
    assert house.ask(path, Accept="application/json").status == 401


@pytest.mark.parametrize("path", [*POSTS, "/live/stream"])
def test_nothing_else_works_without_a_session(house: House, path: str) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    if path == "/live/stream":
        assert house.ask(path).status == 401
    else:
        assert house.ask(path, method="POST", body="csrf=", **form).status == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", "127.0.0.1:{port}.evil", ""]
)
def test_another_host_is_refused(house: House, host: str) -> None:
    answer = house.ask("/", Host=host.format(port=house.port), Cookie=house.cookie)
    assert answer.status in {400, 421}
    assert "Overview" not in answer.text


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
def test_every_name_of_loopback_is_known(house: House, name: str) -> None:
    assert house.get("/", Host=f"{name}:{house.port}").status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_origin_is_refused(house: House, method: str, origin: str) -> None:
    headers = {"Origin": origin.format(port=house.port), "Cookie": house.cookie}
    assert house.ask("/live/stream", method=method, **headers).status == 403


def test_a_form_from_another_site_without_an_origin_is_refused(house: House) -> None:
    csrf = house.get("/search/sql").csrf
    body, form = f"csrf={csrf}&sql=select+1", {"Content_Type": "application/x-www-form-urlencoded"}
    own = {"Cookie": house.cookie, **form}
    assert house.ask("/search/sql", method="POST", body=body, Sec_Fetch_Site="cross-site", **own).status == 403
    assert house.ask("/search/sql", method="POST", body=body, Sec_Fetch_Site="same-origin", **own).status == 200


@pytest.mark.parametrize("csrf", ["", "wrong", "ü"])
def test_a_form_without_the_sessions_token_is_refused(house: House, csrf: str) -> None:
    answer = house.post("/search/sql", {"csrf": csrf, "sql": "select 1"})
    assert answer.status == 403
    assert "not from your session" in answer.text


def test_the_token_of_another_session_does_not_do(house: House) -> None:
    secret = house.add_key("admin")
    answer = house.ask("/enter", method="POST", body=f"key={secret}", Content_Type="application/x-www-form-urlencoded")
    other = House(house.settings, house.port, answer.headers["set-cookie"].partition(";")[0])
    assert house.post("/search/sql", {"csrf": other.get("/").csrf, "sql": "select 1"}).status == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "OPTIONS", "PATCH"])
def test_other_methods_are_refused(house: House, method: str) -> None:
    assert house.ask("/", method=method, Cookie=house.cookie).status == 405


@pytest.mark.parametrize("path", ["/", "/enter", "/none", "/static/console.css", "/search?since=never", "/live"])
def test_every_answer_carries_the_headers(house: House, path: str) -> None:
    for answer in (house.get(path), house.ask(path), house.ask(path, Host="evil.example")):
        assert {name: answer.headers.get(name) for name in ANSWER_HEADERS} == ANSWER_HEADERS
        assert "server" not in answer.headers
        assert "immutable" in answer.headers["cache-control"] or answer.headers["cache-control"] == "no-store"


def test_the_policy_of_content_allows_nothing_inline(house: House) -> None:
    policy = house.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    for path in ("/", "/live", "/findings", "/assets", "/search", "/search/sql", "/controls"):
        text = house.get(path).text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<style" not in text
        assert "<script>" not in text


def test_an_address_that_is_too_long_is_refused(house: House) -> None:
    assert house.get("/search?text=" + "x" * 9000).status == 414


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("sql=1&sql=2", "application/x-www-form-urlencoded"),
        ("x=" + "y" * 70_000, "application/x-www-form-urlencoded"),
        ("&".join(f"a{n}=1" for n in range(60)), "application/x-www-form-urlencoded"),
        ("x=%ff", "application/x-www-form-urlencoded"),
        ('{"sql": 1}', "application/json"),
        ("x=1", "text/plain"),
    ],
)
def test_a_form_that_is_none_is_refused(house: House, body: str, kind: str) -> None:
    answer = house.ask("/search/sql", method="POST", body=body, Content_Type=kind, Cookie=house.cookie)
    assert answer.status == 400


def test_two_session_cookies_are_none(house: House) -> None:
    assert house.ask("/", Cookie=f"{house.cookie}; {house.cookie}").status == 303


def test_the_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with served(tmp_path / "data") as house:
        cookie = house.enter().headers["set-cookie"]
        assert cookie.startswith(f"bartizan-{house.port}=")
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert attributes == {"httponly", "path=/", "samesite=strict"}


def test_behind_tls_the_cookie_is_bound_to_the_host(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with served(tmp_path / "data", origin="https://bartizan.example") as house:
        answer = house.ask(f"/enter?token={TOKEN}", Host="bartizan.example")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-bartizan-")
        assert "; Secure" in cookie
        own = cookie.partition(";")[0]
        assert house.ask("/", Host="bartizan.example", Cookie=own).status == 200
