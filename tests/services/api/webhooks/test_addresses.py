"""Addresses of webhooks: private ones are refused, by any name and in any notation."""

import socket
from typing import Any

import pytest

from services.api.webhooks.addresses import RefusedAddressError, is_public, parse_target, resolve_target

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_a_public_address_is_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1"]
)
def test_a_host_with_a_private_address_is_refused(host: str) -> None:
    target = parse_target(f"https://{host}/x", allow_private=False)

    with pytest.raises(RefusedAddressError, match="public addresses only"):
        resolve_target(target, allow_private=False)
    assert resolve_target(target, allow_private=True)


def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(RefusedAddressError):
        resolve_target(parse_target("https://rebinding.example", allow_private=False), allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "https://",
        "https:///x",
        "https://user:password@hooks.example.com/",
        "https://hooks.example.com/#part",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nX-Header: 1",
        "https://hooks.example.com\\@10.0.0.1/",
        "https://hooks.éxample.com/",
        "https://[::1/",
    ],
)
def test_a_url_against_the_rules_is_refused(url: str) -> None:
    with pytest.raises(RefusedAddressError):
        parse_target(url, allow_private=False)


def test_the_parts_of_a_url_are_those_of_the_request() -> None:
    target = parse_target("https://Hooks.Example.com:8443/a?b=c", allow_private=False)

    assert (target.host, target.port, target.path) == ("hooks.example.com", 8443, "/a?b=c")
    assert target.authority == "hooks.example.com:8443"
    assert parse_target("https://hooks.example.com", allow_private=False).authority == "hooks.example.com"
