"""The page for customers: no sign-in, no script, nothing told, nothing done by looking."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from callcenter.events import DomainEvent, TicketChanged
from callcenter.store.database import Database
from crm.customers.tables import Customer
from crm.tickets.desk.tables import FeedbackLink
from crm.tickets.tables import Ticket
from tests.web.conftest import START, Api, Browser, SignedIn
from tests.web.desk import V1, open_ticket, put_customer
from web import feedback

XSS = "<script>alert(1)</script><img src=x onerror=alert(1)>{{x}}"


@pytest.fixture
async def agent(signed_in: SignedIn) -> Api:
    return await signed_in("online_support", "ann")


async def link_of(agent: Api, database: Database, title: str = "发票没有收到") -> tuple[int, str]:
    """A resolved ticket and the path of a link to its page."""
    ticket = await open_ticket(agent, await put_customer(database), title=title)
    status, body = await agent.post(f"{V1}/tickets/{ticket}/resolve", {})
    assert status == 200, body
    status, made = await agent.post(f"{V1}/tickets/{ticket}/feedback-link", {})
    assert status == 201, made
    assert made["url"].startswith("http://callcenter.test:8080/feedback/")
    return ticket, urlsplit(made["url"]).path


async def page(api: Api, path: str, **options: Any) -> tuple[int, str, Any]:
    async with api.client.get(path, **options) as response:
        return response.status, await response.text(), response.headers


async def send(api: Api, path: str, **fields: str) -> tuple[int, str]:
    async with api.client.post(path, data=fields) as response:
        return response.status, await response.text()


async def status_of(database: Database, ticket: int) -> tuple[str, int]:
    async with database.reading() as session:
        query = select(Ticket.status, Ticket.version).where(Ticket.id == ticket)
        status, version = (await session.execute(query)).one()
        return status, version


async def test_a_customer_says_what_they_think(
    agent: Api, api: Api, database: Database, published: list[DomainEvent]
) -> None:
    ticket, path = await link_of(agent, database)
    status, text, _ = await page(api, path)
    assert status == 200
    assert "发票没有收到" in text
    assert 'lang="zh-CN"' in text
    published.clear()
    status, text = await send(api, path, score="4", comment="很好 <b>谢谢</b>")
    assert (status, "感谢您的评价" in text) == (200, True)
    assert (await status_of(database, ticket))[0] == "feedback"
    (event,) = published
    assert isinstance(event, TicketChanged)
    assert event.kind == "rate"
    _, given = await agent.get(f"{V1}/tickets/{ticket}/feedback")
    assert [(one["score"], one["comment"]) for one in given["items"]] == [(4, "很好 <b>谢谢</b>")]
    status, text, _ = await page(api, path)
    assert (status, "您已经评价过了" in text) == (410, True)
    assert (await send(api, path, score="1"))[0] == 410


async def test_looking_changes_nothing(agent: Api, api: Api, database: Database) -> None:
    ticket, path = await link_of(agent, database)
    before = await status_of(database, ticket)
    for _ in range(3):
        assert (await page(api, path))[0] == 200
    async with api.client.head(path) as response:
        assert response.status == 200
    assert await status_of(database, ticket) == before
    async with database.reading() as session:
        assert await session.scalar(select(FeedbackLink.used_at)) is None


async def test_the_page_runs_nothing_and_shows_text_as_text(
    agent: Api, api: Api, database: Database
) -> None:
    _, path = await link_of(agent, database, title=XSS)
    _, text, headers = await page(api, path)
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["X-Frame-Options"] == "DENY"
    assert "Set-Cookie" not in headers
    status, text = await send(api, path, score="9", comment='</textarea><script>x</script>"')
    assert status == 422
    assert "请选择 1 到 5 分" in text
    assert "<script" not in text
    assert "&lt;/textarea&gt;" in text


async def test_every_style_of_the_page_is_allowed_by_its_hash(
    agent: Api, api: Api, database: Database
) -> None:
    import base64
    import hashlib

    _, path = await link_of(agent, database)
    _, text, headers = await page(api, path)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in headers["Content-Security-Policy"]
    assert "style=" not in text
    assert "http" not in re.sub(r"<title>.*?</title>", "", text)  # nothing from elsewhere


async def test_the_page_speaks_the_customers_language(
    agent: Api, api: Api, database: Database
) -> None:
    ticket = await open_ticket(agent, await put_customer(database))
    async with database.session() as session:
        await session.execute(update(Customer).values(language="en"))
        await session.commit()
    await agent.post(f"{V1}/tickets/{ticket}/resolve", {})
    _, made = await agent.post(f"{V1}/tickets/{ticket}/feedback-link", {})
    chinese = {"Accept-Language": "zh-CN"}
    _, text, _ = await page(api, urlsplit(made["url"]).path, headers=chinese)
    assert "How did we do?" in text
    _, text, _ = await page(api, "/feedback/unknown", headers=chinese)
    assert "此链接无效" in text
    _, text, _ = await page(api, "/feedback/unknown", headers={"Accept-Language": "de"})
    assert "This link does not work" in text


@pytest.mark.parametrize("token", ["A" * 43, "x", "A" * 5000, "%00", "%27%20OR%201=1"])
async def test_an_unknown_link_tells_nothing(api: Api, database: Database, token: str) -> None:
    status, text, _ = await page(api, f"/feedback/{token}")
    assert status == 404
    assert "This link does not work" in text
    status, again = await send(api, f"/feedback/{token}", score="5")
    assert (status, again) == (404, text)


async def test_an_old_link_says_so(agent: Api, api: Api, database: Database) -> None:
    ticket, path = await link_of(agent, database)
    async with database.session() as session:
        await session.execute(update(FeedbackLink).values(expires_at=START))
        await session.commit()
    status, text, _ = await page(api, path)
    assert (status, "已失效" in text) == (410, True)
    assert "T-20" not in text
    assert (await send(api, path, score="5"))[0] == 410
    assert (await status_of(database, ticket))[0] == "resolved"


@pytest.mark.parametrize("score", ["", "0", "6", "5.0", "five", "１"])
async def test_an_answer_needs_a_score(
    agent: Api, api: Api, database: Database, score: str
) -> None:
    ticket, path = await link_of(agent, database)
    status, text = await send(api, path, score=score, comment="kept 文字")
    assert status == 422
    assert "kept 文字" in text
    assert (await status_of(database, ticket))[0] == "resolved"


async def test_what_is_no_form_is_refused(agent: Api, api: Api, database: Database) -> None:
    _, path = await link_of(agent, database)
    async with api.client.post(path, json={"score": 5}) as response:
        assert response.status == 415
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with api.client.post(path, data="comment=" + "x" * 70_000, headers=form) as response:
        assert response.status == 413
    async with api.client.post(path, data=b"score=5&comment=%ff%fe\xff", headers=form) as response:
        assert response.status == 400
    status, text = await send(api, path, score="5", comment="x" * 4001)
    assert (status, "4000" in text) == (422, True)


async def test_another_sites_page_cannot_answer(agent: Api, api: Api, database: Database) -> None:
    ticket, path = await link_of(agent, database)
    evil = {"Origin": "https://evil.example"}
    async with api.client.post(path, data={"score": "1"}, headers=evil) as response:
        assert response.status == 403
    assert (await status_of(database, ticket))[0] == "resolved"


async def test_guessing_gets_slow(browser: Browser) -> None:
    api = await browser()
    statuses = [(await page(api, "/feedback/guess"))[0] for _ in range(feedback.LIMIT.free + 5)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    _, text, headers = await page(api, "/feedback/guess")
    assert "Too many requests" in text
    assert int(headers["Retry-After"]) >= 1


async def test_the_link_is_not_in_the_log(agent: Api, api: Api, database: Database) -> None:
    _, path = await link_of(agent, database)
    token = path.rpartition("/")[2]
    with capture_logs() as logs:
        await page(api, path)
        await send(api, path, score="5", comment="geheim")
    assert logs
    assert token not in str(logs)
    assert "geheim" not in str(logs)


async def test_a_ticket_that_is_not_resolved_is_not_asked_about(
    agent: Api, database: Database
) -> None:
    ticket = await open_ticket(agent, await put_customer(database))
    status, body = await agent.post(f"{V1}/tickets/{ticket}/feedback-link", {})
    assert (status, body["error"]["field"]) == (409, "status")
