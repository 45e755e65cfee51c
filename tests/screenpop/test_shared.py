"""Streams that everybody with the right sees alike: resumed, and each for its own people."""

from __future__ import annotations

from screenpop.frames import CloseCode, Reset, Resumed, Snapshot, Subscribe, Welcome, WorkUpdated
from tests.screenpop.conftest import House


async def test_the_work_is_for_those_who_handle_it(house: House) -> None:
    desk = await house.connect("s=desk")
    await desk.next(Welcome)
    await desk.send(Subscribe(stream="work"))
    snapshot = await desk.next(Snapshot)
    assert (snapshot.stream, snapshot.seq, snapshot.board) == ("work", 0, None)
    assert snapshot.work == house.owed.snapshot()
    house.owed.change()
    assert (await desk.next(WorkUpdated)).missed == 1
    boss = await house.connect("s=boss")
    await boss.next(Welcome)
    await boss.send(Subscribe(stream="work"))
    assert await boss.closed() == CloseCode.FORBIDDEN


async def test_two_streams_do_not_mix(house: House) -> None:
    desk = await house.connect("s=desk")
    await desk.next(Welcome)
    await desk.send(Subscribe(stream="work"))
    await desk.next(Snapshot)
    house.wall.change()
    assert await desk.quiet(0.4)


async def test_what_was_missed_is_told(house: House) -> None:
    desk = await house.connect("s=desk")
    epoch = (await desk.next(Welcome)).epoch
    await desk.send(Subscribe(stream="work"))
    await desk.next(Snapshot)
    house.owed.change()
    house.owed.change()
    await desk.next(WorkUpdated)
    await desk.next(WorkUpdated)
    await desk.socket.close()
    again = await house.connect("s=desk")
    await again.next(Welcome)
    await again.send(Subscribe(stream="work", resume_epoch=epoch, resume_seq=1))
    assert (await again.next(Resumed)).seq == 2
    assert (await again.next(WorkUpdated)).seq == 2
    await again.send(Subscribe(stream="work", resume_epoch="other", resume_seq=1))
    assert (await again.next(Reset)).reason == "new_epoch"
    assert (await again.next(Snapshot)).seq == 2
