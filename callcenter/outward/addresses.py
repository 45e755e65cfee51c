"""Which addresses may be asked by us at all; pure.

Whoever may set up a webhook could otherwise reach what only this machine can: neighbours on the
inner network, services on the loopback, a cloud's own metadata. An address is judged by what it
really is: IPv4 within IPv6 by the IPv4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit, urlunsplit

from callcenter.errors import InvalidInput

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 2_000
_LONG_PART = 12  # a part of a path this long may be a secret
_NAT64 = IPv6Network("64:ff9b::/96")
# Special, though not every Python knows it.
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))


@dataclass(frozen=True, slots=True)
class Policy:
    """`allowed`: private networks that may be reached all the same. `plain`: http may be used."""

    allowed: tuple[Network, ...] = ()
    plain: bool = False

    @classmethod
    def of(cls, allowed: Sequence[str], *, plain: bool) -> Policy:
        """ValueError for what is no network."""
        return cls(tuple(map(ip_network, allowed)), plain)


def forms(address: Address) -> list[Address]:
    """The address and every IPv4 that it may be a wrapping of."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    inner: list[Address] = [address]
    if address.sixtofour is not None:
        inner.append(address.sixtofour)
    if address.teredo is not None:
        inner.extend(address.teredo)
    return inner


def refusal(address: Address, policy: Policy) -> str | None:
    """Why it is not asked; None: it may be."""
    for form in forms(address):
        # Never, whatever is allowed: there is no helpdesk there, but a cloud's metadata.
        if form.is_link_local or form.is_multicast or form.is_unspecified:
            return f"{address} is not an address of a server"
        if _is_public(form):
            continue
        if not any(form.version == net.version and form in net for net in policy.allowed):
            return f"{address} is a private address"
    return None


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        special = address.is_site_local
    else:
        special = any(address in network for network in _SPECIAL)
    return address.is_global and not address.is_reserved and not special


def literal(host: str) -> Address | None:
    """The address, if the host is written as one."""
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def check_url(url: str, policy: Policy, *, field: str = "url") -> str:
    """The URL when it may be set up. InvalidInput says what is wrong with it.

    What its name resolves to is looked at when it is set up and each time a connection is made.
    """
    if len(url) > LONGEST_URL or any(ord(char) <= 32 or ord(char) == 127 for char in url):
        raise InvalidInput(f"one line of at most {LONGEST_URL} characters", field=field)
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise InvalidInput("not an address", field=field) from None
    schemes = ("https", "http") if policy.plain else ("https",)
    if parts.scheme not in schemes:
        allowed = " or ".join(f"{scheme}://" for scheme in schemes)
        raise InvalidInput(f"must begin with {allowed}", field=field)
    if not host or port == 0 or "\\" in url:
        raise InvalidInput("needs the name of a server", field=field)
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("must not contain a user or a password", field=field)
    found = literal(host)
    reason = None if found is None else refusal(found, policy)
    if reason is not None:
        raise InvalidInput(reason, field=field)
    return url


def shown(url: str) -> str:
    """The URL for people: what may be a secret in it is left out."""
    parts = urlsplit(url)
    path = "/".join(part if len(part) < _LONG_PART else "…" for part in parts.path.split("/"))
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, path, "…" if parts.query else "", ""))
