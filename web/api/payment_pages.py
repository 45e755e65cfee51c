"""Payment pages: the tokens that administrators give them, and what they do with one.

A payment page asks from its own server, without anybody's session: silence in the recording of the
call that is named, while the card number is spoken.
"""

from __future__ import annotations

import time
from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import select

from callcenter.errors import InvalidInput, NotFound
from callcenter.events import RecordingChanged, RecordingPhase
from recording import payment_tokens as tokens
from recording.payment_tokens import PaymentTokenView
from recording.spans import Reason
from routing.tables import Agent, AgentInterface
from web import keys
from web.api.recording_control import Seconds, call_control, recording_control
from web.api.values import Body, EventKey, Name, RowId, View
from web.auth.tables import User
from web.routes import Call

LONGEST_DAYS = 3660
TECHNOLOGIES = ("PJSIP", "SIP", "IAX2", "SCCP", "DAHDI")  # of telephones

Days = Annotated[int, Meta(ge=1, le=LONGEST_DAYS)]
Login = Annotated[str, Meta(min_length=1, max_length=64)]
Extension = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.+-]{1,64}(?!\n)$")]


class PaymentTokenSent(Body, frozen=True):
    """`days`: after which it opens nothing any more; without it, until it is revoked."""

    name: Name
    days: Days | None = None


class NewPaymentToken(View, frozen=True):
    """`secret` is what the page sends, and told only this once."""

    token: PaymentTokenView
    secret: str


class PaymentTokenList(View, frozen=True):
    items: list[PaymentTokenView]


class CallNamed(Body, frozen=True):
    """One of the three: the call by its id, or the one that an agent is in, who is named by what
    they sign in with or by one of their telephones (1001 for PJSIP/1001)."""

    interaction: EventKey | None = None
    agent: Login | None = None
    extension: Extension | None = None


class PaymentPause(CallNamed, frozen=True):
    """`seconds`: after which it goes on by itself; the rule's time unless given."""

    seconds: Seconds | None = None


class PaymentPhase(View, frozen=True):
    """`phase` paused: nothing of what is spoken is recorded. `until`: when that ends by itself."""

    interaction: str
    phase: RecordingPhase
    until: float | None


# --- for administrators ---------------------------------------------------------------------------


async def list_payment_tokens(call: Call) -> PaymentTokenList:
    return PaymentTokenList(await tokens.tokens(call.db))


async def create_payment_token(call: Call, body: PaymentTokenSent) -> NewPaymentToken:
    now = time.time()
    until = None if body.days is None else now + body.days * 86_400.0
    name = body.name.strip()
    made, secret = await tokens.make(call.db, name, by=call.principal.user, now=now, until=until)
    after = {"name": made.name, "expires_at": made.expires_at}
    await call.audit("payment_token.create", f"payment_token/{made.id}", after=after)
    return NewPaymentToken(made, secret)


async def revoke_payment_token(call: Call, id: RowId) -> PaymentTokenView:
    """At once, for ever; it stays in the list."""
    if await tokens.revoke(call.db, id, by=call.principal.user, now=time.time()):
        await call.audit("payment_token.revoke", f"payment_token/{id}")
    return await tokens.token(call.db, id)


# --- for payment pages ----------------------------------------------------------------------------


async def pause_for_payment(call: Call, body: PaymentPause) -> PaymentPhase:
    control = recording_control(call)
    named = await _named(call, body)
    state = await control.pause(named, Reason.API, seconds=body.seconds, by=None)
    return await _done(call, "pause", state)


async def resume_for_payment(call: Call, body: CallNamed) -> PaymentPhase:
    """What it paused itself; a pause that the agent asked for goes on."""
    control = recording_control(call)
    named = await _named(call, body)
    state = await control.resume(named, by=None, reasons=frozenset({Reason.API}))
    return await _done(call, "resume", state)


async def _done(call: Call, what: str, state: RecordingChanged) -> PaymentPhase:
    """There is no person: the log names the token."""
    page = call.request[keys.PAYMENT_PAGE]
    after: dict[str, Any] = {"phase": state.phase, "until": state.until}
    after |= {"reasons": list(state.reasons), "token": page.id, "page": page.name}
    await call.audit(f"recording.{what}", f"interaction/{state.interaction}", after=after)
    return PaymentPhase(state.interaction, state.phase, state.until)


async def _named(call: Call, body: CallNamed) -> str:
    """Its id. InvalidInput unless named in one way, NotFound for who is in no conversation."""
    given = [one for one in (body.interaction, body.agent, body.extension) if one is not None]
    if len(given) != 1:
        raise InvalidInput("name one of interaction, agent and extension", field="interaction")
    if body.interaction is not None:
        return body.interaction
    agent = await _agent(call, body)
    found = call_control(call).conversation(agent)
    if found is None:
        raise NotFound("this agent is in no conversation")
    return found


async def _agent(call: Call, body: CallNamed) -> int:
    if body.agent is not None:
        theirs = select(User.id).where(User.username_key == body.agent.lower())
        found = await call.db.scalar(select(Agent.id).where(Agent.user_id.in_(theirs)))
    else:
        found = await call.db.scalar(
            select(AgentInterface.agent_id).where(
                AgentInterface.pbx == call.request.app[keys.PBX_NAME],
                AgentInterface.interface.in_([f"{one}/{body.extension}" for one in TECHNOLOGIES]),
            )
        )
    if found is None:
        raise NotFound("there is no such agent")
    return found
