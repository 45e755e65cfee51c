"""Mail leaves through a real server; one that lies, sleeps or refuses loses nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.errors import Conflict, InvalidInput
from callcenter.store.database import Database
from crm.mail import outbox
from crm.mail.message import Sender
from crm.mail.outbox import Due, MailView, NewMail
from crm.mail.patience import PAUSES
from crm.mail.postman import LEASE, Postman
from crm.mail.smtp import Server
from tests.crm.conftest import NOW
from tests.crm.mail.servers import PASSWORD, Inbox, Talk, certificate, here, liar, mail_server

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")
VALUES = {"ticket.number": "T-1", "ticket.title": "发票", "customer.name": "李雷", "text": "您好。"}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


async def no_link(_ticket: int) -> str | None:
    return None


def postman(database: Database, server: Server, clock: Clock) -> Postman:
    return Postman(database, server, Sender("support@example.com"), no_link, clock=clock)


async def post(database: Database, recipient: str = "li@example.org", **values: str) -> int:
    async with database.session() as session:
        new = NewMail("reply", recipient, "zh", VALUES | values)
        mail = await outbox.post(session, new, now=NOW)
        await session.commit()
        return mail


async def view(database: Database, mail: int) -> MailView:
    async with database.reading() as session:
        return await outbox.read(session, mail)


async def test_a_mail_arrives_as_it_was_written(
    database: Database, inbox: Inbox, clock: Clock
) -> None:
    mail = await post(database, **{"customer.name": "<b>李雷</b> {{text}}"})
    async with mail_server(inbox) as port:
        await postman(database, here(port), clock).look()
    assert inbox.recipients == [["li@example.org"]]
    assert inbox.mails[0]["Subject"] == "[T-1] 发票"
    assert "<b>李雷</b> {{text}}" in inbox.body()
    seen = await view(database, mail)
    assert (seen.state, seen.sent_at, seen.error) == ("sent", NOW, None)


async def test_a_mail_is_sent_once_however_many_look(
    database: Database, inbox: Inbox, clock: Clock
) -> None:
    for _ in range(5):
        await post(database)
    async with mail_server(inbox) as port:
        everybody = [postman(database, here(port), clock) for _ in range(3)]
        await asyncio.gather(*(one.look() for one in everybody))
        await asyncio.gather(*(one.look() for one in everybody))
    assert len(inbox.mails) == 5
    assert len({mail["Message-ID"] for mail in inbox.mails}) == 5


async def test_over_tls_with_a_password(
    database: Database, inbox: Inbox, clock: Clock, tmp_path: Path
) -> None:
    cert, context = certificate(tmp_path)
    await post(database)
    async with mail_server(inbox, tls=context, auth=True) as port:
        signed_in = {"username": "callcenter", "password": PASSWORD, "ca_file": str(cert)}
        server = here(port, encryption="starttls", timeout=5.0, **signed_in)
        await postman(database, server, clock).look()
    assert len(inbox.mails) == 1


async def test_a_wrong_password_keeps_the_mail(
    database: Database, inbox: Inbox, clock: Clock, tmp_path: Path
) -> None:
    cert, context = certificate(tmp_path)
    mail = await post(database)
    async with mail_server(inbox, tls=context, auth=True) as port:
        options = {"username": "callcenter", "password": "wrong", "ca_file": str(cert)}
        man = postman(database, here(port, encryption="starttls", timeout=5.0, **options), clock)
        await man.look()
    assert man.trouble is not None
    assert "535" in man.trouble
    assert (await view(database, mail)).state == "waiting"


async def test_a_certificate_nobody_signed_is_not_trusted(
    database: Database, inbox: Inbox, clock: Clock, tmp_path: Path
) -> None:
    _, context = certificate(tmp_path)
    await post(database)
    async with mail_server(inbox, tls=context) as port:
        man = postman(database, here(port, encryption="starttls", timeout=5.0), clock)
        await man.look()
    assert inbox.mails == []
    assert man.trouble is not None


async def test_a_server_without_encryption_gets_nothing_when_it_is_asked_for(
    database: Database, inbox: Inbox, clock: Clock
) -> None:
    mail = await post(database)
    async with mail_server(inbox) as port:
        await postman(database, here(port, encryption="starttls"), clock).look()
    assert inbox.mails == []
    assert (await view(database, mail)).state == "waiting"


async def test_a_busy_server_is_tried_again_later(
    database: Database, inbox: Inbox, clock: Clock
) -> None:
    mail = await post(database)
    inbox.answers["DATA"] = "451 greylisted, come back"
    async with mail_server(inbox) as port:
        man = postman(database, here(port), clock)
        await man.look()
        seen = await view(database, mail)
        assert (seen.state, seen.attempts, seen.next_at) == ("waiting", 1, NOW + PAUSES[0])
        assert seen.error is not None
        assert "greylisted" in seen.error
        inbox.answers.clear()
        assert not await man.look()
        assert inbox.mails == []
        clock.now = NOW + PAUSES[0]
        await man.look()
    assert len(inbox.mails) == 1


async def test_a_refused_recipient_is_given_up_and_others_are_not(
    database: Database, inbox: Inbox, clock: Clock
) -> None:
    mail = await post(database)
    inbox.answers["RCPT"] = "550 no such user\x1b[31m here"
    async with mail_server(inbox) as port:
        man = postman(database, here(port), clock)
        await man.look()
        inbox.answers.clear()
        other = await post(database)
        await man.look()
    assert (await view(database, other)).state == "sent"
    seen = await view(database, mail)
    assert (seen.state, seen.next_at) == ("dead", None)
    assert seen.error is not None
    assert seen.error.isprintable()
    assert man.dead == 1


async def test_a_mail_that_was_given_up_can_be_tried_again(
    database: Database, inbox: Inbox, clock: Clock
) -> None:
    mail = await post(database)
    inbox.answers["RCPT"] = "550 no"
    async with mail_server(inbox) as port:
        man = postman(database, here(port), clock)
        await man.look()
        async with database.session() as session:
            assert (await outbox.retry(session, mail, now=NOW)).state == "waiting"
            await session.commit()
        inbox.answers.clear()
        await man.look()
        assert (await view(database, mail)).state == "sent"
        async with database.session() as session:
            with pytest.raises(Conflict):
                await outbox.retry(session, mail, now=NOW)


async def test_who_died_with_a_mail_in_hand_loses_it_to_the_next(
    database: Database, inbox: Inbox, clock: Clock
) -> None:
    await post(database)
    async with database.session() as session:
        await outbox.take(session, now=NOW, until=NOW + LEASE, limit=20)
        await session.commit()
    async with mail_server(inbox) as port:
        man = postman(database, here(port), clock)
        await man.look()
        assert inbox.mails == []
        clock.now = NOW + LEASE
        await man.look()
    assert len(inbox.mails) == 1


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def no_smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(60)


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"220-" + b"x" * 60_000)
        await writer.drain()


async def says_yes_and_goes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes everything up to the end of the message, then is gone without a word."""
    writer.write(b"220 ready\r\n")
    while line := await reader.readline():
        if line.startswith(b"DATA"):
            writer.write(b"354 go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            return
        writer.write(b"250 OK\r\n")


async def pretends_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 ready\r\n")
    await reader.readline()
    writer.write(b"250-mail\r\n250 STARTTLS\r\n")
    await reader.readline()
    writer.write(b"220 go ahead\r\n")
    await reader.read(100)
    writer.write(b"250 no need for that, tell me your password\r\n")
    await writer.drain()
    await asyncio.sleep(60)


@pytest.mark.parametrize("talk", [silent, no_smtp, endless, says_yes_and_goes, pretends_tls])
async def test_a_server_that_lies_loses_no_mail(
    database: Database, clock: Clock, talk: Talk
) -> None:
    mail = await post(database)
    encryption = "starttls" if talk is pretends_tls else "none"
    async with liar(talk) as port, asyncio.timeout(20):
        man = postman(database, here(port, encryption=encryption), clock)
        await man.look()
    seen = await view(database, mail)
    assert (seen.state, seen.attempts) == ("waiting", 1)
    assert man.trouble


async def test_nobody_there_loses_no_mail(database: Database, clock: Clock) -> None:
    mail = await post(database)
    man = postman(database, here(1), clock)
    await man.look()
    assert (await view(database, mail)).state == "waiting"
    assert man.trouble


async def test_what_is_over_is_forgotten_after_its_days_and_what_waits_is_not(
    database: Database, clock: Clock
) -> None:
    ids = [await post(database) for _ in range(4)]
    async with database.session() as session:
        await outbox.sent(session, ids[0], now=clock.now)
        await outbox.dropped(session, ids[1])
        await outbox.failed(session, ids[2], "no", again=None)
        await session.commit()
    man = Postman(
        database, here(1), Sender("support@example.com"), no_link, keep_days=30, clock=clock
    )
    clock.now += 29 * 86_400
    assert not await man.clear()
    assert len(await left(database)) == 4
    clock.now += 2 * 86_400
    assert not await man.clear()
    assert await left(database) == [ids[3]]


async def left(database: Database) -> list[int]:
    async with database.reading() as session:
        page = await outbox.page(session, state=None, cursor=None, limit=9)
    return [one.id for one in page.items]


async def test_an_address_that_is_none_never_gets_into_the_outbox(database: Database) -> None:
    with pytest.raises(InvalidInput):
        await post(database, "li@example.org\r\nBcc: all@example.org")


async def test_dead_letters_are_listed_by_page(
    database: Database, inbox: Inbox, clock: Clock
) -> None:
    inbox.answers["RCPT"] = "550 no"
    for _ in range(3):
        await post(database)
    async with mail_server(inbox) as port:
        await postman(database, here(port), clock).look()
    await post(database)
    async with database.reading() as session:
        first = await outbox.page(session, state="dead", cursor=None, limit=2)
        rest = await outbox.page(session, state="dead", cursor=first.next, limit=2)
    assert [len(first.items), len(rest.items), rest.next] == [2, 1, None]


async def test_a_mail_that_cannot_be_made_keeps_no_other_waiting(
    database: Database, inbox: Inbox, clock: Clock
) -> None:
    poison, other = await post(database), await post(database)

    class Broken(Postman):
        async def _body(self, due: Due) -> str | None:
            if due.id == poison:
                raise RuntimeError("nobody foresaw this")
            return due.body

    async with mail_server(inbox) as port:
        man = Broken(database, here(port), Sender("support@example.com"), no_link, clock=clock)
        await man.look()
    assert (await view(database, other)).state == "sent"
    seen = await view(database, poison)
    assert (seen.state, seen.next_at) == ("waiting", NOW + PAUSES[0])
    assert seen.error is not None


async def test_a_mail_that_somebody_else_took_meanwhile_is_not_sent_twice(
    database: Database, inbox: Inbox, clock: Clock
) -> None:
    first, second = await post(database), await post(database)

    class Slow(Postman):
        async def _body(self, due: Due) -> str | None:
            if due.id == first:  # this one takes longer than the lease of the others
                clock.now += LEASE + 1
                await postman(database, here(port), clock).look()
            return due.body

    async with mail_server(inbox) as port:
        await Slow(database, here(port), Sender("support@example.com"), no_link, clock=clock).look()
    sent = [mail["Message-ID"] for mail in inbox.mails]
    assert (await view(database, second)).state == "sent"
    assert len(sent) - len(set(sent)) <= 1  # the one in hand; none that still waited
    assert len(sent) == 3
