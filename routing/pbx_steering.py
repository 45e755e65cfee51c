"""What supervisors do with the queues that the PBX distributes by itself, as far as it allows.

A call is sent elsewhere by one Redirect, never repeated: whoever comes second is told who was
faster, also while the PBX has not answered yet. What it cannot do is refused with the reason.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from callcenter.ami.commands import Commands, Context, Place, QueueMember, is_telephone
from callcenter.errors import AmiRefused, Conflict, InvalidInput, NotFound, UnsafeValue
from routing.calls_now import CallsNow
from routing.control import AlreadyInCall, NoPhone
from routing.pbx_queues import PbxQueues, Waiting
from routing.phones import endpoint_of
from routing.steering import Became, By, Order, QueueClosed, Steering, TooLate, too_late

SETTLED = 5.0  # seconds within which the PBX tells what became of an order
PULLED_FROM = "CALLCENTER_PULLED_FROM"
_RINGS = frozenset({"NOT_INUSE", "UNKNOWN"})
# From these on the place of a caller who waits already follows the priority; before, only that of
# who joins later (app_queue, "Immediate").
HURRIES = ((18, 20), (20, 5), (21,))


class NotByThisPbx(Conflict):
    """The message says why."""

    code = "not_by_this_pbx"


class StaticMember(Conflict):
    code = "static_member"


@dataclass(frozen=True, slots=True)
class Membership:
    """An agent's telephone and a queue of the PBX."""

    queue: str
    interface: str
    member: bool
    paused: bool


def hurries(version: tuple[int, ...]) -> bool:
    """Whether a caller who waits goes forward at once."""
    if not version:
        return False
    known = [first for first in HURRIES if first[0] == version[0]]
    return version >= known[0] if known else version > HURRIES[-1]


