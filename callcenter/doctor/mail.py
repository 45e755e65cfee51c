"""Looks at the server that takes our mail, without sending any."""

from __future__ import annotations

from urllib.parse import urlsplit

from callcenter.config import Config
from callcenter.doctor.findings import Finding, error, ok, warn
from callcenter.store.database import Database
from callcenter.ticketing import public_address, server_of
from crm.mail import outbox, smtp

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


async def examine_mail(config: Config) -> list[Finding]:
    mail = config.mail
    if not mail.host:
        return [ok("mail.none")]
    address = f"{mail.host}:{mail.port}"
    try:
        async with smtp.connected(server_of(mail)):
            found = [ok("mail.ok", address=address, sender=mail.sender)]
    except (smtp.Unreachable, OSError) as failure:  # a certificate's file is read first
        return [error("mail.unreachable", address=address, reason=failure)]
    if mail.encryption == "none" and mail.host not in _HERE:
        found.append(warn("mail.plain", address=address))
    base = public_address(config)
    if urlsplit(base).hostname in _HERE:
        found.append(warn("mail.no_address", url=base))
    count = await _dead(config)
    return [*found, warn("mail.dead", count=count)] if count else found


async def _dead(config: Config) -> int:
    """Mails that were given up; none while the database cannot say."""
    database = Database(config.database_url)
    try:
        async with database.reading() as session:
            return await outbox.dead(session)
    except Exception:  # said by examine_database already
        return 0
    finally:
        await database.close()
