"""Real calls on a real PBX, followed over restarts of either side and gaps between them."""

from __future__ import annotations

import asyncio
import time

import pytest

from callcenter.ami.connection import Endpoint
from callcenter.events import (
    EndReason,
    InteractionEnded,
    InteractionStarted,
    LegStarted,
    LinkLost,
    LinkRestored,
    OfferEnded,
    OfferResult,
    OfferStarted,
    QueueExit,
    QueueJoined,
    QueueLeft,
    TalkEnded,
    TalkStarted,
)
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.robots import Call, answers
from tests.ami.heard import Heard, following
from tests.ami.proxy import Proxy
from tests.pbx.harness import Stage

pytestmark = pytest.mark.pbx
CUSTOMER = "+8613800138000"


def endpoint(pbx: Asterisk, port: int = 0) -> Endpoint:
    return Endpoint(pbx.host, port or pbx.ami_port, pbx.ami_user, pbx.ami_secret)


async def talking(stage: Stage) -> tuple[Call, Call]:
    """A customer in conversation with 1001, by way of the queue."""
    await stage.add_phones("1001")
    stage.phones["1001"].behaviour = answers(0.1)
    customer = await stage.outside.call("8000", caller=CUSTOMER, name="Wang Fang")
    taken = await stage.phones["1001"].next_call()
    await taken.answered()
    return customer, taken


async def ringing(stage: Stage) -> tuple[Call, Call]:
    """A customer in the queue, whose call rings 1001."""
    await stage.add_phones("1001")
    customer = await stage.outside.call("8000", caller=CUSTOMER)
    return customer, await stage.phones["1001"].next_call()


async def test_a_call_in_progress_goes_on_over_our_restart(pbx: Asterisk, stage: Stage) -> None:
    heard = Heard()
    async with following(heard, endpoint(pbx)):
        customer, taken = await talking(stage)
        await heard.first(TalkStarted)
    mark = len(heard.events)
    async with following(heard, endpoint(pbx)):
        talk = await heard.first(TalkStarted, mark)
        await customer.hang_up()
        end = await heard.first(InteractionEnded)
    await taken.ended()
    before = heard.all(TalkStarted)[0]
    assert (talk.interaction, talk.talk) == (before.interaction, before.talk)
    assert talk.at is None
    assert {event.interaction for event in heard.all(InteractionStarted)} == {end.interaction}
    assert heard.all(InteractionStarted, mark)[0].adopted
    assert (end.reason, end.by, end.estimated) == (EndReason.COMPLETED, "caller", False)
    assert heard.all(OfferStarted, mark) == []
    assert len({leg.party.leg for leg in heard.all(LegStarted)}) == 2


async def test_a_ringing_call_is_adopted_and_its_answer_told(pbx: Asterisk, stage: Stage) -> None:
    customer, rung = await ringing(stage)
    heard = Heard()
    async with following(heard, endpoint(pbx)):
        offer = await heard.first(OfferStarted)
        await heard.first(LinkRestored)
        await rung.answer()
        result = await heard.first(OfferEnded)
        talk = await heard.first(TalkStarted)
        await customer.hang_up()
        await heard.first(InteractionEnded)
    assert (offer.party.interface, offer.queue) == ("PJSIP/1001", "support")
    assert (result.offer, result.result) == (offer.offer, OfferResult.ANSWERED)
    assert talk.at is not None
    assert len(heard.all(OfferStarted)) == len(heard.all(InteractionStarted)) == 1
    assert heard.all(InteractionStarted)[0].caller.number == CUSTOMER


async def test_who_waits_is_adopted_with_the_time_of_joining(pbx: Asterisk, stage: Stage) -> None:
    first, heard = Heard(), Heard()
    async with following(first, endpoint(pbx)):
        customer = await stage.outside.call("8000", caller=CUSTOMER)
        joined = await first.first(QueueJoined)
    assert joined.at is not None
    await asyncio.sleep(max(0.0, joined.at + 3 - time.time()))  # so that there is a wait to adopt
    async with following(heard, endpoint(pbx)):
        adopted = await heard.first(QueueJoined)
        await heard.first(LinkRestored)
        await customer.hang_up()
        left = await heard.first(QueueLeft)
        end = await heard.first(InteractionEnded)
    assert adopted.at == pytest.approx(joined.at, abs=1.5)
    assert (adopted.queue, adopted.position) == ("support", 1)
    assert (left.entry, left.exit) == (adopted.entry, QueueExit.ABANDONED)
    assert left.waited is not None
    assert left.waited > 2
    assert end.reason is EndReason.CANCELLED


async def test_calls_of_a_pbx_that_died_are_closed_as_lost(pbx: Asterisk, stage: Stage) -> None:
    heard = Heard()
    async with following(heard, endpoint(pbx)) as service:
        await heard.first(LinkRestored)
        await talking(stage)
        await heard.first(TalkStarted)
        mark = len(heard.events)
        await asyncio.sleep(1.1)  # a PBX tells when it started to the second; this is another one
        await pbx.kill()
        await heard.first(LinkLost)
        await pbx.start()
        end = await heard.first(InteractionEnded, mark, within=30)
        restored = await heard.first(LinkRestored, mark)
        await asyncio.sleep(0)
        assert service.health[0]
    assert (end.reason, end.estimated, end.incomplete) == (EndReason.LOST, True, True)
    assert len(heard.all(TalkEnded)) == 1
    lost = heard.all(LinkLost)[0]
    assert restored.since == lost.at
    assert restored.boot != heard.all(LinkRestored)[0].boot


