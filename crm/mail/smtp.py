"""The one door to a mail server. It may be slow, rude or lying: every answer has a meaning here."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

import aiosmtplib
from aiosmtplib import errors

Encryption = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails are handed over. With `starttls` a server that does not do it gets nothing."""

    host: str
    port: int = 587
    encryption: Encryption = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str | None = None
    timeout: float = 30.0  # seconds for one step; ten times that for a whole mail


class Refused(Exception):
    """This mail did not go out. `for_good`: it never will; else it may, later."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good


class Unreachable(Exception):
    """No mail goes out now: the server is away, refuses us, or is not what it says."""


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[aiosmtplib.SMTP]:
    """A session, signed in. Unreachable."""
    client = _client(server)
    try:
        async with asyncio.timeout(server.timeout * 3):
            await client.connect()
            if server.username:
                await client.login(server.username, server.password)
    except Exception as error:  # whatever it says or fails to say: nothing can be sent
        client.close()
        raise Unreachable(said(error)) from error
    try:
        yield client
    finally:
        try:
            async with asyncio.timeout(2.0):
                await client.quit()
        except Exception:  # the mails are over; a server that hangs now hurts nobody
            client.close()


async def send(client: aiosmtplib.SMTP, server: Server, message: EmailMessage) -> None:
    """One message. Refused; Unreachable when the session is over."""
    try:
        async with asyncio.timeout(server.timeout * 10):
            await client.send_message(message)
    except errors.SMTPRecipientsRefused as error:
        raise _refused(error.recipients[0] if error.recipients else error) from error
    except (errors.SMTPServerDisconnected, errors.SMTPTimeoutError, TimeoutError) as error:
        # It may have been taken all the same: the message's id is the same when it comes again.
        raise Unreachable(said(error)) from error
    except errors.SMTPResponseException as error:
        raise _refused(error) from error
    except (errors.SMTPNotSupported, ValueError) as error:  # there is something about this one
        raise Refused(said(error), for_good=False) from error
    except (errors.SMTPException, OSError) as error:
        raise Unreachable(said(error)) from error


def _client(server: Server) -> aiosmtplib.SMTP:
    context = ssl.create_default_context(cafile=server.ca_file)
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=server.timeout,
        use_tls=server.encryption == "tls",
        start_tls=server.encryption == "starttls",
        tls_context=None if server.encryption == "none" else context,
    )


def _refused(error: Exception) -> Refused:
    """5yz is for good, everything else may pass (RFC 5321, 4.2.1)."""
    code = getattr(error, "code", 0)
    return Refused(said(error), for_good=500 <= code < 600)


def said(error: BaseException) -> str:
    """What happened, on one line, whoever wrote it."""
    code, message = getattr(error, "code", None), getattr(error, "message", None)
    text = f"{code} {message}" if code is not None and message else str(error)
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words or type(error).__name__