@dataclass(slots=True, kw_only=True)
class PbxSteering:
    """Beside `Steering`, which remembers the orders of both. Every order raises NotFound,
    InvalidInput, TooLate or another Conflict, and what `Commands` raises."""

    steering: Steering
    queues: PbxQueues
    now: CallsNow
    commands: Commands
    _claims: dict[str, str] = field(default_factory=dict)  # interaction → entry it was given in
    _version: tuple[int, ...] | None = None

    def holds(self, interaction: str) -> bool:
        return self.queues.waiting(interaction) is not None

    async def move(self, interaction: str, seen_in: str, queue: str, by: By) -> Became:
        """To another queue, of the PBX or of ours; it begins anew there."""
        if queue == seen_in:
            raise InvalidInput("the call waits in that queue already", field="queue")
        ours = queue in self.steering.setup().queues
        if ours:
            self.steering.open_queue(queue)
        place = _place(Context.MOVE, queue)
        if not ours and queue not in await self.commands.queue_members(queue=queue):
            raise InvalidInput("there is no such queue", field="queue")
        wait = self._waiting(interaction, seen_in)
        channel = self._channel(wait)
        order = Order(what="moved", by=by, at=self.steering.clock(), queue=queue)
        async with self._claimed(wait, order):
            await self.commands.redirect(channel, place)
        return "moved"

    async def give(self, interaction: str, seen_in: str, agent: int, by: By) -> Became:
        """To one agent's telephone, at once; who is not picked up waits again, before others."""
        if self.steering.crew.status(agent) is None:
            raise InvalidInput("there is no such agent", field="agent")
        place = _place(Context.PULL, self._telephone(agent))
        wait = self._waiting(interaction, seen_in)
        channel, now = self._channel(wait), self.steering.clock()
        order = Order(what="given", by=by, at=now, queue=seen_in, agent=agent)
        async with self._claimed(wait, order):
            await self.commands.set_variable(channel, PULLED_FROM, wait.queue)
            await self.commands.redirect(channel, place)
        return "offered"

    async def prioritise(self, interaction: str, seen_in: str, priority: float, by: By) -> Became:
        """The PBX knows whole numbers: whoever has more goes before all who have less."""
        level = 0 if priority == 0 else max(1, round(priority))
        if priority < 0:
            raise InvalidInput("queues of the PBX know nothing below usual", field="priority")
        wait = self._waiting(interaction, seen_in)
        if not hurries(await self._release()):
            raise NotByThisPbx(
                "this Asterisk leaves callers who wait where they are: 18.20, 20.5 or newer do not"
            )
        self._waiting(interaction, seen_in)  # asking for the version took a moment
        await self.commands.queue_priority(wait.queue, self._channel(wait), level)
        self.steering.tell(interaction, "prioritised", by, wait.queue, priority=priority)
        return "prioritised"

    # --- members -------------------------------------------------------------------------------

    async def memberships(self, agent: int) -> list[Membership]:
        """The queues of the PBX as it has them now, and this agent's telephone in them."""
        phone = self.steering.phones.own(agent)
        if phone is None or not is_telephone(phone.interface):
            return []
        found = await self.commands.queue_members(phone.interface)
        ours = self.steering.setup().queues  # there the PBX's own is only the safety net
        return [
            _membership(queue, phone.interface, place)
            for queue, place in sorted(found.items())
            if queue not in ours
        ]

    async def set_member(self, agent: int, queue: str, *, member: bool) -> Membership:
        """Into the queue, or out of it. StaticMember for who stands in the PBX's configuration."""
        now = await self._known(agent, queue)
        if member and not now.member:
            await self.commands.queue_add(queue, now.interface, self._name_of(agent))
        if now.member and not member:
            await self._take_out(now)
        return replace(now, member=member, paused=member and now.paused)

    async def set_paused(self, agent: int, queue: str, *, paused: bool) -> Membership:
        now = await self._known(agent, queue)
        if not now.member:
            raise NotFound("this agent's telephone is no member of that queue")
        if now.paused != paused:
            await self.commands.queue_pause(queue, now.interface, paused=paused)
        return replace(now, paused=paused)

    async def _take_out(self, now: Membership) -> None:
        try:
            await self.commands.queue_remove(now.queue, now.interface)
        except AmiRefused as error:
            if "dynamic" not in error.message.lower():
                raise
            why = "this member is written in the PBX's queues.conf: pause it instead"
            raise StaticMember(why) from None

    async def _known(self, agent: int, queue: str) -> Membership:
        phone = self.steering.phones.own(agent)
        if phone is None or not is_telephone(phone.interface):
            raise NoPhone("this agent has no telephone")
        found = await self.commands.queue_members(phone.interface, queue=queue)
        if queue not in found or queue in self.steering.setup().queues:
            raise NotFound("there is no such queue of the PBX")
        return _membership(queue, phone.interface, found[queue])

    def _name_of(self, agent: int) -> str:
        found = self.steering.setup().agents.get(agent)
        return found.name if found is not None else f"agent {agent}"

    # --- what must hold ------------------------------------------------------------------------

    def _waiting(self, interaction: str, seen_in: str) -> Waiting:
        """The call, where its giver saw it, ringing nowhere and given to nobody a moment ago."""
        wait = self.queues.waiting(interaction)
        order = self.steering.order_of(interaction)
        if order is not None and (wait is None or wait.queue != seen_in or self._is_fresh(wait)):
            raise too_late(order)
        if wait is None:
            raise NotFound("no such call waits in a queue of the PBX")
        if wait.queue != seen_in:
            raise TooLate(f"it waits in {wait.queue} now", became="moved", queue=wait.queue)
        if wait.rings:
            interface = next(iter(wait.rings.values()))
            agent = self.now.agent_at(self.steering.pbx, interface)
            raise TooLate(f"it rings at {interface} now", became="ringing", agent=agent)
        return wait

    def _is_fresh(self, wait: Waiting) -> bool:
        """Whether somebody's order about this very wait may still be on its way."""
        order = self.steering.order_of(wait.interaction)
        mine = self._claims.get(wait.interaction) == wait.entry
        return mine and order is not None and self.steering.clock() - order.at < SETTLED

    @asynccontextmanager
    async def _claimed(self, wait: Waiting, order: Order) -> AsyncIterator[None]:
        """From here on others come too late, unless the PBX refuses. Where its answer is missing
        nobody knows, so nobody may try at once."""
        self._claims = {
            one: entry for one, entry in self._claims.items() if self.queues.waiting(one)
        } | {wait.interaction: wait.entry}
        self.steering.claim(wait.interaction, order)
        try:
            yield
        except (AmiRefused, UnsafeValue):
            self.steering.release(wait.interaction)
            raise
        self.steering.note(wait.interaction, order)

    def _channel(self, wait: Waiting) -> str:
        call = self.now.call(wait.interaction)
        leg = call.legs.get(wait.leg) if call is not None else None
        if leg is None:
            raise NotFound("no such call waits in a queue of the PBX")
        return leg.channel

    def _telephone(self, agent: int) -> str:
        phone = self.steering.phones.own(agent)
        endpoint = endpoint_of(phone.interface) if phone is not None else None
        if phone is None or endpoint is None:
            raise NoPhone("there is no telephone that the PBX could ring for it", field="agent")
        if phone.state not in _RINGS:
            raise AlreadyInCall("the telephone cannot be rung now", field="agent")
        return endpoint

    async def _release(self) -> tuple[int, ...]:
        """Of the PBX; asked for once, it changes with a restart of ours at the latest."""
        if not self._version:
            self._version = await self.commands.version()
        return self._version


def _membership(queue: str, interface: str, place: QueueMember | None) -> Membership:
    return Membership(queue, interface, place is not None, place is not None and place.paused)


def _place(context: Context, extension: str) -> Place:
    try:
        return Place(context, extension)
    except UnsafeValue:
        raise QueueClosed("its name cannot be dialled", field="queue") from None
