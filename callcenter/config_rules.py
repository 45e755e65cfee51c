"""What the types of the configuration cannot say: which of its values make no sense, and why."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from callcenter.errors import ConfigError
from callcenter.number_patterns import RULE, is_pattern

if TYPE_CHECKING:
    from callcenter.config import Config

# Secrets that appear in examples everywhere; whoever runs with one has not read the file.
SAMPLE_SECRETS = frozenset(
    {"change-me", "changeme", "secret", "password", "passw0rd", "callcenter", "admin", "example"}
    | {"your-secret", "your-secret-here", "put-your-secret-here", "put-the-secret-here", "mysecret"}
    | {"sample", "test", "asterisk", "amp111", "12345", "123456", "1234"}
)
_ADDRESS = re.compile(r"\w+://[\w.:\[\]-]+(?:/[\w./~%-]*)?", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9a-fA-F:]+\]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAILBOX = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_KEY = re.compile(r"[A-Za-z0-9._-]{1,32}:[A-Za-z0-9+/]{43}=")
_PREFIX = re.compile(r"[0-9]{0,3}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def check(config: Config, source: str) -> None:
    """What types cannot say."""
    for key, text in _texts(msgspec.to_builtins(config), ""):
        if _CONTROL.search(text):
            raise ConfigError(f"{source}: {key}: must be one line without controls", field=key)
    _check_patterns(config, source)
    for key, wrong, what in _RULES:
        if wrong(config):
            raise ConfigError(f"{source}: {key}: {what}", field=key)


def _check_patterns(config: Config, source: str) -> None:
    """Lists of numbers: who can be called hangs on them."""
    for name in ("inside", "outside", "blocked", "restricted", "unrestricted", "emergency"):
        for place, pattern in enumerate(getattr(config.calls, name)):
            if not is_pattern(pattern):
                key = f"calls.{name}[{place}]"
                raise ConfigError(f"{source}: {key}: {RULE}", field=key)


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Every text in the configuration, with its key."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{key}[{place}]")


def _is_sample(secret: str) -> bool:
    return secret.strip().lower().replace("_", "-") in SAMPLE_SECRETS


def _has_sample_password(url: str) -> bool:
    return _is_sample(_parts(url).password or "")


def _scheme_is_not(url: str, *allowed: str) -> bool:
    return bool(url) and _parts(url).scheme not in allowed


def _is_no_address(url: str, *schemes: str) -> bool:
    """Not what browsers are to be given: with a host, and nothing that a header could trip over."""
    return bool(url) and (_ADDRESS.fullmatch(url) is None or _scheme_is_not(url, *schemes))


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is none
    except ValueError:
        return urlsplit("")  # no scheme: whoever asked refuses it
    return parts


def _is_here(config: Config) -> bool:
    return config.mail.host in _HERE


def _unreadable(path: str | None) -> bool:
    return bool(path) and not os.access(str(path), os.R_OK)


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _unknown_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return True
    return False


_RULES: tuple[tuple[str, Callable[[Config], bool], str], ...] = (
    ("ami.ca_file", lambda c: _unreadable(c.ami.ca_file), "must be a file that can be read"),
    ("ami.secret", lambda c: _is_sample(c.ami.secret), "is a sample secret; set one of your own"),
    (
        "database.url",
        lambda c: _has_sample_password(c.database.url),
        "has a sample password; set one of your own",
    ),
    (
        "redis.url",
        lambda c: _has_sample_password(c.redis.url),
        "has a sample password; set one of your own",
    ),
    (
        "database.url",
        lambda c: _scheme_is_not(
            c.database.url.replace("+asyncpg", "").replace("+aiosqlite", ""),
            "postgresql",
            "postgres",
            "sqlite",
        ),
        "must be postgresql://user:password@host/name or sqlite:////path/file.db",
    ),
    (
        "redis.url",
        lambda c: _scheme_is_not(c.redis.url, "redis", "rediss", "unix"),
        "must be redis://host:port/number (or rediss://, unix://)",
    ),
    (
        "web.public_url",
        lambda c: _is_no_address(c.web.public_url, "http", "https"),
        "must be http://host or https://host, with a port and a path at most",
    ),
    (
        "web.metrics_token",
        lambda c: _is_sample(c.web.metrics_token),
        "is a sample secret; set one of your own",
    ),
    (
        "web.trusted_proxies",
        lambda c: not all(map(_is_network, c.web.trusted_proxies)),
        "must be addresses or networks, e.g. 127.0.0.1 or 10.0.0.0/8",
    ),
    (
        "gateway.public_url",
        lambda c: _is_no_address(c.gateway.public_url, "ws", "wss"),
        "must be ws://host or wss://host, with a port and a path at most",
    ),
    (
        "gateway.port",
        lambda c: (c.web.host, c.web.port) == (c.gateway.host, c.gateway.port),
        "must differ from web.port",
    ),
    (
        "calls.outside_prefix",
        lambda c: _PREFIX.fullmatch(c.calls.outside_prefix) is None,
        "must be up to three digits, or empty",
    ),
    (
        "phones.websocket_url",
        lambda c: _is_no_address(c.phones.websocket_url, "ws", "wss"),
        "must be ws://host or wss://host, with a port and a path at most",
    ),
    (
        "phones.sip_domain",
        lambda c: bool(c.phones.sip_domain) and not _HOST.fullmatch(c.phones.sip_domain),
        "must be a host name or address",
    ),
    (
        "phones.pjsip_file",
        lambda c: not c.phones.pjsip_file.endswith(".conf"),
        "must end with .conf, or the PBX does not include it",
    ),
    (
        "storage.bucket",
        lambda c: c.storage.place == "s3" and not _BUCKET.fullmatch(c.storage.bucket),
        "must be the name of a bucket when storage.place is s3",
    ),
    (
        "storage.endpoint",
        lambda c: _is_no_address(c.storage.endpoint, "http", "https"),
        "must be http://host or https://host, with a port and a path at most",
    ),
    (
        "storage.secret_key",
        lambda c: _is_sample(c.storage.secret_key),
        "is a sample secret; set one of your own",
    ),
    (
        "storage.keys",
        lambda c: not all(map(_KEY.fullmatch, c.storage.keys.split())),
        "must be name:key pairs with blanks between, each key 32 random bytes in base64",
    ),
    (
        "mail.sender",
        lambda c: bool(c.mail.host) and not _MAILBOX.fullmatch(c.mail.sender),
        "must be the address that mail comes from, e.g. support@example.com",
    ),
    (
        "mail.reply_to",
        lambda c: bool(c.mail.reply_to) and not _MAILBOX.fullmatch(c.mail.reply_to),
        "must be an address, e.g. support@example.com",
    ),
    ("mail.ca_file", lambda c: _unreadable(c.mail.ca_file), "must be a file that can be read"),
    (
        "mail.password",
        lambda c: _is_sample(c.mail.password),
        "is a sample password; set one of your own",
    ),
    (
        "mail.encryption",
        lambda c: c.mail.encryption == "none" and bool(c.mail.username) and not _is_here(c),
        "a password must not go over the network in the clear; use starttls or tls",
    ),
    (
        "outward.allowed_networks",
        lambda c: not all(map(_is_network, c.outward.allowed_networks)),
        "must be addresses or networks, e.g. 10.20.0.0/16",
    ),
    (
        "timezone",
        lambda c: _unknown_timezone(c.timezone),
        "is not a known time zone; write e.g. Asia/Shanghai",
    ),
)
