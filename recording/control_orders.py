"""Tells the PBX to silence what is recorded of a call, or to go on: one order after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog

from callcenter.errors import AmiError, AmiRefused, NoSuchChannel
from recording import spans
from recording.control_calls import NowRecorded, Taped
from recording.spans import Order, State

#: While a call is in one of these an order is still wanted. The first leg that is told to record
#: again makes the call a recorded one; the others have to follow.
_WANTED = {
    Order.MUTE: spans.SILENT,
    Order.UNMUTE: frozenset({State.RESUMING, State.RECORDING}),
}

log = structlog.get_logger(__name__)


class Orders(Protocol):
    """What the PBX is told of recordings in progress."""

    async def mute_recording(self, channel: str, *, on: bool) -> None: ...
    async def stop_recording(self, channel: str) -> None: ...


class Muting:
    """`apply` takes what becomes of an order as a step of the call's pause."""

    def __init__(self, orders: Orders, apply: Callable[[NowRecorded, spans.Input], None]) -> None:
        self._orders = orders
        self._apply = apply

    async def give(self, call: NowRecorded, order: Order) -> None:
        """What the call is merged into meanwhile decides whether it is still wanted."""
        async with call.ordering:
            for one in list(call.taped.values()):
                if not _wanted(call.now, order):
                    return
                if one.leg in call.now.taped and not await self._give_one(call, one, order):
                    return
            self._settle(call.now, order)

    async def _give_one(self, call: NowRecorded, one: Taped, order: Order) -> bool:
        """Whether the other legs are to be told as well."""
        mute = order is Order.MUTE
        if one.ends == mute:
            return True
        one.ordered.append(mute)
        try:
            await self._orders.mute_recording(one.channel, on=mute)
        except AmiError as error:
            if isinstance(error, AmiRefused):
                one.refused(mute)
            else:
                one.unanswered()
            if isinstance(error, NoSuchChannel):  # its end will be told
                return True
            now = call.now
            log.error("recording_order_failed", interaction=now.id, error=str(error))
            if _wanted(now, order):
                self._apply(now, spans.Failed())
            return False
        return True

    def _settle(self, call: NowRecorded, order: Order) -> None:
        """What is already as it is to be, the PBX tells nothing of."""
        mute = order is Order.MUTE
        asked = call.pause.state in spans.UNCONFIRMED
        if asked and _wanted(call, order) and call.are(muted=mute):
            self._apply(call, spans.Told(mute))


def _wanted(call: NowRecorded, order: Order) -> bool:
    return call.pause.state in _WANTED[order]
