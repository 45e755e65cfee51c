"""How we prove to the PBX who we are, without giving the password away on the wire."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from callcenter.errors import AmiRefused, AmiTimeout

if TYPE_CHECKING:
    from callcenter.ami.connection import Session
    from callcenter.config_sections import AmiConfig

BANNER = "Asterisk Call Manager/"


class LoginRefused(AmiRefused):
    """The PBX does not let us in: wrong user, password or address."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the PBX is and who we are there. `context` is None without TLS."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    context: ssl.SSLContext | None = None

    @classmethod
    def of(cls, ami: AmiConfig) -> Endpoint:
        """As the configuration says. Raises OSError when there is no such ca_file."""
        context = ssl.create_default_context(cafile=ami.ca_file) if ami.tls else None
        return cls(ami.host, ami.port, ami.username, ami.secret, context)

    @property
    def is_local(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def challenge_key(challenge: str, secret: str) -> str:
    """What proves the secret without saying it. MD5, because AMI knows no other."""
    return hashlib.md5((challenge + secret).encode(), usedforsecurity=False).hexdigest()


async def log_in(session: Session, endpoint: Endpoint, seconds: float) -> None:
    """Wait for the greeting, then log in by challenge.

    The password itself goes only over TLS or inside this machine. Raises LoginRefused,
    AmiTimeout, AmiDisconnected (the peer is no manager interface, or went away).
    """
    try:
        async with asyncio.timeout(seconds):
            await asyncio.shield(session.greeted)
    except TimeoutError:
        raise AmiTimeout(f"the PBX did not greet within {seconds:g} s") from None
    try:
        await session.send(await _credentials(session, endpoint))
    except AmiRefused as error:
        raise LoginRefused(error.message) from None


async def _credentials(session: Session, endpoint: Endpoint) -> dict[str, str]:
    who = {"Action": "Login", "Username": endpoint.username, "Events": "on"}
    try:
        challenge = await session.send({"Action": "Challenge", "AuthType": "MD5"})
    except AmiRefused:
        if endpoint.context is None and not endpoint.is_local:
            raise AmiRefused(
                "the PBX offers no MD5 challenge, and without TLS the password is not sent"
            ) from None
        return who | {"Secret": endpoint.secret}
    key = challenge_key(challenge.fields.get("Challenge", ""), endpoint.secret)
    return who | {"AuthType": "MD5", "Key": key}
