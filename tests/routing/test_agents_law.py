"""What holds for agents whatever happens, in whatever order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.errors import Conflict
from callcenter.events import AgentState, OfferResult
from routing import agent_inputs as i
from routing.agent_record import Agent, Effect, Step, shown_reasons
from routing.agents import restored, step

S = AgentState
TERMS = st.builds(
    i.Terms,
    wrap_up=st.sampled_from([0.0, 5.0, 30.0]),
    extend=st.sampled_from([0.0, 60.0]),
    misses=st.integers(1, 3),
)
contacts = st.sampled_from(["c1", "c2", "c3"])
legs = st.sampled_from(["l1", "l2", "l3"])
reasons = st.sampled_from(["meal", "training", "no_answer", "disconnected", "no_phone"])
devices = st.sampled_from(["NOT_INUSE", "INUSE", "RINGING", "UNAVAILABLE", "UNKNOWN"])
inputs: st.SearchStrategy[i.Input] = st.one_of(
    st.builds(i.SignIn, st.sampled_from(["PJSIP/1", "PJSIP/2"]), devices),
    st.builds(i.SignIn, st.just("PJSIP/1"), st.just("NOT_INUSE")),
    st.builds(i.SignOut),
    st.builds(i.Ready),
    st.builds(i.Ready),
    st.builds(i.NotReady, reasons),
    st.builds(i.ClearReason, reasons),
    st.builds(i.FinishWrapUp),
    st.builds(i.ExtendWrapUp, st.sampled_from([-5.0, 10.0, 1e9])),
    st.builds(i.Offer, contacts, st.just("sales"), TERMS),
    st.builds(i.OfferOver, st.sampled_from(list(OfferResult)), st.none() | contacts),
    st.builds(i.CallBegan, legs, contacts, st.booleans(), st.just("sales"), st.none() | TERMS),
    st.builds(i.CallEnded, legs),
    st.builds(i.ContactOver, contacts),
    st.builds(i.ContactMerged, contacts, contacts),
    st.builds(i.Device, devices),
    st.builds(i.Device, st.just("NOT_INUSE")),
    st.builds(i.Reconciled),
    st.builds(i.LostTrack),
    st.builds(i.ConsoleLost),
    st.builds(i.ConsoleBack),
    st.builds(i.Tick),
)
pauses = st.sampled_from([0.0, 0.5, 4.0, 31.0, 3600.0])
happenings = st.lists(st.tuples(pauses, inputs), max_size=40)
SIGNED_IN: tuple[i.Input, ...] = (i.SignIn("PJSIP/1", "NOT_INUSE"), i.Ready())


def live(told: list[tuple[float, i.Input]]) -> list[tuple[Agent, Step, float]]:
    """(before, step, now) of everything that was not refused."""
    agent, now = Agent(1), 0.0
    steps: list[tuple[Agent, Step, float]] = []
    for what in SIGNED_IN:
        agent = step(agent, what, now).agent
    for pause, what in told:
        now += pause
        try:
            taken = step(agent, what, now)
        except Conflict:
            continue
        steps.append((agent, taken, now))
        agent = taken.agent
    return steps


@settings(max_examples=300, deadline=None)
@given(happenings)
def test_ready_means_no_reason_a_phone_and_nothing_to_do(told: list[tuple[float, i.Input]]) -> None:
    for _, taken, _ in live(told):
        agent = taken.agent
        if agent.state is S.READY:
            assert not agent.reasons
            assert not agent.leaving
            assert agent.registered
            assert not agent.calls
            assert agent.contact is None
            assert agent.idle_since is not None
        if agent.state is S.NOT_READY:
            assert shown_reasons(agent)
        if agent.state is S.OFFLINE:
            assert agent.interface is None


@settings(max_examples=300, deadline=None)
@given(happenings)
def test_nobody_is_offered_a_call_beside_a_call(told: list[tuple[float, i.Input]]) -> None:
    for before, taken, _ in live(told):
        if taken.agent.state is S.OFFERED and before.state is not S.OFFERED:
            assert before.free
            assert not before.calls
            assert before.contact is None
        if taken.agent.state in {S.OFFERED, S.WRAP_UP}:
            assert taken.agent.contact is not None


@settings(max_examples=300, deadline=None)
@given(happenings)
def test_what_waits_for_the_end_of_the_call_is_done_then(
    told: list[tuple[float, i.Input]],
) -> None:
    steps = live(told)
    if not steps:
        return
    agent, now = steps[-1][1].agent, steps[-1][2]
    pending = agent.pending
    for contact in {of for _, of in agent.calls} | {c.interaction for c in [agent.contact] if c}:
        agent = step(agent, i.ContactOver(contact), now).agent
    agent = step(agent, i.Reconciled(), now).agent
    for _ in range(3):  # a doubt, then wrap-up, each in its time
        agent = step(agent, i.Tick(), agent.due or now).agent
    assert agent.state in {S.OFFLINE, S.READY, S.NOT_READY}
    assert agent.pending is None
    if pending == "sign_out":
        assert agent.state is S.OFFLINE
    if pending == "not_ready":
        assert agent.state is S.NOT_READY


@settings(max_examples=300, deadline=None)
@given(happenings)
def test_effects_follow_the_agent(told: list[tuple[float, i.Input]]) -> None:
    seated, free = True, True
    for before, taken, now in live(told):
        found = taken.effects
        seated = (seated or Effect.SEATED in found) and Effect.UNSEATED not in found
        free = (free or Effect.FREED in found) and Effect.TAKEN not in found
        assert (seated, free) == (taken.agent.signed_in, taken.agent.free)
        if before.state is not taken.agent.state:
            assert {Effect.TOLD, Effect.LOGGED} <= found
            assert taken.agent.since == now


@settings(max_examples=200, deadline=None)
@given(happenings)
def test_nothing_due_stays_due(told: list[tuple[float, i.Input]]) -> None:
    for _, taken, now in live(told):
        agent = taken.agent
        ticked = step(agent, i.Tick(), now).agent
        assert ticked.due is None or ticked.due > now


@settings(max_examples=200, deadline=None)
@given(happenings)
def test_a_restart_forgets_no_wish(told: list[tuple[float, i.Input]]) -> None:
    for _, taken, now in live(told)[-1:]:
        agent = taken.agent
        back = restored(agent, now)
        assert back.signed_in == (agent.signed_in and not (agent.leaving and not back.signed_in))
        assert back.reasons >= agent.reasons or not back.signed_in
        assert not back.free
