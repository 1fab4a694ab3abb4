"""Whom the client talks to: certificates, names and addresses."""

import ssl
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.net import BadRedirect, ForbiddenAddress, Options, Overdue, Unsendable, Untrusted, fetch, public_only
from bartizan.net.limits import Deadlines
from tests.net.conftest import Certificates
from tests.net.server import Server, moved, ok, says


def test_a_certificate_for_the_name_by_a_trusted_authority_is_accepted(certificates: Certificates) -> None:
    with Server(says(ok(b"safe")), tls=certificates.right) as server:
        assert fetch(server.url, options=Options(ca_file=certificates.ca_file)).body == b"safe"


def test_a_certificate_for_another_name_is_refused(certificates: Certificates) -> None:
    with Server(says(ok()), tls=certificates.wrong_name) as server:
        with pytest.raises(Untrusted, match="Hostname mismatch"):
            fetch(server.url, options=Options(ca_file=certificates.ca_file))
        assert server.requests == []


def test_a_certificate_by_an_unknown_authority_is_refused(certificates: Certificates) -> None:
    with (
        Server(says(ok()), tls=certificates.right) as server,
        pytest.raises(Untrusted, match="the certificate is refused"),
    ):
        fetch(server.url)


def test_a_server_that_speaks_no_tls_or_never_answers_is_refused(certificates: Certificates) -> None:
    with Server(says(ok())) as server, pytest.raises((Untrusted, Overdue)):
        fetch(server.url.replace("http:", "https:"), options=Options(deadlines=Deadlines(connect=0.5)))


def test_a_context_that_checks_nothing_is_wrong_usage() -> None:
    unchecked = ssl.create_default_context()
    unchecked.check_hostname = False
    with pytest.raises(Unsendable, match="does not check certificates"):
        Options(tls=unchecked)


def test_a_redirect_never_leads_from_https_to_http(certificates: Certificates) -> None:
    with Server(says(ok())) as plain, Server(says(moved(plain.url)), tls=certificates.right) as server:
        with pytest.raises(BadRedirect, match="from https to http"):
            fetch(server.url, options=Options(ca_file=certificates.ca_file))
        assert plain.connections == 0


def test_public_addresses_alone_can_be_demanded_by_name_and_by_number_and_after_a_redirect() -> None:
    guarded = Options(allow_addresses=public_only)
    with Server(says(ok())) as server:
        for host in ("localhost", "127.0.0.1", "127.1", "2130706433", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"):
            with pytest.raises(ForbiddenAddress, match="no address that may be connected to"):
                fetch(f"http://{host}:{server.port}/", options=guarded)
        assert server.connections == 0


def test_the_policy_is_asked_again_at_a_redirect() -> None:
    def first_only(address: IPv4Address | IPv6Address) -> bool:
        asked.append(address)
        return len(asked) == 1

    asked: list[IPv4Address | IPv6Address] = []
    with Server(says(ok())) as inner, Server(says(moved(f"http://127.0.0.1:{inner.port}/"))) as server:
        with pytest.raises(ForbiddenAddress):
            fetch(f"http://127.0.0.1:{server.port}/", options=Options(allow_addresses=first_only))
        assert inner.connections == 0
    assert asked == [ip_address("127.0.0.1")] * 2


@pytest.mark.parametrize("public", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(public: str) -> None:
    assert public_only(ip_address(public))


@pytest.mark.parametrize(
    "inner",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1", "::", "::1", "fe80::1", "fc00::1", "fec0::1",
        "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1",
        "fd00:ec2::254",
    ],
)  # fmt: skip
def test_addresses_of_ones_own_net_are_not_public(inner: str) -> None:
    assert not public_only(ip_address(inner))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_clothes_is_judged_as_itself(address: IPv4Address) -> None:
    mapped, translated, tunnelled = (
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        f"2002:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}::",
    )
    for dressed in (mapped, translated, tunnelled):
        assert public_only(ip_address(dressed)) == public_only(address)
