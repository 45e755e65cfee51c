"""Whose word is believed about where a request came from."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from web import keys, origins
from web.settings import WebSettings


def request(remote: str, *forwarded: str, proxies: tuple[str, ...] = ()) -> web.Request:
    app = web.Application()
    app[keys.SETTINGS] = WebSettings(
        public_url="",
        gateway_port=8081,
        trusted_proxies=tuple(map(ip_network, proxies)),
        console=Path(),
    )
    headers = [("X-Forwarded-For", line) for line in forwarded]
    made = make_mocked_request("GET", "/", headers=dict(headers), app=app)
    return made.clone(remote=remote)


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "address"),
    [
        ("1.1.1.1", (), (), "1.1.1.1"),
        ("1.1.1.1", ("6.6.6.6",), (), "1.1.1.1"),
        ("10.0.0.1", ("6.6.6.6",), ("10.0.0.0/8",), "6.6.6.6"),
        ("10.0.0.1", ("9.9.9.9, 6.6.6.6, 10.0.0.2",), ("10.0.0.0/8",), "6.6.6.6"),
        ("10.0.0.1", ("spoofed",), ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", (), ("10.0.0.0/8",), "10.0.0.1"),
        ("::1", ("2001:db8::7",), ("::1",), "2001:db8::7"),
    ],
)
def test_the_clients_address(
    remote: str, forwarded: tuple[str, ...], proxies: tuple[str, ...], address: str
) -> None:
    assert origins.address(request(remote, *forwarded, proxies=proxies)) == address
