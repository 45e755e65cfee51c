"""The live agents on real databases: what is told to whom."""

from __future__ import annotations

import pytest

from callcenter import events as ev
from callcenter.errors import InvalidInput, NotFound
from callcenter.events import AgentState as S
from callcenter.events import OfferResult
from routing.agent_inputs import InCall, NoPhone
from routing.agent_record import DISCONNECTED, GRACE, NO_ANSWER, NO_PHONE, SIGNED_IN
from tests.routing.floor import (
    NOON,
    Floor,
    House,
    Person,
    Queue,
)


async def test_who_never_signed_in_is_offline_and_strangers_are_nobody(floor: Floor) -> None:
    assert floor.state(1) is S.OFFLINE
    assert floor.staff.status(99) is None
    with pytest.raises(NotFound):
        await floor.staff.ready(99)


async def test_signing_in_and_going_ready_is_told_in_order(floor: Floor) -> None:
    await floor.ready()
    states = [event.state for event in floor.told if isinstance(event, ev.AgentChanged)]
    assert states == [S.NOT_READY, S.READY]
    assert floor.desk == [("in", 1), ("free", 1)]
    first = floor.told[0]
    assert isinstance(first, ev.AgentChanged)
    assert (first.reasons, first.name) == ([SIGNED_IN], "Lucy")
    assert floor.status().phone == ev.AgentPhone("PJSIP/1001", "desk", "NOT_INUSE")


async def test_a_phone_of_somebody_else_is_refused(floor: Floor) -> None:
    with pytest.raises(InvalidInput) as refused:
        await floor.staff.sign_in(1, "PJSIP/1002")
    assert refused.value.field == "interface"


async def test_ready_without_a_phone_is_refused_and_changes_nothing(floor: Floor) -> None:
    await floor.staff.sign_in(1, "PJSIP/2001")
    told = len(floor.told)
    with pytest.raises(NoPhone):
        await floor.staff.ready(1)
    assert len(floor.told) == told
    assert floor.status().reasons == [NO_PHONE, SIGNED_IN]


async def test_the_other_phone_of_an_agent_does_not_count(floor: Floor) -> None:
    await floor.ready()
    floor.device("UNAVAILABLE", "PJSIP/2001")
    assert floor.state() is S.READY
    floor.device("UNAVAILABLE")
    assert floor.status().reasons == [NO_PHONE]


async def test_a_call_of_the_queue_from_offer_to_wrap_up(floor: Floor) -> None:
    await floor.ready()
    await floor.served()
    busy = floor.status()
    assert (busy.state, busy.interaction, busy.queue) == (S.BUSY, "c1", "sales")
    floor.hangs_up()
    floor.device("NOT_INUSE")
    wrapping = floor.status()
    assert (wrapping.state, wrapping.until) == (S.WRAP_UP, NOON + 30)
    floor.now += 30
    floor.staff.tick(floor.now)
    assert floor.state() is S.READY
    assert floor.desk[-1] == ("free", 1)


async def test_an_agent_is_offered_one_call_at_a_time(floor: Floor) -> None:
    await floor.ready()
    assert floor.staff.offered(1, "c1", "sales", floor.now)
    assert not floor.staff.offered(1, "c2", "sales", floor.now)


async def test_the_desk_may_offer_from_within_the_news(floor: Floor) -> None:
    def offer(agent: int, since: float) -> None:
        assert floor.staff.offered(agent, "c1", "sales", floor.now)

    floor.staff.on_free.append(offer)
    await floor.ready()
    states = [event.state for event in floor.told if isinstance(event, ev.AgentChanged)]
    assert states == [S.NOT_READY, S.READY, S.OFFERED]


async def test_a_listener_that_fails_stops_nobody(floor: Floor) -> None:
    def fail(agent: int, since: float) -> None:
        raise RuntimeError("a desk with trouble")

    floor.staff.on_free.insert(0, fail)
    await floor.ready()
    assert floor.desk[-1] == ("free", 1)


async def test_the_queue_says_how_many_misses_are_no_answer(floor: Floor) -> None:
    floor.house = House(queues={"sales": Queue(rona_limit=1)})
    await floor.ready()
    floor.staff.offered(1, "c1", "sales", floor.now)
    floor.staff.offer_ended(1, OfferResult.TIMED_OUT, floor.now)
    assert floor.status().reasons == [NO_ANSWER]


