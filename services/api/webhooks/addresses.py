"""Addresses of webhooks: rules for the URL, and the check that its host leads to public addresses only.

The check is made for each message, and the connection is opened to the address that was checked: a name that leads
elsewhere a moment later has no effect.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

_NOT_PUBLIC = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fec0::/10")))
"""Networks that Python takes for public: NAT64 and 6to4, which lead to IPv4 addresses, and site-local addresses."""

_PORTS = {"http": 80, "https": 443}


class RefusedAddressError(ValueError):
    """The pipeline sends nothing to this address. The message is the rule."""


@dataclass(frozen=True)
class WebhookUrl:
    """Parts of a webhook's URL."""

    scheme: str
    host: str
    port: int
    path: str
    """Path with its query."""

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """Return the value of the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Return scheme and host, which contain no secret."""
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True)
class Address:
    family: socket.AddressFamily
    ip: str


def parse_target(url: str, *, allow_private: bool) -> WebhookUrl:
    """Return the parts of a URL. Raises: RefusedAddressError."""
    if not url.isascii() or any(character <= " " or character in '\x7f"<>\\^`{|}' for character in url):
        raise RefusedAddressError("must have only the characters of a URL; encode all others with %")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise RefusedAddressError("must be a URL such as https://hooks.example.com/videos") from None
    if parts.scheme not in (("https", "http") if allow_private else ("https",)):
        raise RefusedAddressError("must begin with https://")
    if not host or port == 0:
        raise RefusedAddressError("must be a URL such as https://hooks.example.com/videos")
    if parts.username is not None or parts.password is not None:
        raise RefusedAddressError("must have no user and password: messages are signed")
    if parts.fragment:
        raise RefusedAddressError("must have no part after #")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebhookUrl(parts.scheme, host, port or _PORTS[parts.scheme], path)


def resolve_target(target: WebhookUrl, *, allow_private: bool) -> list[Address]:
    """Return the addresses of a target's host.

    Raises: RefusedAddressError if one of them is not public, OSError if the host has none.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise RefusedAddressError("must have the name of a host") from None
    addresses = [Address(family, str(place[0])) for family, _, _, _, place in found]
    if not allow_private and not all(is_public(address.ip) for address in addresses):
        raise RefusedAddressError("must lead to public addresses only, unless EVENTS_ALLOW_PRIVATE_TARGETS is true")
    return addresses


def is_public(address: str) -> bool:
    """Return True if everybody on the internet can have this address: no private, local or reserved one."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    special = (ip.is_private, ip.is_loopback, ip.is_link_local, ip.is_multicast, ip.is_reserved, ip.is_unspecified)
    return ip.is_global and not any(special) and not any(ip in network for network in _NOT_PUBLIC)
