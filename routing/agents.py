"""What an agent's state is and what changes it: one table of state and input, and no clock.

A change asked for in a call is only noted (`reasons`, `leaving`); `_settle` looks at what was noted
once nothing holds the agent any more, so it can neither be lost nor come too early. Times are
seconds since the Unix epoch, told by whoever calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from callcenter.events import AgentState, OfferResult
from routing import agent_inputs as i
from routing.agent_inputs import Input, Terms
from routing.agent_record import (
    BLIP,
    BUSY,
    DISCONNECTED,
    DOUBT,
    GRACE,
    IDLE,
    IN_USE,
    MISSES,
    NO_ANSWER,
    NO_FAULT,
    NO_PHONE,
    NOT_READY,
    OFFERED,
    OFFLINE,
    OURS,
    READY,
    SIGNED_IN,
    WRAP_UP,
    Agent,
    Contact,
    Step,
    effects,
    refuse_without_console,
    refuse_without_phone,
    renamed,
)


def step(agent: Agent, what: Input, now: float) -> Step:
    """The agent after `what`. Raises a `Conflict` of `agent_inputs` for what may not be."""
    after = TABLE[type(what)][agent.state](agent, what, now)
    return Step(after, effects(agent, after))


def restored(agent: Agent, now: float) -> Agent:
    """An agent as written down before a restart: what was known of phone, calls and console was
    known of another time, and has to be heard again."""
    if not agent.signed_in:
        return agent
    grace = now + GRACE if agent.watched else None
    agent = replace(agent, device="UNKNOWN", calls=(), grace_until=grace, doubt_until=None)
    agent = replace(agent, reasons=agent.reasons | {NO_PHONE}, keeps_place_until=now + BLIP)
    if agent.state in {BUSY, WRAP_UP}:
        return agent
    # Whether the offer was answered in the meantime is told with the calls in progress.
    return _settle(replace(agent, contact=None, owed=None), now)


# --- how states are entered --------------------------------------------------------------------


def _enter(agent: Agent, state: AgentState, now: float) -> Agent:
    if state is agent.state:
        return agent
    if state is READY:
        kept = agent.keeps_place_until is not None and now <= agent.keeps_place_until
        idle = agent.idle_since if kept and agent.idle_since is not None else now
        agent = replace(agent, idle_since=idle, keeps_place_until=None)
    return replace(agent, state=state, since=now)


def _settle(agent: Agent, now: float) -> Agent:
    """Nothing that was begun holds the agent: what was noted takes effect."""
    if agent.calls:
        leg_contact = Contact(agent.calls[-1][1])
        return _enter(replace(agent, contact=leg_contact, keeps_place_until=None), BUSY, now)
    agent = replace(
        agent, contact=None, owed=None, until=None, wrap_left=None, extended=0.0, doubt_until=None
    )
    if agent.leaving:
        return agent.offline(now)
    agent = agent.with_phone()
    return _enter(agent, NOT_READY if agent.reasons else READY, now)


def _call_over(agent: Agent, now: float) -> Agent:
    """The last leg is gone."""
    owed = agent.owed
    seconds = agent.wrap_left
    if seconds is None and owed is not None and owed.terms is not None:
        seconds = owed.terms.wrap_up
    if owed is None or not seconds:
        return _settle(agent, now)
    waiting = replace(agent, contact=owed, until=now + seconds, wrap_left=None, doubt_until=None)
    return _enter(waiting, WRAP_UP, now)


# --- what people ask for -----------------------------------------------------------------------


def _stay(agent: Agent, what: Any, now: float) -> Agent:
    return agent


def _begin(agent: Agent, what: i.SignIn, now: float) -> Agent:
    fresh = replace(
        agent, interface=what.interface, device=what.device, reasons=frozenset({SIGNED_IN})
    )
    return _settle(fresh.with_phone(), now)


def _move(agent: Agent, what: i.SignIn, now: float) -> Agent:
    moved = _hear(replace(agent, interface=what.interface), i.Device(what.device), now)
    return replace(moved, leaving=False)


def _hold(agent: Agent, what: i.SignIn, now: float) -> Agent:
    if what.interface != agent.interface:
        raise i.InCall("the phone cannot be changed in a call")
    return replace(agent, leaving=False)


def _leave(agent: Agent, what: i.SignOut, now: float) -> Agent:
    return agent.offline(now)


def _leaving(agent: Agent, what: i.SignOut, now: float) -> Agent:
    return replace(agent, leaving=True)


def _ready(agent: Agent, what: i.Ready, now: float) -> Agent:
    refuse_without_phone(agent)
    return _settle(replace(_readying(agent), keeps_place_until=None), now)


def _readying(agent: Agent, what: object = None, now: float = 0.0) -> Agent:
    refuse_without_console(agent)
    return replace(agent, reasons=agent.reasons & {NO_PHONE}, leaving=False, misses=0)


def _pausing(agent: Agent, what: i.NotReady, now: float) -> Agent:
    return replace(agent, reasons=(agent.reasons & OURS) | {what.reason}, keeps_place_until=None)


def _pause(agent: Agent, what: i.NotReady, now: float) -> Agent:
    return _settle(_pausing(agent, what, now), now)


def _clearing(agent: Agent, what: i.ClearReason, now: float) -> Agent:
    if what.reason == NO_PHONE:
        refuse_without_phone(agent)
    if what.reason == DISCONNECTED:
        refuse_without_console(agent)
    misses = 0 if what.reason == NO_ANSWER else agent.misses
    return replace(agent, reasons=agent.reasons - {what.reason}, misses=misses)


def _clear(agent: Agent, what: i.ClearReason, now: float) -> Agent:
    return _settle(_clearing(agent, what, now), now)


def _finish(agent: Agent, what: i.FinishWrapUp, now: float) -> Agent:
    return _settle(agent, now)


def _extend(agent: Agent, what: i.ExtendWrapUp, now: float) -> Agent:
    terms = agent.contact.terms if agent.contact else None
    left = (terms.extend if terms else 0.0) - agent.extended
    if left <= 0 or agent.until is None:
        raise i.WrapUpLimit("the queue allows no more time after the call")
    more = min(max(what.seconds, 0.0), left)
    return replace(agent, until=agent.until + more, extended=agent.extended + more)


def _out(agent: Agent, what: object, now: float) -> Agent:
    raise i.NotSignedIn("sign in to take calls first")


def _no_wrap(agent: Agent, what: object, now: float) -> Agent:
    raise i.NoWrapUp("there is no wrap-up to change")


# --- what the distribution says ----------------------------------------------------------------


def _ring(agent: Agent, what: i.Offer, now: float) -> Agent:
    if not agent.free:
        raise i.NotFree("the phone is in use")
    contact = Contact(what.interaction, what.queue, what.terms)
    return _enter(replace(agent, contact=contact, last_offer=None), OFFERED, now)


def _not_free(agent: Agent, what: object, now: float) -> Agent:
    raise i.NotFree(f"the agent is {agent.state}")


def _over(agent: Agent, what: i.OfferOver, now: float) -> Agent:
    contact = agent.contact
    if contact is None or what.interaction not in {None, contact.interaction}:
        return agent
    if what.result is OfferResult.ANSWERED:
        return _answered(agent, now)
    calls = tuple(call for call in agent.calls if call[1] != contact.interaction)
    agent = replace(agent, calls=calls, last_offer=contact.interaction)
    if what.result in NO_FAULT:
        return _settle(replace(agent, keeps_place_until=now), now)
    missed = agent.misses + (what.result in MISSES)
    agent = replace(agent, misses=missed, keeps_place_until=None)
    if agent.misses >= (contact.terms or Terms()).misses:
        agent = replace(agent, reasons=agent.reasons | {NO_ANSWER})
    return _settle(agent, now)


def _answered(agent: Agent, now: float) -> Agent:
    talking = replace(agent, owed=agent.contact, misses=0, doubt_until=None, keeps_place_until=None)
    return _enter(talking, BUSY, now)


# --- what the PBX says -------------------------------------------------------------------------


def _note(agent: Agent, what: i.CallBegan, now: float) -> Agent:
    if any(leg == what.leg for leg, _ in agent.calls):
        return agent
    return replace(agent, calls=(*agent.calls, (what.leg, what.interaction)), doubt_until=None)


def _take(agent: Agent, what: i.CallBegan, now: float) -> Agent:
    if not what.heard and what.interaction == agent.last_offer:
        return agent  # of an offer that was over before its leg was told
    agent = replace(_note(agent, what, now), keeps_place_until=None)
    if agent.state is WRAP_UP and agent.until is not None:
        left = max(agent.until - now, 1.0)
        agent = replace(agent, wrap_left=left, until=None)
    return _talk(_enter(replace(agent, contact=Contact(what.interaction)), BUSY, now), what, now)


def _talk(agent: Agent, what: i.CallBegan, now: float) -> Agent:
    """One more leg, or one of them is in conversation, which is what brings wrap-up."""
    agent = _note(agent, what, now)
    if agent.contact is None:
        agent = replace(agent, contact=Contact(what.interaction, what.queue))
    if what.heard and what.terms is not None:
        served = Contact(what.interaction, what.queue, what.terms)
        agent = replace(agent, contact=served, owed=served, wrap_left=None, extended=0.0)
    return agent


def _pick_up(agent: Agent, what: i.CallBegan, now: float) -> Agent:
    agent = _note(agent, what, now)
    offered = agent.contact is not None and agent.contact.interaction == what.interaction
    return _answered(agent, now) if offered and what.heard else agent


def _drop(agent: Agent, what: i.CallEnded, now: float) -> Agent:
    return agent.without(lambda leg, _: leg == what.leg)


def _hang_up(agent: Agent, what: i.CallEnded, now: float) -> Agent:
    return _dropped(agent, _drop(agent, what, now), now)


def _dropped(before: Agent, agent: Agent, now: float) -> Agent:
    if agent.calls == before.calls:
        return before
    if not agent.calls:
        return _call_over(agent, now)
    left = {interaction for _, interaction in agent.calls}
    if agent.contact is None or agent.contact.interaction not in left:
        agent = replace(agent, contact=Contact(agent.calls[-1][1]))
    return agent


def _drop_all(agent: Agent, what: i.ContactOver, now: float) -> Agent:
    return agent.without(lambda _, interaction: interaction == what.interaction)


def _doubt(agent: Agent, what: i.ContactOver, now: float) -> Agent:
    """Whoever made the offer will say how it ended, unless they cannot any more."""
    agent = _drop_all(agent, what, now)
    if agent.contact is not None and agent.contact.interaction == what.interaction:
        agent = replace(agent, doubt_until=now + DOUBT)
    return agent


def _end_all(agent: Agent, what: i.ContactOver, now: float) -> Agent:
    after = _drop_all(agent, what, now)
    if not agent.calls and agent.contact and agent.contact.interaction == what.interaction:
        return _call_over(after, now)  # answered, and its leg was never told
    return _dropped(agent, after, now)


def _rename(agent: Agent, what: i.ContactMerged, now: float) -> Agent:
    return renamed(agent, what.old, what.new)


def _forget(agent: Agent, what: i.LostTrack, now: float) -> Agent:
    forgotten = replace(agent, calls=())
    return _call_over(forgotten, now) if agent.state is BUSY else forgotten


def _reconcile(agent: Agent, what: i.Reconciled, now: float) -> Agent:
    return agent if agent.calls else _call_over(agent, now)


def _device(agent: Agent, what: i.Device, now: float) -> Agent:
    return replace(agent, device=what.state).with_phone()


def _suspect(agent: Agent, what: i.Device, now: float) -> Agent:
    """A phone that was in use and is idle has no call, even if the end of it was not told."""
    doubt = None if what.state in IN_USE else agent.doubt_until
    if agent.device in IN_USE and what.state in IDLE:
        doubt = now + DOUBT
    return replace(_device(agent, what, now), doubt_until=doubt)


def _hear(agent: Agent, what: i.Device, now: float) -> Agent:
    """Of an agent whom nothing holds: with the phone goes or comes what it takes to be ready."""
    after = _device(agent, what, now)
    if agent.state is READY and not after.registered:
        after = replace(after, keeps_place_until=now + BLIP)
    return _settle(after, now) if agent.state in {READY, NOT_READY} else after


# --- the console and the clock -----------------------------------------------------------------


def _lose(agent: Agent, what: i.ConsoleLost, now: float) -> Agent:
    return replace(agent, grace_until=agent.grace_until or now + GRACE) if agent.watched else agent


def _unwatch(agent: Agent, what: i.ConsoleLost, now: float) -> Agent:
    return replace(agent, watched=False)


def _watch(agent: Agent, what: i.ConsoleBack, now: float) -> Agent:
    return replace(agent, watched=True, grace_until=None)


def _tick(agent: Agent, what: i.Tick, now: float) -> Agent:
    if agent.grace_until is not None and agent.grace_until <= now:
        reasons = agent.reasons | {DISCONNECTED}
        agent = replace(agent, reasons=reasons, watched=False, grace_until=None)
        if agent.state in {READY, NOT_READY}:
            return _settle(replace(agent, keeps_place_until=None), now)
    if agent.doubt_until is not None and agent.doubt_until <= now:
        agent = replace(agent, doubt_until=None)
        if agent.state is OFFERED:
            return _over(agent, i.OfferOver(OfferResult.CALLER_GONE), now)
        return _call_over(replace(agent, calls=()), now)
    if agent.state is WRAP_UP and agent.until is not None and agent.until <= now:
        return _settle(agent, now)
    return agent


# --- the table ---------------------------------------------------------------------------------

Move = Callable[[Agent, Any, float], Agent]
STATES = (OFFLINE, READY, NOT_READY, OFFERED, BUSY, WRAP_UP)

# fmt: off
_ROWS: Iterable[tuple[type[Any], tuple[Move, ...]]] = (
    #                  offline     ready       not ready   offered     busy        wrap-up
    (i.SignIn,         (_begin,     _move,      _move,      _hold,      _hold,      _move)),
    (i.SignOut,        (_stay,      _leave,     _leave,     _leaving,   _leaving,   _leave)),
    (i.Ready,          (_out,       _stay,      _ready,     _readying,  _readying,  _ready)),
    (i.NotReady,       (_out,       _pause,     _pause,     _pausing,   _pausing,   _pause)),
    (i.ClearReason,    (_out,       _stay,      _clear,     _clearing,  _clearing,  _clearing)),
    (i.FinishWrapUp,   (_no_wrap,   _no_wrap,   _no_wrap,   _no_wrap,   _no_wrap,   _finish)),
    (i.ExtendWrapUp,   (_no_wrap,   _no_wrap,   _no_wrap,   _no_wrap,   _no_wrap,   _extend)),
    (i.Offer,          (_not_free,  _ring,      _not_free,  _not_free,  _not_free,  _not_free)),
    (i.OfferOver,      (_stay,      _stay,      _stay,      _over,      _stay,      _stay)),
    (i.CallBegan,      (_note,      _take,      _take,      _pick_up,   _talk,      _take)),
    (i.CallEnded,      (_drop,      _drop,      _drop,      _drop,      _hang_up,   _drop)),
    (i.ContactOver,    (_drop_all,  _drop_all,  _drop_all,  _doubt,     _end_all,   _drop_all)),
    (i.ContactMerged,  (_rename,    _rename,    _rename,    _rename,    _rename,    _rename)),
    (i.Device,         (_stay,      _hear,      _hear,      _device,    _suspect,   _device)),
    (i.Reconciled,     (_stay,      _stay,      _stay,      _stay,      _reconcile, _stay)),
    (i.LostTrack,      (_forget,    _forget,    _forget,    _forget,    _forget,    _forget)),
    (i.ConsoleLost,    (_unwatch,   _lose,      _lose,      _lose,      _lose,      _lose)),
    (i.ConsoleBack,    (_watch,     _watch,     _watch,     _watch,     _watch,     _watch)),
    (i.Tick,           (_stay,      _tick,      _tick,      _tick,      _tick,      _tick)),
)
# fmt: on

TABLE: Mapping[type[Any], Mapping[AgentState, Move]] = {
    kind: dict(zip(STATES, moves, strict=True)) for kind, moves in _ROWS
}
