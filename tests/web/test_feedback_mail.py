"""From resolving to archiving: a customer is asked by mail and answers; nobody keeps the link."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from callcenter.config import Config, parse
from callcenter.store.database import Database
from callcenter.ticketing import links, sender_of, server_of
from crm.mail.postman import Postman
from crm.tickets.desk.tables import FeedbackLink
from tests.crm.mail.servers import Inbox, mail_server
from tests.web.conftest import Api, SignedIn
from tests.web.desk import V1, mails, open_ticket, put_customer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")


def config_for(port: int) -> Config:
    raw = {
        "ami": {"host": "x", "username": "y", "secret": "z"},
        "web": {"public_url": "https://calls.example.com"},
        "mail": {
            "host": "localhost",
            "port": port,
            "encryption": "none",
            "sender": "support@example.com",
            "sender_name": "客服中心",
        },
    }
    return parse(raw, "test", {})


def postman(database: Database, port: int) -> Postman:
    config = config_for(port)
    return Postman(
        database, server_of(config.mail), sender_of(config.mail), links(config, database)
    )


async def test_the_whole_way(signed_in: SignedIn, api: Api, database: Database) -> None:
    agent, inbox = await signed_in("online_support", "ann"), Inbox()
    ticket = await open_ticket(agent, await put_customer(database))
    await agent.post(f"{V1}/tickets/{ticket}/resolve", {})
    async with mail_server(inbox) as port:
        await postman(database, port).look()
    (url,) = re.findall(r"https://\S+", inbox.body())
    assert url.startswith("https://calls.example.com/feedback/")
    path = urlsplit(url).path
    token = path.rpartition("/")[2]
    (mail,) = await mails(database)
    assert (mail.state, token in mail.body) == ("sent", False)
    async with database.reading() as session:
        (kept,) = await session.scalars(select(FeedbackLink.token_hash))
    assert kept != token
    async with api.client.get(path) as response:
        assert response.status == 200
    async with api.client.post(path, data={"score": "5", "comment": "谢谢"}) as response:
        assert response.status == 200
    _, seen = await agent.get(f"{V1}/tickets/{ticket}")
    assert seen["status"] == "feedback"
    status, body = await agent.post(f"{V1}/tickets/{ticket}/archive", {})
    assert (status, body["status"]) == (200, "archived")


async def test_what_was_reopened_before_the_mail_went_out_is_not_asked_about(
    signed_in: SignedIn, database: Database
) -> None:
    agent, inbox = await signed_in("online_support", "ann"), Inbox()
    ticket = await open_ticket(agent, await put_customer(database))
    await agent.post(f"{V1}/tickets/{ticket}/resolve", {})
    await agent.post(f"{V1}/tickets/{ticket}/reopen", {})
    async with mail_server(inbox) as port:
        await postman(database, port).look()
    assert inbox.mails == []
    assert [mail.state for mail in await mails(database)] == ["dropped"]
