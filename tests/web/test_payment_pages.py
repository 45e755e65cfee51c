"""Payment pages with a token of their own: made, used for the one thing, refused, revoked."""

from __future__ import annotations

from typing import Any, cast

import pytest
from aiohttp import web
from sqlalchemy import insert, select, text, update

from callcenter.events import RecordingChanged
from callcenter.store.database import Database
from recording.control import NotRecorded, RecordingControl, StillRecording
from recording.control_tables import PaymentToken
from recording.queries import table_of
from recording.spans import Reason
from routing.control import CallControl
from routing.tables import Agent, AgentInterface
from tests.web.conftest import Api, Browser, SignedIn
from web import keys
from web.auth.throttle import Bucket
from web.payment_pages import BURST, PER_SECOND

TOKENS = "/api/v1/payment-tokens"
PAUSE, RESUME = "/api/v1/payment/recording/pause", "/api/v1/payment/recording/resume"
CALL, OTHER = "c" * 32, "d" * 32


class Control:
    """A recording control that does, or refuses, what a test says."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.fails: Exception | None = None

    async def pause(
        self, interaction: str, reason: Reason, *, seconds: float | None, by: int | None
    ) -> RecordingChanged:
        self.asked.append(("pause", interaction, reason, seconds, by))
        return self._answer(interaction, "paused")

    async def resume(
        self, interaction: str, *, by: int | None, reasons: frozenset[Reason]
    ) -> RecordingChanged:
        self.asked.append(("resume", interaction, reasons, by))
        return self._answer(interaction, "recording")

    def _answer(self, interaction: str, phase: Any) -> RecordingChanged:
        if self.fails is not None:
            raise self.fails
        return RecordingChanged(at=1.0, pbx="pbx", interaction=interaction, phase=phase)


class Calls:
    """1 is in a conversation."""

    def conversation(self, agent: int) -> str | None:
        return OTHER if agent == 1 else None


@pytest.fixture
def control(app: web.Application) -> Control:
    """Before anybody asks the application."""
    made = Control()
    app[keys.RECORDING_CONTROL] = cast("RecordingControl", made)
    app[keys.CALL_CONTROL] = cast("CallControl", Calls())
    return made


async def token(admin: Api, **body: Any) -> str:
    status, made = await admin.post(TOKENS, {"name": "Shop", **body})
    assert status == 201
    return str(made["secret"])


async def send(api: Api, path: str, body: Any, secret: str | None) -> tuple[int, str]:
    """As a payment page does: without a cookie, the token in the header."""
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    async with api.client.post(path, json=body, headers=headers) as response:
        answer = await response.json()
        assert (response.status == 401) == ("WWW-Authenticate" in response.headers)
    return response.status, answer["error"]["code"] if response.status >= 400 else answer["phase"]


async def test_a_payment_page_pauses_and_goes_on(
    control: Control, signed_in: SignedIn, browser: Browser, database: Database
) -> None:
    admin, page = await signed_in("administrator"), await browser()
    secret = await token(admin)
    async with database.session() as db:
        user = await db.scalar(text("SELECT id FROM users"))
        await db.execute(insert(table_of(Agent)).values(id=1, user_id=user, name="A"))
        await db.execute(insert(table_of(Agent)).values(id=2, name="B"))
        for agent, phone in ((1, "PJSIP/1001"), (2, "PJSIP/1002")):
            values = {"pbx": "pbx", "interface": phone, "agent_id": agent}
            await db.execute(insert(table_of(AgentInterface)).values(values))
        await db.commit()
    assert await send(page, PAUSE, {"interaction": CALL, "seconds": 90}, secret) == (200, "paused")
    assert await send(page, PAUSE, {"agent": "Administrator"}, secret) == (200, "paused")
    assert await send(page, RESUME, {"extension": "1001"}, secret) == (200, "recording")
    assert control.asked == [
        ("pause", CALL, Reason.API, 90.0, None),
        ("pause", OTHER, Reason.API, None, None),
        ("resume", OTHER, frozenset({Reason.API}), None),
    ]
    for nobody in ({"extension": "1002"}, {"extension": "1003"}, {"agent": "nobody"}):
        assert await send(page, PAUSE, nobody, secret) == (404, "not_found")
    for odd in ({}, {"interaction": CALL, "agent": "x"}, {"interaction": CALL, "seconds": 4}):
        assert await send(page, PAUSE, odd, secret) == (422, "invalid_input")
    control.fails = StillRecording("the PBX did not pause")
    assert await send(page, PAUSE, {"interaction": CALL}, secret) == (409, "still_recording")
    control.fails = NotRecorded("this call is not recorded now")
    assert await send(page, PAUSE, {"interaction": CALL}, secret) == (409, "not_recorded")
    _, listed = await admin.get(TOKENS)
    assert listed["items"][0]["last_used_at"] is not None
    _, log = await admin.get(f"/api/v1/audit?object=interaction/{CALL}")
    assert log["items"][0]["actor"] is None
    assert log["items"][0]["after"]["page"] == "Shop"


async def test_a_token_is_kept_as_its_hash_and_opens_nothing_else(
    control: Control, signed_in: SignedIn, browser: Browser, database: Database
) -> None:
    admin, page = await signed_in("administrator"), await browser()
    secret = await token(admin)
    async with database.reading() as db:
        kept = (await db.execute(select(table_of(PaymentToken)))).one()
    assert secret not in repr(kept)
    assert secret.rpartition("_")[2] not in repr(kept)
    for path in ("/api/v1/customers", TOKENS, "/api/v1/session"):
        async with page.client.get(path, headers={"Authorization": f"Bearer {secret}"}) as answer:
            assert answer.status == 403
            assert (await answer.json())["error"]["code"] == "insufficient_scope"
    # Nor does a session open what tokens open.
    assert (await admin.post(PAUSE, {"interaction": CALL}))[0] == 401
    assert control.asked == []


async def test_what_is_no_token_now_is_refused(
    control: Control, signed_in: SignedIn, browser: Browser, database: Database
) -> None:
    admin, page = await signed_in("administrator"), await browser()
    secret, body = await token(admin), {"interaction": CALL}
    assert await send(page, PAUSE, body, None) == (401, "token_required")
    changed = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for wrong in ("", "nonsense", changed, secret.replace("ccpay_1", "ccpay_2")):
        assert await send(page, PAUSE, body, wrong) == (401, "invalid_token")
    short = await token(admin, days=1)
    assert (await send(page, PAUSE, body, short))[0] == 200
    async with database.session() as db:
        await db.execute(update(PaymentToken).values(expires_at=1.0).where(PaymentToken.id == 2))
        await db.commit()
    assert await send(page, PAUSE, body, short) == (401, "invalid_token")
    assert (await send(page, PAUSE, body, secret))[0] == 200
    assert (await admin.call("DELETE", f"{TOKENS}/1"))[1]["revoked_at"] is not None
    assert await send(page, PAUSE, body, secret) == (401, "invalid_token")
    assert (await admin.call("DELETE", f"{TOKENS}/1"))[0] == 200
    _, log = await admin.get("/api/v1/audit?object=payment_token/1")
    assert [one["action"] for one in log["items"]] == [
        "payment_token.revoke",
        "payment_token.create",
    ]


async def test_who_goes_on_guessing_has_to_wait(control: Control, browser: Browser) -> None:
    page, body = await browser(), {"interaction": CALL}
    wrong = [await send(page, PAUSE, body, "nonsense") for _ in range(22)]
    assert (wrong[0], wrong[-1]) == ((401, "invalid_token"), (429, "too_many_attempts"))


def test_a_token_that_never_stops_has_to_wait_and_another_has_not() -> None:
    now = 100.0
    bucket = Bucket(BURST, PER_SECOND, lambda: now)
    assert [bucket.take(1) for _ in range(BURST)] == [0.0] * BURST
    assert bucket.take(1) == pytest.approx(1 / PER_SECOND)
    assert bucket.take(2) == 0.0
    now += 2 / PER_SECOND
    assert [bucket.take(1) > 0 for _ in range(3)] == [False, False, True]
