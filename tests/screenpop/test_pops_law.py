"""The law of the live view: snapshot, then frames, equals a later snapshot, at every point."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter import events as ev
from screenpop.pops import ENDED_CALLS, CallInProgress, Pops
from screenpop.screens import Changes
from tests.screenpop.fold import fold, over_the_wire, state_over_the_wire
from tests.screenpop.story import PBX, PHONES, agent_of, card_of, customer, phone

AGENTS = sorted(set(PHONES.values()))
ids = st.sampled_from(["i1", "i2", "i3"])
agents = st.sampled_from(AGENTS)
legs = st.sampled_from(["c1", "a1", "a2", "a3", "x1"])
parties = st.one_of(st.just(customer()), agents.map(phone), st.just(phone(1, "x1")))
offers = st.sampled_from(["o1", "o2", "o3", "o4"])
times = st.one_of(st.none(), st.integers(1, 10_000).map(float))
directions = st.sampled_from(list(ev.Direction))
results = st.sampled_from(list(ev.OfferResult))


def told(
    event: type[ev.CallEvent], /, **values: st.SearchStrategy[object]
) -> st.SearchStrategy[ev.Event]:
    return st.builds(event, at=times, pbx=st.just(PBX), interaction=ids, **values)


starts = [
    told(
        kind,
        direction=directions,
        caller=parties,
        dialled=st.sampled_from([None, "4008", "1002"]),
    )
    for kind in (ev.InteractionStarted, ev.InteractionChanged)
]
rings = [
    told(ev.OfferStarted, offer=offers, party=parties, queue=st.none(), entry=st.none()),
    told(ev.OfferEnded, offer=offers, party=parties, result=results, rang=times),
    told(ev.OfferPrepared, agent=agents, queue=st.none(), entered_at=times),
    told(ev.OfferDropped, agent=agents, result=results),
]
talks = [
    told(ev.TalkStarted, talk=offers, a=parties, b=parties),
    told(ev.HoldStarted, hold=offers, leg=legs),
    told(ev.HoldEnded, hold=offers, leg=legs),
    told(ev.LegEnded, leg=legs, cause=st.just(16)),
    told(
        ev.Transferred,
        transfer=offers,
        kind=st.sampled_from(list(ev.TransferKind)),
        by=parties.map(lambda party: party.channel),
        moved=st.none(),
        to=st.none(),
        result=results,
    ),
]
others = [
    told(ev.InteractionsMerged, merged=ids),
    told(
        ev.InteractionEnded,
        reason=st.sampled_from(list(ev.EndReason)),
        by=st.none(),
        cause=st.none(),
        answered=st.booleans(),
    ),
    told(ev.QueueJoined, entry=offers, queue=st.just("sales"), leg=legs, position=st.none()),
    told(
        ev.CallerIdentified,
        number=st.just("1"),
        card=st.sampled_from(["李雷", "韩梅梅"]).map(card_of),
        customer=st.none(),
    ),
    st.builds(
        ev.AgentChanged,
        at=times,
        agent=agents,
        name=st.just("Lucy"),
        state=st.sampled_from(list(ev.AgentState)),
        reasons=st.sampled_from([[], ["meal"]]),
        since=st.sampled_from([1.0, 2.0]),
        until=st.none(),
        interaction=st.none(),
        queue=st.none(),
        pending=st.none(),
        phone=st.sampled_from([None, ev.AgentPhone("PJSIP/1001", "desk", "NOT_INUSE")]),
    ),
    told(
        ev.CallMonitored,
        monitor=offers,
        agent=agents,
        leg=legs,
        user=st.just(7),
        name=st.just("Ma"),
        mode=st.sampled_from(["listen", "barge", None]),
        shown=st.booleans(),
    ),
    st.builds(
        ev.ScoreChanged,
        at=times,
        agent=agents,
        score=st.integers(1, 3),
        state=st.sampled_from(["submitted", "decided"]),
    ),
    told(ev.RecordingIndexed, recording=offers, leg=legs, seconds=st.just(1.0)),
    st.builds(ev.LinkLost, at=times, pbx=st.sampled_from(["pbx1", "pbx2"])),
    st.builds(
        ev.LinkRestored,
        at=times,
        pbx=st.sampled_from(["pbx1", "pbx2"]),
        boot=st.just("b"),
        since=times,
    ),
]
dismissals = st.tuples(agents, ids)
stores = st.booleans()
happenings = st.one_of(*starts, *starts, *rings, *rings, *talks, *others, dismissals, stores)


def happens(pops: Pops, what: object) -> Changes:
    match what:
        case bool():
            return pops.store_link(what, 5.0)
        case (int(agent), str(interaction)):
            try:
                return pops.dismiss(agent, interaction)
            except CallInProgress:
                return []
        case ev.Event():
            return pops.apply(what)
        case _:
            raise AssertionError(what)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=st.lists(happenings, max_size=25), after=st.lists(happenings, max_size=40))
def test_snapshot_then_frames_equals_every_later_snapshot(
    before: list[object], after: list[object]
) -> None:
    pops = Pops(agent_of, started_at=1.0)
    for what in before:
        happens(pops, what)
    shown = {agent: state_over_the_wire(pops.snapshot(agent)) for agent in AGENTS}
    seen = {agent: pops.seq(agent) for agent in AGENTS}
    for what in after:
        for agent, frame in happens(pops, what):
            seen[agent] += 1
            assert frame.seq == seen[agent]
            shown[agent] = fold(shown[agent], over_the_wire(frame))
        for agent in AGENTS:
            assert shown[agent] == state_over_the_wire(pops.snapshot(agent))
            assert seen[agent] == pops.seq(agent)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(happenings, max_size=50))
def test_telling_each_thing_twice_changes_nothing(told_once: list[object]) -> None:
    pops = Pops(agent_of, started_at=1.0)
    for what in told_once:
        happens(pops, what)
        assert happens(pops, what) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(happenings, max_size=60))
def test_nothing_is_kept_of_contacts_that_nobody_sees(told_all: list[object]) -> None:
    pops = Pops(agent_of, started_at=1.0)
    for what in told_all:
        happens(pops, what)
    for interaction in ("i1", "i2", "i3"):
        end = ev.InteractionEnded(
            at=1.0,
            pbx=PBX,
            interaction=interaction,
            reason=ev.EndReason.LOST,
            by=None,
            cause=None,
            answered=False,
        )
        pops.apply(end)
        for agent in AGENTS:
            pops.dismiss(agent, interaction)
    assert pops.size[0] == 0
    assert all(not pops.snapshot(agent).pops for agent in AGENTS)


def test_an_agent_keeps_the_last_ended_calls_only() -> None:
    from tests.screenpop.story import Story

    pops = Pops(agent_of, started_at=1.0)
    for n in range(ENDED_CALLS + 5):
        story = Story(f"i{n}")
        for event in (story.started(), story.rings(1), story.rang(1), story.ended()):
            pops.apply(event)
    calls = pops.snapshot(1).calls
    assert [call.interaction for call in calls] == [f"i{n}" for n in range(5, ENDED_CALLS + 5)]
    assert pops.size[0] == ENDED_CALLS
