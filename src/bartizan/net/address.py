"""Which addresses may be connected to: a policy that is asked about the very address, after the name was looked up."""

import asyncio
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from bartizan.net.errors import ForbiddenAddress, Unreachable
from bartizan.net.url import Url

Address: TypeAlias = IPv4Address | IPv6Address
AllowAddress: TypeAlias = Callable[[Address], bool]

NAT64 = IPv6Network("64:ff9b::/96")


def any_address(_: Address) -> bool:
    """True: it is for whoever gives the URL to know where it leads."""
    return True


def public_only(address: Address) -> bool:
    """Whether it is an address of the public internet: not private, loopback, link-local, multicast or reserved.

    An IPv4 address inside an IPv6 one is judged as itself.
    """
    inner = _inner(address)
    if inner is not None:
        return public_only(inner)
    if isinstance(address, IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


async def addresses(url: Url, allow: AllowAddress) -> list[Address]:
    """The addresses of the URL's host that may be connected to, in the resolver's order."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable(f"the host {url.host} is not known", where=url) from None
    # A link-local address carries its interface after a percent sign, which no allowed address needs.
    candidates = dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)
    allowed = [address for address in candidates if allow(address)]
    if not allowed:
        raise ForbiddenAddress(f"the host {url.host} has no address that may be connected to", where=url)
    return allowed


def _inner(address: Address) -> IPv4Address | None:
    """The IPv4 address that packets to this IPv6 address reach in the end."""
    if not isinstance(address, IPv6Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
