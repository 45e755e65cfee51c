"""Short ways to tell calls that were missed, answered or promised, for tests of what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from callcenter import events as ev
from callcenter.bus import MemoryBus
from callcenter.ids import stable_id
from callcenter.store.database import Database
from callcenter.store.writer import Writer
from crm.numbers import ContactKeys
from routing.callbacks import Policy
from routing.work_log import WorkLog

T = 1_714_000_000.0
ZONE = ZoneInfo("Asia/Shanghai")
NUMBER = "13800138000"
E164 = "+8613800138000"


contact_key = ContactKeys(prefix="9")


def caller(number: str | None = NUMBER, name: str | None = "王") -> ev.Party:
    return ev.Party("PJSIP/trunk-1", "PJSIP/trunk", number, name, "c1")


def agent(name: str = "1001") -> ev.Party:
    return ev.Party(f"PJSIP/{name}-1", f"PJSIP/{name}", name, None, f"a{name}")


def began(
    id_: str,
    at: float,
    number: str | None = NUMBER,
    direction: ev.Direction = ev.Direction.INBOUND,
    dialled: str | None = "4008",
) -> ev.DomainEvent:
    party = caller(number) if direction is ev.Direction.INBOUND else agent()
    return ev.InteractionStarted(
        at=at, pbx="main", interaction=id_, direction=direction, caller=party, dialled=dialled
    )


def ended(
    id_: str, at: float, *, answered: bool = False, by: Any = "caller"
) -> ev.InteractionEnded:
    reason = ev.EndReason.COMPLETED if answered else ev.EndReason.CANCELLED
    return ev.InteractionEnded(
        at=at, pbx="main", interaction=id_, reason=reason, by=by, cause=16, answered=answered
    )


def missed(
    id_: str,
    at: float = T,
    *,
    number: str | None = NUMBER,
    queue: str = "sales",
    waited: float = 30.0,
    exit_: ev.QueueExit = ev.QueueExit.ABANDONED,
) -> list[ev.DomainEvent]:
    """A caller waits in a queue and nobody answers; over at `at + waited`."""
    c: dict[str, Any] = {"pbx": "main", "interaction": id_}
    return [
        began(id_, at, number),
        ev.QueueJoined(at=at, **c, entry=stable_id(id_, "q"), queue=queue, leg="c1", position=1),
        ev.QueueLeft(
            at=at + waited, **c, entry=stable_id(id_, "q"), queue=queue, exit=exit_, waited=waited
        ),
        ended(id_, at + waited),
    ]


def answered(id_: str, at: float, *, number: str | None = NUMBER) -> list[ev.DomainEvent]:
    """The caller is spoken to from `at` on."""
    c = {"pbx": "main", "interaction": id_}
    return [
        began(id_, at - 5, number),
        ev.TalkStarted(at=at, **c, talk=stable_id(id_, "t"), a=caller(number), b=agent()),
        ended(id_, at + 60, answered=True),
    ]


def called_back(id_: str, at: float, *, number: str = NUMBER) -> list[ev.DomainEvent]:
    """We call them over an outside line and they answer at `at`."""
    c = {"pbx": "main", "interaction": id_}
    return [
        began(id_, at - 5, None, ev.Direction.OUTBOUND, f"9{number}"),
        ev.TalkStarted(at=at, **c, talk=stable_id(id_, "t"), a=agent(), b=caller(number)),
        ended(id_, at + 60, answered=True),
    ]


def asks_for_callback(id_: str, at: float = T, *, queue: str = "sales") -> list[ev.DomainEvent]:
    story = missed(id_, at, queue=queue, exit_=ev.QueueExit.CALLBACK)
    asked = ev.CallbackRequested(
        at=at + 20, pbx="main", interaction=id_, queue=queue, number=NUMBER, joined_at=at,
        priority=5.0,
    )  # fmt: skip
    return [*story[:-1], asked, story[-1]]


async def tell(
    database: Database,
    folder: Path,
    events: Sequence[ev.DomainEvent],
    *,
    batch: int = 1000,
    policy: Policy | None = None,
) -> list[ev.DomainEvent]:
    """The rows of a story, to the end; what was published of them."""
    published: list[ev.DomainEvent] = []
    log = WorkLog(contact_key, published.append, zone=ZONE, policy=policy)
    async with MemoryBus(folder) as bus:
        subscription = bus.subscribe("rows", durable=True, batch=batch)
        writer = Writer(
            database,
            subscription,
            folder / "dead.jsonl",
            projections=[log.project],
            on_commit=[log.committed],
        )
        for event in events:
            bus.publish(event)
        subscription.close()
        await writer.run()
    return published
