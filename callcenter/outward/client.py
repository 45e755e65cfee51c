"""The one door to other people's servers. They may be slow, rude, lying or somebody else entirely.

An address is looked at after its name was resolved and before a connection is made, and the
connection goes to what was looked at: a name that changes its mind in between changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from callcenter.errors import InvalidInput
from callcenter.outward.addresses import Policy, check_url, literal, refusal
from callcenter.outward.backoff import Outcome, retry_after

CONNECT_SECONDS = 5.0
EXCERPT_SECONDS = 1.0
EXCERPT_BYTES = 2_048
EXCERPT_CHARS = 500
NAME_THREADS = 16  # names that are looked up at the same time; a server of names may hang
AGENT = "Callcenter-Webhooks/1"

Lookup = Callable[[str, int], Awaitable[list[str]]]


class Refused(OSError):
    """The name leads to an address that we do not ask."""


class CheckedResolver(AbstractResolver):
    """Every address of a name, or Refused when one of them is not to be asked."""

    def __init__(self, policy: Policy, lookup: Lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._lookup(host, port)
        if not found:
            raise OSError(f"{host} has no address")
        for text in found:
            reason = refusal(ip_address(text), self._policy)
            if reason is not None:
                raise Refused(f"{host}: {reason}")
        return [_result(host, port, text) for text in found]

    async def close(self) -> None:
        """Nothing is held."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=0, flags=flags
    )


class Client:
    """Posts messages. Open it in the loop in which it is used."""

    def __init__(
        self, policy: Policy, *, timeout: float, lookup: Lookup | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self.policy = policy
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(NAME_THREADS, thread_name_prefix="names")
        self._resolver = CheckedResolver(policy, lookup or self._names)
        self._trust = trust
        self._session: aiohttp.ClientSession | None = None

    async def check(self, url: str) -> None:
        """Whether this could be a target now. InvalidInput says why not."""
        check_url(url, self.policy)
        try:
            host, port = _where(url)
            async with asyncio.timeout(CONNECT_SECONDS):
                if literal(host) is None:
                    await self._resolver.resolve(host, port)
                else:
                    self._check_literal(host)
        except Refused as error:
            raise InvalidInput(str(error), field="url") from None
        except (OSError, TimeoutError, ValueError):
            raise InvalidInput("there is no server of this name", field="url") from None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """One attempt; whatever happens is an outcome."""
        started = time.monotonic()
        try:
            check_url(url, self.policy)
            self._check_literal(_where(url)[0])
            outcome = await self._posted(url, body, headers)
        except (InvalidInput, Refused) as error:
            outcome = Outcome(ok=False, error=str(error), for_good=True)
        except TimeoutError:
            outcome = Outcome(ok=False, error=f"no answer within {self._timeout:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            outcome = Outcome(ok=False, error=_in_words(error))
        return _timed(outcome, time.monotonic() - started)

    async def _posted(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        async with asyncio.timeout(self._timeout):
            response = await self._opened().post(
                URL(url), data=body, headers=headers, allow_redirects=False
            )
        try:
            return Outcome(
                ok=200 <= response.status < 300,
                status=response.status,
                error=_complaint(response.status),
                retry_after=retry_after(response.headers.get("Retry-After")),
                excerpt=await _excerpt(response),
            )
        finally:
            response.close()

    def _check_literal(self, host: str) -> None:
        """The connector asks nobody about a host that is an address; this is the same question."""
        found = literal(host)
        reason = None if found is None else refusal(found, self.policy)
        if reason is not None:
            raise Refused(reason)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=self._resolver,
                use_dns_cache=False,
                limit=0,  # how many there are is bounded by who asks, target by target
                ssl=self._trust or True,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # a small answer could unpack into a large one
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
                headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
                trust_env=False,
            )
        return self._session

    async def _names(self, host: str, port: int) -> list[str]:
        def ask() -> list[str]:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return list(dict.fromkeys(str(entry[4][0]) for entry in found))

        return await asyncio.get_running_loop().run_in_executor(self._threads, ask)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
        self._threads.shutdown(wait=False, cancel_futures=True)


def _where(url: str) -> tuple[str, int]:
    """Host and port as the connector will read them: it knows more ways to write an address."""
    parsed = URL(url)
    return parsed.raw_host or "", parsed.port or 0


async def _excerpt(response: aiohttp.ClientResponse) -> str | None:
    """The beginning of what it said; that there is an answer was known before."""
    data = bytearray()
    try:
        async with asyncio.timeout(EXCERPT_SECONDS):
            while len(data) < EXCERPT_BYTES:
                chunk = await response.content.read(EXCERPT_BYTES - len(data))
                if not chunk:
                    break
                data += chunk
    except (TimeoutError, aiohttp.ClientError, OSError):
        pass
    text = bytes(data).decode("utf-8", "replace")
    plain = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(plain.split())[:EXCERPT_CHARS] or None


def _complaint(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"HTTP {status}: redirects are not followed"
    return f"HTTP {status}"


def _in_words(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        return str(error.os_error) or type(error).__name__
    return f"{type(error).__name__}: {error}"[:EXCERPT_CHARS]


def _timed(outcome: Outcome, seconds: float) -> Outcome:
    return Outcome(
        ok=outcome.ok,
        status=outcome.status,
        error=outcome.error,
        retry_after=outcome.retry_after,
        for_good=outcome.for_good,
        seconds=round(seconds, 3),
        excerpt=outcome.excerpt,
    )
