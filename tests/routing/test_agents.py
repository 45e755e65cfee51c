"""What each input does in each state, and the rules behind it, told in the words of the field."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import get_args

import pytest
from msgspec import structs

from callcenter.errors import Conflict
from callcenter.events import AgentState, OfferResult
from routing import agent_inputs as i
from routing.agent_record import (
    BLIP,
    DISCONNECTED,
    DOUBT,
    GRACE,
    NO_ANSWER,
    NO_PHONE,
    SIGNED_IN,
    Agent,
    Effect,
)
from routing.agents import TABLE, restored, step

NOW = 1000.0
TERMS = i.Terms(wrap_up=30.0, extend=60.0, misses=2)
S = AgentState
SIGN_IN = i.SignIn("PJSIP/1001", "NOT_INUSE")
OFFER = i.Offer("c1", "sales", TERMS)
RING = i.CallBegan("leg1", "c1")
TALK = i.CallBegan("leg1", "c1", heard=True, queue="sales", terms=TERMS)
MISSED = i.OfferOver(OfferResult.TIMED_OUT)


def after(agent: Agent, *inputs: i.Input, at: float = NOW) -> Agent:
    return reduce(lambda so_far, what: step(so_far, what, at).agent, inputs, agent)


OFFLINE = Agent(1)
NOT_READY = after(OFFLINE, SIGN_IN)
READY = after(NOT_READY, i.Ready())
OFFERED = after(READY, OFFER, RING)
BUSY = after(OFFERED, TALK)
WRAP_UP = after(BUSY, i.CallEnded("leg1"))
IN = {agent.state: agent for agent in (OFFLINE, NOT_READY, READY, OFFERED, BUSY, WRAP_UP)}

# Input, and the state or error it leads to from each state, in this order:
ORDER = (S.OFFLINE, S.READY, S.NOT_READY, S.OFFERED, S.BUSY, S.WRAP_UP)
_OFF, _RDY, _NOT, _OFD, _BSY, _WRP = ORDER
OUTCOMES: list[tuple[i.Input, tuple[AgentState | type[Conflict], ...]]] = [
    (SIGN_IN, (_NOT, _RDY, _NOT, _OFD, _BSY, _WRP)),
    (i.SignIn("PJSIP/2", "NOT_INUSE"), (_NOT, _RDY, _NOT, i.InCall, i.InCall, _WRP)),
    (i.SignIn("PJSIP/2", "UNAVAILABLE"), (_NOT, _NOT, _NOT, i.InCall, i.InCall, _WRP)),
    (i.SignOut(), (_OFF, _OFF, _OFF, _OFD, _BSY, _OFF)),
    (i.Ready(), (i.NotSignedIn, _RDY, _RDY, _OFD, _BSY, _RDY)),
    (i.NotReady("meal"), (i.NotSignedIn, _NOT, _NOT, _OFD, _BSY, _NOT)),
    (i.ClearReason(SIGNED_IN), (i.NotSignedIn, _RDY, _RDY, _OFD, _BSY, _WRP)),
    (i.ClearReason("meal"), (i.NotSignedIn, _RDY, _NOT, _OFD, _BSY, _WRP)),
    (i.FinishWrapUp(), (*[i.NoWrapUp] * 5, _RDY)),
    (i.ExtendWrapUp(10.0), (*[i.NoWrapUp] * 5, _WRP)),
    (i.Offer("c2", "help", TERMS), (i.NotFree, _OFD, *[i.NotFree] * 4)),
    (i.OfferOver(OfferResult.ANSWERED), (_OFF, _RDY, _NOT, _BSY, _BSY, _WRP)),
    (i.OfferOver(OfferResult.CALLER_GONE), (_OFF, _RDY, _NOT, _RDY, _BSY, _WRP)),
    (MISSED, (_OFF, _RDY, _NOT, _RDY, _BSY, _WRP)),
    (i.CallBegan("other", "own"), (_OFF, _BSY, _BSY, _OFD, _BSY, _BSY)),
    (TALK, (_OFF, _BSY, _BSY, _BSY, _BSY, _BSY)),
    (i.CallEnded("leg1"), (_OFF, _RDY, _NOT, _OFD, _WRP, _WRP)),
    (i.CallEnded("other"), (_OFF, _RDY, _NOT, _OFD, _BSY, _WRP)),
    (i.ContactOver("c1"), (_OFF, _RDY, _NOT, _OFD, _WRP, _WRP)),
    (i.ContactMerged("c1", "c9"), (_OFF, _RDY, _NOT, _OFD, _BSY, _WRP)),
    (i.Device("NOT_INUSE"), (_OFF, _RDY, _NOT, _OFD, _BSY, _WRP)),
    (i.Device("INUSE"), (_OFF, _RDY, _NOT, _OFD, _BSY, _WRP)),
    (i.Device("UNAVAILABLE"), (_OFF, _NOT, _NOT, _OFD, _BSY, _WRP)),
    (i.Reconciled(), (_OFF, _RDY, _NOT, _OFD, _BSY, _WRP)),
    (i.LostTrack(), (_OFF, _RDY, _NOT, _OFD, _WRP, _WRP)),
    (i.ConsoleLost(), (_OFF, _RDY, _NOT, _OFD, _BSY, _WRP)),
    (i.ConsoleBack(), (_OFF, _RDY, _NOT, _OFD, _BSY, _WRP)),
    (i.Tick(), (_OFF, _RDY, _NOT, _OFD, _BSY, _WRP)),
]
CELLS = [
    pytest.param(state, what, outcome, id=f"{state}-{what}")
    for what, outcomes in OUTCOMES
    for state, outcome in zip(ORDER, outcomes, strict=True)
]


@pytest.mark.parametrize(("state", "what", "outcome"), CELLS)
def test_every_input_in_every_state(
    state: AgentState, what: i.Input, outcome: AgentState | type[Conflict]
) -> None:
    if isinstance(outcome, AgentState):
        assert step(IN[state], what, NOW).agent.state is outcome
        return
    with pytest.raises(outcome) as refused:
        step(IN[state], what, NOW)
    assert refused.value.code != "conflict"


def test_the_table_is_whole_and_tested_whole() -> None:
    assert set(TABLE) == set(get_args(i.Input)) == {type(what) for what, _ in OUTCOMES}
    assert all(set(row) == set(AgentState) for row in TABLE.values())


# --- signing in and being ready ----------------------------------------------------------------


def test_nobody_is_rung_before_they_say_so() -> None:
    assert NOT_READY.reasons == {SIGNED_IN}
    assert step(OFFLINE, SIGN_IN, NOW).effects >= {Effect.SEATED, Effect.TOLD, Effect.LOGGED}
    assert Effect.FREED in step(NOT_READY, i.Ready(), NOW).effects


@pytest.mark.parametrize("device", ["UNAVAILABLE", "INVALID", "UNKNOWN", "whatever"])
def test_ready_without_a_registered_phone_is_refused(device: str) -> None:
    agent = after(OFFLINE, i.SignIn("PJSIP/1001", device))
    with pytest.raises(i.NoPhone):
        step(agent, i.Ready(), NOW)
    with pytest.raises(i.NoPhone):
        step(agent, i.ClearReason(NO_PHONE), NOW)
    assert after(agent, i.Device("NOT_INUSE"), i.Ready()).free


@pytest.mark.parametrize("device", ["INUSE", "RINGING", "RINGINUSE", "BUSY", "ONHOLD"])
def test_a_phone_in_use_is_not_rung(device: str) -> None:
    told = step(READY, i.Device(device), NOW)
    assert told.agent.state is S.READY
    assert Effect.TAKEN in told.effects
    with pytest.raises(i.NotFree):
        step(told.agent, OFFER, NOW)
    assert Effect.FREED in step(told.agent, i.Device("NOT_INUSE"), NOW).effects


def test_a_phone_that_goes_takes_the_agent_along_and_brings_them_back() -> None:
    gone = after(READY, i.Device("UNAVAILABLE"), at=NOW + 10)
    assert (gone.state, set(gone.reasons)) == (S.NOT_READY, {NO_PHONE})
    soon = after(gone, i.Device("NOT_INUSE"), at=NOW + 12)
    assert (soon.state, soon.since, soon.idle_since) == (S.READY, NOW + 12, NOW)
    late = after(gone, i.Device("NOT_INUSE"), at=NOW + 11 + BLIP)
    assert late.idle_since == NOW + 11 + BLIP


def test_a_pause_is_not_ended_by_the_phone() -> None:
    away = after(READY, i.NotReady("meal"), i.Device("UNAVAILABLE"), i.Device("NOT_INUSE"))
    assert (away.state, set(away.reasons)) == (S.NOT_READY, {"meal"})


def test_ready_only_when_no_reason_is_left() -> None:
    agent = structs.replace(NOT_READY, reasons=frozenset({NO_ANSWER, DISCONNECTED}), watched=True)
    agent = after(agent, i.ClearReason(DISCONNECTED))
    assert (agent.state, set(agent.reasons)) == (S.NOT_READY, {NO_ANSWER})
    assert after(agent, i.ClearReason(NO_ANSWER)).state is S.READY


def test_a_person_gives_one_reason_at_a_time_beside_ours() -> None:
    agent = structs.replace(NOT_READY, reasons=frozenset({NO_ANSWER, "meal"}))
    assert after(agent, i.NotReady("training")).reasons == {NO_ANSWER, "training"}


# --- offers ------------------------------------------------------------------------------------


def test_two_misses_in_a_row_are_no_answer() -> None:
    once = after(OFFERED, MISSED, at=NOW + 20)
    assert (once.state, once.misses, once.idle_since) == (S.READY, 1, NOW + 20)
    twice = after(once, OFFER, MISSED)
    assert (twice.state, set(twice.reasons)) == (S.NOT_READY, {NO_ANSWER})
    assert after(twice, i.Ready()).misses == 0
    assert after(twice, i.ClearReason(NO_ANSWER)).state is S.READY


def test_an_answer_between_misses_counts_from_the_beginning() -> None:
    agent = after(OFFERED, MISSED, OFFER, TALK, i.CallEnded("leg1"), i.FinishWrapUp(), OFFER)
    assert after(agent, MISSED).state is S.READY


@pytest.mark.parametrize("result", [OfferResult.CALLER_GONE, OfferResult.ANSWERED_ELSEWHERE])
def test_an_offer_that_ended_through_no_fault_of_theirs_costs_nothing(result: OfferResult) -> None:
    agent = after(OFFERED, i.OfferOver(result), at=NOW + 9)
    assert (agent.state, agent.misses) == (S.READY, 0)
    assert (agent.since, agent.idle_since) == (NOW + 9, NOW)


@pytest.mark.parametrize("result", [OfferResult.REJECTED, OfferResult.BUSY])
def test_refusing_is_a_miss_too(result: OfferResult) -> None:
    assert after(OFFERED, i.OfferOver(result)).misses == 1


def test_an_offer_that_failed_costs_the_place_and_blames_nobody() -> None:
    agent = after(OFFERED, i.OfferOver(OfferResult.FAILED), at=NOW + 3)
    assert (agent.misses, agent.idle_since) == (0, NOW + 3)


def test_the_end_of_another_offer_is_not_the_end_of_this_one() -> None:
    late = i.OfferOver(OfferResult.ANSWERED, "earlier")
    assert after(OFFERED, late) == OFFERED


def test_the_leg_of_an_offer_that_is_over_makes_nobody_busy() -> None:
    assert after(READY, OFFER, MISSED, RING).state is S.READY
    assert after(READY, OFFER, MISSED, TALK).state is S.BUSY


def test_an_own_call_during_an_offer_goes_on_after_it() -> None:
    agent = after(OFFERED, i.CallBegan("own", "c2"), i.OfferOver(OfferResult.BUSY))
    assert agent.state is S.BUSY
    assert agent.contact is not None
    assert agent.contact.interaction == "c2"
    assert after(agent, i.CallEnded("own")).state is S.READY


def test_an_offer_whose_maker_is_gone_ends_when_the_contact_does() -> None:
    agent = after(OFFERED, i.ContactOver("c1"))
    assert agent.due == NOW + DOUBT
    assert after(agent, i.Tick(), at=NOW + DOUBT).state is S.READY
    answered = after(agent, i.OfferOver(OfferResult.ANSWERED))
    assert answered.due is None


# --- calls and wrap-up -------------------------------------------------------------------------


def test_own_and_internal_calls_make_busy_without_wrap_up() -> None:
    busy = after(READY, i.CallBegan("own", "c5"), i.CallBegan("own", "c5", heard=True))
    assert busy.state is S.BUSY
    done = after(busy, i.CallEnded("own"), at=NOW + 60)
    assert (done.state, done.idle_since) == (S.READY, NOW + 60)


def test_wrap_up_begins_when_the_last_leg_ends_and_ends_by_itself() -> None:
    both = after(BUSY, i.CallBegan("consult", "c1"))
    one = after(both, i.CallEnded("leg1"), at=NOW + 100)
    assert one.state is S.BUSY
    wrapping = after(one, i.CallEnded("consult"), at=NOW + 110)
    assert (wrapping.state, wrapping.until) == (S.WRAP_UP, NOW + 140)
    assert after(wrapping, i.Tick(), at=NOW + 139).state is S.WRAP_UP
    ready = after(wrapping, i.Tick(), at=NOW + 140)
    assert (ready.state, ready.contact, ready.until) == (S.READY, None, None)


def test_a_call_brought_by_transfer_is_wrapped_up_too() -> None:
    agent = after(READY, i.CallBegan("leg7", "c1"), replace(TALK, leg="leg7"))
    agent = after(agent, i.CallEnded("leg7"))
    assert agent.state is S.WRAP_UP
    assert agent.contact is not None
    assert agent.contact.queue == "sales"


def test_a_queue_without_wrap_up_frees_at_once() -> None:
    terms = i.Terms(wrap_up=0.0)
    agent = after(READY, i.Offer("c1", "sales", terms), replace(TALK, terms=terms))
    assert after(agent, i.CallEnded("leg1")).state is S.READY


def test_wrap_up_is_extended_within_the_limit() -> None:
    longer = after(WRAP_UP, i.ExtendWrapUp(45.0))
    assert longer.until == NOW + 75
    longest = after(longer, i.ExtendWrapUp(45.0))
    assert longest.until == NOW + 90
    with pytest.raises(i.WrapUpLimit):
        step(longest, i.ExtendWrapUp(1.0), NOW)


def test_a_call_in_wrap_up_interrupts_it() -> None:
    agent = after(WRAP_UP, i.CallBegan("own", "c8"), at=NOW + 10)
    assert (agent.state, agent.until, agent.due) == (S.BUSY, None, None)
    again = after(agent, i.CallEnded("own"), at=NOW + 50)
    assert (again.state, again.until) == (S.WRAP_UP, NOW + 70)
    assert again.contact == WRAP_UP.contact


def test_what_is_asked_in_a_call_takes_effect_after_it() -> None:
    asked = after(BUSY, i.NotReady("meal"))
    assert (asked.state, asked.pending) == (S.BUSY, "not_ready")
    wrapping = after(asked, i.CallEnded("leg1"))
    assert (wrapping.state, wrapping.pending) == (S.WRAP_UP, "not_ready")
    paused = after(wrapping, i.FinishWrapUp())
    assert (paused.state, set(paused.reasons), paused.pending) == (S.NOT_READY, {"meal"}, None)


def test_signing_out_in_a_call_takes_effect_after_it() -> None:
    asked = after(BUSY, i.SignOut())
    assert (asked.state, asked.pending) == (S.BUSY, "sign_out")
    gone = after(asked, i.CallEnded("leg1"), i.FinishWrapUp())
    assert (gone.state, gone.interface, gone.pending) == (S.OFFLINE, None, None)


@pytest.mark.parametrize("asked", [i.SignOut(), i.NotReady("meal")])
def test_what_is_asked_in_a_call_can_be_taken_back(asked: i.Input) -> None:
    agent = after(BUSY, asked, i.Ready())
    assert agent.pending is None
    assert after(agent, i.CallEnded("leg1"), i.FinishWrapUp()).state is S.READY


def test_a_pause_asked_for_in_wrap_up_ends_it() -> None:
    agent = after(WRAP_UP, i.NotReady("meal"))
    assert (agent.state, agent.until, agent.contact) == (S.NOT_READY, None, None)


def test_who_signs_in_while_talking_is_busy() -> None:
    agent = after(OFFLINE, i.CallBegan("own", "c3"), SIGN_IN)
    assert agent.state is S.BUSY
    assert after(agent, i.CallEnded("own")).reasons == {SIGNED_IN}


def test_a_call_whose_end_was_not_told_is_over_when_the_phone_stays_idle() -> None:
    agent = after(BUSY, i.Device("INUSE"), i.Device("NOT_INUSE"))
    assert after(agent, i.Tick(), at=NOW + DOUBT - 1).state is S.BUSY
    assert after(agent, i.Tick(), at=NOW + DOUBT).state is S.WRAP_UP
    again = after(agent, i.Device("INUSE"))
    assert again.due is None


def test_a_merged_contact_keeps_its_agent() -> None:
    agent = after(BUSY, i.ContactMerged("c1", "c9"))
    assert agent.contact is not None
    assert agent.contact.interaction == "c9"
    assert after(agent, i.ContactOver("c9")).state is S.WRAP_UP


# --- the console -------------------------------------------------------------------------------


def test_a_lost_console_has_its_grace() -> None:
    lost = after(READY, i.ConsoleBack(), i.ConsoleLost())
    assert lost.state is S.READY
    assert after(lost, i.Tick(), at=NOW + GRACE - 1).state is S.READY
    gone = after(lost, i.Tick(), at=NOW + GRACE)
    assert (gone.state, set(gone.reasons)) == (S.NOT_READY, {DISCONNECTED})
    for wish in (i.Ready(), i.ClearReason(DISCONNECTED)):
        with pytest.raises(i.NoConsole):  # nobody would see who calls
            step(gone, wish, NOW)
    back = after(gone, i.ConsoleBack())
    assert back.state is S.NOT_READY  # a browser that is back is not yet a person who is
    assert after(back, i.Ready()).state is S.READY


def test_a_console_that_is_back_in_time_changes_nothing() -> None:
    agent = after(READY, i.ConsoleBack(), i.ConsoleLost(), i.ConsoleBack())
    assert agent.due is None
    assert after(agent, i.Tick(), at=NOW + 2 * GRACE).state is S.READY


def test_a_lost_console_never_touches_the_call() -> None:
    agent = after(BUSY, i.ConsoleBack(), i.ConsoleLost())
    agent = after(agent, i.Tick(), at=NOW + GRACE)
    assert (agent.state, agent.pending) == (S.BUSY, "not_ready")
    assert after(agent, i.CallEnded("leg1"), i.FinishWrapUp()).reasons == {DISCONNECTED}


def test_who_never_had_a_console_loses_none() -> None:
    assert after(READY, i.ConsoleLost()).due is None


# --- restarts ----------------------------------------------------------------------------------


def test_a_ready_agent_is_ready_again_when_the_phone_is_heard_of() -> None:
    back = restored(READY, NOW + 5)
    assert (back.state, set(back.reasons)) == (S.NOT_READY, {NO_PHONE})
    ready = after(back, i.Reconciled(), i.Device("NOT_INUSE"), at=NOW + 6)
    assert (ready.state, ready.idle_since) == (S.READY, NOW)


def test_a_call_in_progress_is_learned_from_the_pbx() -> None:
    back = restored(BUSY, NOW + 5)
    assert back.state is S.BUSY
    goes_on = after(back, TALK, i.Reconciled())
    assert goes_on.state is S.BUSY
    over = after(back, i.Reconciled(), at=NOW + 7)
    assert (over.state, over.until) == (S.WRAP_UP, NOW + 37)


def test_an_offer_does_not_survive_but_its_answer_does() -> None:
    back = restored(OFFERED, NOW)
    assert back.state is S.NOT_READY
    assert after(back, TALK).state is S.BUSY


def test_wrap_up_goes_on_until_its_time() -> None:
    back = restored(WRAP_UP, NOW + 10)
    assert back.until == NOW + 30
    assert after(back, i.Tick(), at=NOW + 30).reasons == {NO_PHONE}


def test_a_console_has_its_grace_after_a_restart_too() -> None:
    back = restored(after(READY, i.ConsoleBack()), NOW)
    assert back.due == NOW + GRACE
