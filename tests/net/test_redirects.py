"""Redirects: which are followed, and what goes along."""

import pytest

from bartizan.net import BadRedirect, Options, fetch
from tests.net.server import Server, by_path, moved, ok, says


def test_a_redirect_within_an_origin_keeps_all_fields() -> None:
    with Server(by_path(a=moved("../b?x=1"), b=ok(b"here"))) as server:
        answer = fetch(f"{server.url}/a", headers={"authorization": "Bearer s", "x-api-key": "s"})
    assert (answer.body, answer.url.text) == (b"here", f"{server.url}/b?x=1")
    assert [request.header("authorization") for request in server.requests] == ["Bearer s"] * 2
    assert [request.header("x-api-key") for request in server.requests] == ["s"] * 2
    assert server.connections == 1


def test_a_redirect_to_another_origin_takes_no_credentials_along() -> None:
    with Server(says(ok(b"here"))) as other, Server(says(moved(f"{other.url}/b"))) as server:
        secrets = {
            "authorization": "s",
            "cookie": "s",
            "x-api-key": "s",
            "proxy-authorization": "s",
            "accept": "text/*",
        }
        assert fetch(server.url, headers=secrets).body == b"here"
    names = [line.split(":")[0] for line in other.requests[0].head.split("\r\n")[1:]]
    assert names == ["host", "accept-encoding", "user-agent", "accept"]


@pytest.mark.parametrize(
    ("status", "sent", "expected"),
    [
        ("301", "POST", "GET"),
        ("302", "POST", "GET"),
        ("303", "PUT", "GET"),
        ("307", "POST", "POST"),
        ("308", "PUT", "PUT"),
    ],
)
def test_a_redirect_keeps_method_and_body_or_drops_both(status: str, sent: str, expected: str) -> None:
    with Server(by_path(a=moved("/b", f"{status} Moved"), b=ok())) as server:
        fetch(f"{server.url}/a", method=sent, body=b"data")
    second = server.requests[1]
    assert (second.line, second.body) == (f"{expected} /b HTTP/1.1", b"" if expected == "GET" else b"data")


@pytest.mark.parametrize(
    ("location", "complaint"),
    [
        ("/", "more than 5 redirects"),
        ("ftp://localhost/", "begins with http"),
        ("file:///etc/passwd", "begins with http"),
        ("http://user:secret@localhost/", "holds no user"),
        ("//[::bad/", "cannot be read"),
        ("/a\xe9", "printable ASCII"),
        ("/a b", "printable ASCII"),
        ("/a\tb", "printable ASCII"),
        ("", "more than 5 redirects"),
    ],
)
def test_a_redirect_that_leads_nowhere_good_is_refused(location: str, complaint: str) -> None:
    with Server(says(moved(location))) as server, pytest.raises(BadRedirect, match=complaint) as caught:
        fetch(server.url)
    assert "secret" not in str(caught.value)
    assert len(server.requests) == (6 if complaint == "more than 5 redirects" else 1)


def test_a_redirect_without_one_location_is_refused() -> None:
    for fields in ((), ("location: /a", "location: /b")):
        with (
            Server(says(ok(b"", *fields, status="302 Found"))) as server,
            pytest.raises(BadRedirect, match="to nowhere"),
        ):
            fetch(server.url)


def test_a_body_is_not_carried_to_another_origin() -> None:
    with Server(says(ok())) as other, Server(says(moved(other.url, "307 Temporary"))) as server:
        with pytest.raises(BadRedirect, match="carry the body"):
            fetch(server.url, method="POST", body=b"secret")
        assert other.requests == []


def test_redirects_can_be_left_to_the_caller() -> None:
    with Server(says(moved("/b"))) as server:
        assert fetch(server.url, options=Options(redirects=0)).status == 302