async def test_a_gap_in_mid_call_tells_nothing_twice(pbx: Asterisk, stage: Stage) -> None:
    heard = Heard()
    async with Proxy(pbx.host, pbx.ami_port) as proxy, following(heard, endpoint(pbx, proxy.port)):
        await heard.first(LinkRestored)
        customer, _taken = await talking(stage)
        await heard.first(TalkStarted)
        mark = len(heard.events)
        await proxy.cut()
        lost = await heard.first(LinkLost)
        await proxy.mend()
        restored = await heard.first(LinkRestored, mark)
        await customer.hang_up()
        end = await heard.first(InteractionEnded)
    assert restored.since == lost.at
    assert (end.reason, end.estimated) == (EndReason.COMPLETED, False)
    for kind in (InteractionStarted, OfferStarted, TalkStarted, TalkEnded, InteractionEnded):
        assert len(heard.all(kind)) == 1, kind


async def test_a_phone_that_rings_through_a_gap_is_offered_once(
    pbx: Asterisk, stage: Stage
) -> None:
    heard = Heard()
    async with Proxy(pbx.host, pbx.ami_port) as proxy, following(heard, endpoint(pbx, proxy.port)):
        await heard.first(LinkRestored)
        customer, rung = await ringing(stage)
        await heard.first(OfferStarted)
        mark = len(heard.events)
        await proxy.cut()
        await heard.first(LinkLost)
        await proxy.mend()
        await heard.first(LinkRestored, mark)
        await rung.answer()
        await heard.first(TalkStarted)
        await customer.hang_up()
        await heard.first(InteractionEnded)
    assert len(heard.all(OfferStarted)) == len(heard.all(QueueJoined)) == 1
    assert [offer.result for offer in heard.all(OfferEnded)] == [OfferResult.ANSWERED]
    assert [left.exit for left in heard.all(QueueLeft)] == [QueueExit.ANSWERED]


async def test_what_changes_in_a_gap_is_true_after_it(pbx: Asterisk, stage: Stage) -> None:
    """Answered while nobody looked: known after, though not since when."""
    heard = Heard()
    async with Proxy(pbx.host, pbx.ami_port) as proxy, following(heard, endpoint(pbx, proxy.port)):
        await heard.first(LinkRestored)
        customer, rung = await ringing(stage)
        await heard.first(OfferStarted)
        await proxy.cut()
        await heard.first(LinkLost)
        await rung.answer()
        await customer.answered()
        mark = len(heard.events)
        await proxy.mend()
        talk = await heard.first(TalkStarted, mark)
        await customer.hang_up()
        end = await heard.first(InteractionEnded)
    assert talk.at is None
    assert end.reason is EndReason.COMPLETED
    assert [offer.result for offer in heard.all(OfferEnded)] == [OfferResult.ANSWERED]
    assert [left.exit for left in heard.all(QueueLeft)] == [QueueExit.ANSWERED]


async def test_a_call_that_ends_in_a_gap_is_closed_as_lost(pbx: Asterisk, stage: Stage) -> None:
    heard = Heard()
    async with Proxy(pbx.host, pbx.ami_port) as proxy, following(heard, endpoint(pbx, proxy.port)):
        await heard.first(LinkRestored)
        customer, taken = await talking(stage)
        await heard.first(TalkStarted)
        await proxy.cut()
        await heard.first(LinkLost)
        await customer.hang_up()
        await taken.ended()
        await stage.no_channels()
        await proxy.mend()
        end = await heard.first(InteractionEnded)
    assert (end.reason, end.estimated) == (EndReason.LOST, True)
    assert len(heard.all(TalkEnded)) == len(heard.all(InteractionEnded)) == 1


async def test_links_lost_again_and_again_lose_and_double_no_call(
    pbx: Asterisk, stage: Stage
) -> None:
    """The snapshot falls into every phase of a call; whatever was told must still be one story."""
    await stage.add_phones("1001", "1002", "1003")
    for phone in stage.phones.values():
        phone.behaviour = answers(0.3)
    heard = Heard()
    async with following(heard, endpoint(pbx)) as service:
        await heard.first(LinkRestored)
        calls = []
        for number in range(8):
            calls.append(await stage.outside.call("8000", caller=f"+861380013800{number}"))
            mark = len(heard.events)
            service.connection.drop("again")
            await heard.first(LinkRestored, mark)
            if number >= 2:
                await calls[number - 2].hang_up()
        for call in calls:
            await call.hang_up()
        await stage.no_channels()
        await heard.first(LinkRestored)
        mark = len(heard.events)
        service.connection.drop("a last look")
        await heard.first(LinkRestored, mark)
    started = [event.interaction for event in heard.all(InteractionStarted)]
    ended = [event.interaction for event in heard.all(InteractionEnded)]
    assert len(started) == len(set(started)) == 8
    assert sorted(ended) == sorted(started)
    numbers = {event.caller.number for event in heard.all(InteractionStarted)}
    assert numbers == {f"+861380013800{number}" for number in range(8)}
    for kind, key in ((OfferStarted, "offer"), (TalkStarted, "talk"), (QueueJoined, "entry")):
        ids = [getattr(event, key) for event in heard.all(kind)]
        assert len(ids) == len(set(ids)), kind