async def test_a_late_word_about_an_offer_does_not_end_the_next(floor: Floor) -> None:
    await floor.ready()
    floor.staff.offered(1, "c1", "sales", floor.now)
    floor.staff.offer_ended(1, OfferResult.CALLER_GONE, floor.now, "c1")
    floor.staff.offered(1, "c2", "sales", floor.now)
    floor.staff.offer_ended(1, OfferResult.CALLER_GONE, floor.now, "c1")
    assert floor.state() is S.OFFERED


async def test_an_own_call_makes_busy_whichever_phone(floor: Floor) -> None:
    await floor.ready()
    party = ev.Party("PJSIP/2001-x", "PJSIP/2001", None, None, "x")
    floor.call(ev.LegStarted, "own", party=party, uniqueid="x", boot="b")
    assert floor.state() is S.BUSY
    floor.hangs_up("x")
    assert floor.state() is S.READY


async def test_who_gets_a_queue_call_by_transfer_wraps_up_too(floor: Floor) -> None:
    await floor.ready()
    floor.call(ev.QueueJoined, entry="e1", queue="sales", leg="c", position=1)
    floor.rings("consult", "c2")
    floor.talks("consult", "c2")
    floor.call(ev.InteractionsMerged, "c1", merged="c2")
    floor.talks("consult")
    floor.hangs_up("consult")
    assert (floor.state(), floor.status().interaction) == (S.WRAP_UP, "c1")


async def test_a_call_that_left_the_queue_unanswered_brings_no_wrap_up(floor: Floor) -> None:
    await floor.ready()
    floor.call(ev.QueueJoined, entry="e1", queue="sales", leg="c", position=1)
    left = {"entry": "e1", "queue": "sales", "exit": ev.QueueExit.OVERFLOW, "waited": 3.0}
    floor.call(ev.QueueLeft, **left)
    floor.rings()
    floor.talks()
    floor.hangs_up()
    assert floor.state() is S.READY


async def test_the_end_of_the_contact_is_the_end_of_the_call(floor: Floor) -> None:
    await floor.ready()
    await floor.served()
    ended = {"reason": "lost", "by": None, "cause": None, "answered": True}
    floor.call(ev.InteractionEnded, **ended)
    assert floor.state() is S.WRAP_UP


async def test_after_lost_events_only_the_phone_is_believed(floor: Floor) -> None:
    await floor.ready()
    await floor.served()
    floor.staff.lose_track()
    await floor.staff.finish_wrap_up(1)
    assert floor.state() is S.READY
    assert not floor.staff.offered(1, "c2", "sales", floor.now)  # the phone is in use
    floor.device("NOT_INUSE")
    assert floor.staff.offered(1, "c2", "sales", floor.now)


async def test_other_pbxs_concern_nobody(floor: Floor) -> None:
    await floor.ready()
    event = ev.DeviceStateChanged(at=1.0, pbx="other", interface="PJSIP/1001", state="UNAVAILABLE")
    floor.staff.hear(event)
    assert floor.state() is S.READY


async def test_the_phone_cannot_be_changed_in_a_call(floor: Floor) -> None:
    await floor.ready()
    await floor.served()
    with pytest.raises(InCall):
        await floor.staff.sign_in(1, "PJSIP/2001")


@pytest.mark.parametrize("reason", ["unheard of", "old", NO_ANSWER, SIGNED_IN])
async def test_only_reasons_of_the_house_can_be_given(floor: Floor, reason: str) -> None:
    await floor.ready()
    with pytest.raises(InvalidInput) as refused:
        await floor.staff.not_ready(1, reason)
    assert refused.value.field == "reason"


async def test_a_lost_console_is_noticed_after_its_grace(floor: Floor) -> None:
    floor.staff.console(1, True)
    await floor.ready()
    floor.staff.console(1, False)
    floor.staff.tick(floor.now + GRACE - 1)
    assert floor.state() is S.READY
    floor.staff.tick(floor.now + GRACE)
    assert floor.status().reasons == [DISCONNECTED]
    assert floor.desk[-1] == ("busy", 1)


async def test_who_is_no_agent_any_more_is_signed_out(floor: Floor) -> None:
    await floor.ready()
    floor.house = House(agents={2: Person("Bob", ("PJSIP/1002",))})
    floor.staff.arrange(floor.house)
    assert floor.staff.status(1) is None
    assert floor.desk[-2:] == [("busy", 1), ("out", 1)]
