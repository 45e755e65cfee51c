"""The board's law: a snapshot and the frames after it give the same as a later snapshot."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter import events as ev
from screenpop import frames
from web.board import LiveBoard
from web.board_agents import BoardAgent
from web.board_queues import Terms

PBX = "pbx1"
ZONE = ZoneInfo("Asia/Shanghai")
NOON = 1_800_000_000.0  # some hours before and after lies a midnight
PHONES = {1: "PJSIP/1001", 2: "PJSIP/1002"}


def party(interface: str) -> ev.Party:
    return ev.Party(f"{interface}-1", interface, interface[-4:], None, f"leg-{interface}")


ids = st.sampled_from(["i1", "i2", "i3"])
keys = st.sampled_from(["k1", "k2", "k3", "k4"])
times = st.one_of(st.none(), st.integers(-90_000, 90_000).map(lambda d: NOON + d))
parties = st.sampled_from([*PHONES.values(), "PJSIP/trunk"]).map(party)
queues = st.sampled_from(["sales", "help", "new"])
seconds = st.one_of(st.none(), st.sampled_from([0.0, 4.0, 5.0, 20.0, 30.0]))
phones = st.sampled_from(list(PHONES.values()))


def told(
    event: type[ev.CallEvent], /, **values: st.SearchStrategy[object]
) -> st.SearchStrategy[ev.Event]:
    return st.builds(event, at=times, pbx=st.just(PBX), interaction=ids, **values)


calls = [
    told(
        ev.InteractionStarted,
        direction=st.just(ev.Direction.INBOUND),
        caller=parties,
        dialled=st.none(),
    ),
    told(
        ev.InteractionChanged,
        direction=st.just(ev.Direction.INBOUND),
        caller=parties,
        dialled=st.none(),
    ),
    told(ev.InteractionsMerged, merged=ids),
    told(
        ev.InteractionEnded,
        reason=st.just(ev.EndReason.COMPLETED),
        by=st.none(),
        cause=st.none(),
        answered=st.booleans(),
    ),
    told(ev.QueueJoined, entry=keys, queue=queues, leg=keys, position=st.none()),
    told(
        ev.QueueLeft,
        entry=keys,
        queue=queues,
        exit=st.sampled_from(list(ev.QueueExit)),
        waited=seconds,
    ),
    told(ev.OfferStarted, offer=keys, party=parties, queue=queues, entry=st.none()),
    told(
        ev.OfferEnded,
        offer=keys,
        party=parties,
        result=st.sampled_from(list(ev.OfferResult)),
        rang=seconds,
    ),
    told(ev.TalkStarted, talk=keys, a=parties, b=parties, entry=st.one_of(st.none(), keys)),
    told(ev.TalkEnded, talk=keys, a=parties, b=parties, seconds=seconds),
    told(ev.SatisfactionGiven, agent=st.none(), queue=queues, score=st.integers(1, 5)),
    told(
        ev.CallMonitored,
        monitor=keys,
        agent=st.sampled_from(list(PHONES)),
        leg=keys,
        user=st.integers(1, 2),
        name=st.just("Ma"),
        mode=st.sampled_from(["listen", "whisper", "barge", None]),
        shown=st.booleans(),
    ),
    told(
        ev.CallSteered,
        what=st.just("prioritised"),
        user=st.just(1),
        queue=queues,
        priority=st.sampled_from([None, 0.0, 60.0]),
    ),
]
others = [
    st.builds(
        ev.DeviceStateChanged,
        at=times,
        pbx=st.just(PBX),
        interface=phones,
        state=st.sampled_from(["NOT_INUSE", "INUSE", "RINGING", "UNAVAILABLE"]),
    ),
    st.builds(
        ev.QueueMemberChanged,
        at=times,
        pbx=st.just(PBX),
        queue=queues,
        interface=phones,
        name=st.none(),
        paused=st.booleans(),
        reason=st.sampled_from([None, "lunch"]),
        removed=st.booleans(),
    ),
    st.builds(
        ev.AgentChanged,
        at=times,
        agent=st.sampled_from(list(PHONES)),
        name=st.just("Agent"),
        state=st.sampled_from(list(ev.AgentState)),
        reasons=st.sampled_from([[], ["meal"]]),
        since=st.sampled_from([NOON, NOON + 1]),
        until=st.none(),
        interaction=st.one_of(st.none(), ids),
        queue=st.one_of(st.none(), queues),
        pending=st.none(),
        phone=st.none(),
    ),
    st.builds(
        ev.WorkChanged,
        at=times,
        kind=st.sampled_from(["missed", "callback"]),
        work=st.integers(1, 3),
        state=st.sampled_from(["open", "claimed", "waiting", "done", "cancelled"]),
        queue=st.one_of(st.none(), queues),
        since=st.sampled_from([NOON, NOON + 1]),
    ),
    st.builds(ev.LinkLost, at=times, pbx=st.just(PBX)),
    st.builds(ev.LinkRestored, at=times, pbx=st.just(PBX), boot=st.just("b"), since=times),
]
flushes = st.integers(0, 100_000).map(lambda d: NOON + d)  # also past midnight
people = st.lists(st.sampled_from(list(PHONES)), unique=True)
houses = st.tuples(people, st.lists(queues, unique=True))
warnings = st.sampled_from(
    [
        [],
        [frames.Threshold("sales", "waiting", 3.0, 6.0)],
        [frames.Alarm(1, "sales", "waiting", "bad", 7.0, 6.0, NOON)],
    ]
)
happenings = st.one_of(*calls, *calls, *others, flushes, houses, warnings)


def configure(board: LiveBoard, agents: list[int], names: list[str]) -> None:
    board.configure(
        [BoardAgent(n, f"Agent {n}", ((PBX, PHONES[n]),)) for n in agents],
        {name: Terms() for name in names},
    )


def happens(board: LiveBoard, what: object) -> list[frames.BoardChanged | frames.LinkChanged]:
    match what:
        case float(now):
            return board.flush(now)
        case (list(agents), list(names)):
            configure(board, agents, names)
        case [frames.Alarm() as alarm]:
            board.set_alarms([alarm])
        case [frames.Threshold() as threshold]:
            board.set_thresholds([threshold])
        case []:
            board.set_alarms([])
        case ev.Event():
            board.apply(what)
    return []


def fold(
    state: frames.BoardState, frame: frames.BoardChanged | frames.LinkChanged
) -> frames.BoardState:
    """What a console does with a board frame."""
    if isinstance(frame, frames.LinkChanged):
        return msgspec.structs.replace(state, link=frame.link)
    queues = {row.queue: row for row in (*state.queues, *frame.queues)}
    agents = {row.agent: row for row in (*state.agents, *frame.agents)}
    before = state.strip if frame.day_start is None else []
    strip = {(cell.queue, cell.quarter): cell for cell in (*before, *frame.strip)}
    return frames.BoardState(
        queues=[queues[name] for name in sorted(queues) if name not in frame.gone_queues],
        agents=[agents[id_] for id_ in sorted(agents) if id_ not in frame.gone_agents],
        link=state.link,
        day_start=state.day_start if frame.day_start is None else frame.day_start,
        strip=[strip[cell] for cell in sorted(strip)],
        thresholds=state.thresholds if frame.thresholds is None else frame.thresholds,
        alarms=state.alarms if frame.alarms is None else frame.alarms,
    )


def new_board() -> LiveBoard:
    board = LiveBoard(ZONE, NOON)
    configure(board, [1, 2], ["sales", "help"])
    return board


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=st.lists(happenings, max_size=25), after=st.lists(happenings, max_size=40))
def test_snapshot_then_frames_equals_a_later_snapshot(
    before: list[object], after: list[object]
) -> None:
    board = new_board()
    for what in before:
        happens(board, what)
    shown, seq = board.snapshot(), board.seq
    for what in [*after, NOON + 100_001]:
        told_now = happens(board, what)
        for frame in told_now:
            seq += 1
            assert frame.seq == seq
            shown = fold(shown, frame)
        if isinstance(what, float):
            assert shown == board.snapshot()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(*calls, *others), max_size=50))
def test_telling_each_thing_twice_counts_once(told_once: list[ev.Event]) -> None:
    once, twice = new_board(), new_board()
    for event in told_once:
        once.apply(event)
        twice.apply(event)
        twice.apply(event)
    once.flush(NOON + 1)
    twice.flush(NOON + 1)
    assert once.snapshot() == twice.snapshot()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(*calls), max_size=50))
def test_nobody_waits_or_is_busy_once_all_calls_are_over(told_all: list[ev.Event]) -> None:
    board = new_board()
    for event in told_all:
        board.apply(event)
    for interaction in ("i1", "i2", "i3"):
        board.apply(
            ev.InteractionEnded(
                at=NOON,
                pbx=PBX,
                interaction=interaction,
                reason=ev.EndReason.LOST,
                by=None,
                cause=None,
                answered=False,
            )
        )
    state = board.snapshot()
    assert all(row.waiting == 0 for row in state.queues)
    assert all(row.interaction is None for row in state.agents)
