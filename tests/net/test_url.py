"""URLs: what may be asked for, and what is shown of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.net import Unsendable, Url


@pytest.mark.parametrize(
    ("text", "url", "shown"),
    [
        ("http://a", Url("http", "a", 80, "/"), "http://a/"),
        ("HTTPS://A.b:443/x?y#z", Url("https", "a.b", 443, "/x", "y"), "https://a.b/x?..."),
        ("http://[::1]:8080/", Url("http", "::1", 8080, "/"), "http://[::1]:8080/"),
        ("https://1.2.3.4/a@b:c", Url("https", "1.2.3.4", 443, "/a@b:c"), "https://1.2.3.4/a@b:c"),
    ],
)
def test_a_url_is_taken_apart_and_shown_without_its_query(text: str, url: Url, shown: str) -> None:
    assert Url.parse(text) == url
    assert (str(url), repr(url)) == (shown, f"<Url {shown}>")
    assert Url.parse(url.text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "//a/",
        "http:a",
        "http:///a",
        "ftp://a/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://user@a/",
        "http://user:s3cret@a/",
        "http://@a/",
        "http://user:s3cret?x@a/",
        "http://user:x#s3cret@a/",
        "ftp://a/?s3cret",
        "http://a:0/",
        "http://a:65536/",
        "http://a:x/",
        "http://[::1/",
        "http://[zz]/",
        "http://a b/",
        "http://a/ b",
        "http://a/\r\nx: y",
        "http://a/\tb",
        "http://\u00e9/",
        "http://a/\u00e9",
        "http://a\\b/",
        "http://a/\\b",
        "http://a%00b/",
        "http://a/" + "x" * 9_000,
        "http://-.-/\x00",
    ],
)
def test_what_is_no_plain_url_is_refused_without_showing_secrets(text: str) -> None:
    with pytest.raises(Unsendable) as caught:
        Url.parse(text)
    assert "s3cret" not in str(caught.value)


@given(st.text(max_size=60).map(lambda tail: f"http://a/{tail}") | st.text(max_size=60))
def test_any_text_is_a_url_that_can_be_sent_in_one_line_or_refused(text: str) -> None:
    try:
        url = Url.parse(text)
    except Unsendable:
        return
    assert (url.target + url.authority).isprintable()
    assert " " not in url.target + url.authority
    assert Url.parse(url.text) == url
