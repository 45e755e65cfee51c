"""Where a request came from and where the page's gateway is: the facts that proxies bend."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from web import keys

UNKNOWN = "unknown"


def same(request: web.Request) -> bool:
    """No Origin (not a browser), our public one, or the one this very request was sent to."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return True
    public = urlsplit(request.app[keys.SETTINGS].public_url)
    return origin in (
        f"{public.scheme}://{public.netloc}",
        f"{_scheme(request)}://{request.host}",
    )


def gateway_url(request: web.Request) -> str:
    """The live gateway for a page loaded from this request's host."""
    settings = request.app[keys.SETTINGS]
    if settings.gateway_url is not None:
        return settings.gateway_url
    scheme = "wss" if _scheme(request) == "https" else "ws"
    return f"{scheme}://{_host(request)}:{settings.gateway_port}/"


def address(request: web.Request) -> str:
    """The client's address: the last hop that is not one of our own proxies."""
    hops = [request.remote or UNKNOWN]
    forwarded = request.headers.getall(hdrs.X_FORWARDED_FOR, [])
    hops += [hop.strip() for line in reversed(forwarded) for hop in reversed(line.split(","))]
    for hop in hops:
        if not _is_proxy(request, hop):
            return hop if _is_address(hop) else hops[0]
    return hops[-1]


def _is_proxy(request: web.Request, hop: str) -> bool:
    trusted = request.app[keys.SETTINGS].trusted_proxies
    return _is_address(hop) and any(ip_address(hop) in network for network in trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _scheme(request: web.Request) -> str:
    """What the browser used: a proxy in front may have taken the TLS off."""
    return "https" if request.app[keys.SETTINGS].secure else request.scheme


def _host(request: web.Request) -> str:
    """The host without its port, fit for a header: the Host header is anybody's text."""
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        host = ""
    if _is_address(host):
        return f"[{host}]" if ":" in host else host
    if host and all(part.replace("-", "").isalnum() and part.isascii() for part in host.split(".")):
        return host
    return urlsplit(request.app[keys.SETTINGS].public_url).hostname or "localhost"
