"""What an agent can do with their own call: dial, hold, hand on, consult, join, hang up.

An order is checked against the picture of this moment and given to the PBX once. That it is done,
the events tell, as of anything a telephone does by itself; so nothing here changes a state.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol, TypeVar

from callcenter.ami.commands import Commands, Context, Place, is_telephone
from callcenter.errors import AmiRefused, Conflict, InvalidInput, NoSuchChannel, NotFound
from callcenter.events import AgentPhone
from routing.calls_now import CallsNow, Leg, NowCall
from routing.dialling import DialRules, DoNotCall, Kind, destination

HOLD_KEY, RECORD_KEY = "A", "B"  # features.conf, applicationmap
THREE_WAY_KEYS = "*5"  # features.conf, atxferthreeway
HOLD_VARIABLE, RECORD_VARIABLE = "CALLCENTER_HOLD", "CALLCENTER_RECORD_FILE"
HOLD_OVER = "over"  # a channel that is not there
CONFIRMED = 2.0  # seconds in which the PBX tells that a hold began or ended
ASKED = 10.0  # seconds in which the telephone must ring, or it may be asked again
CONSULT_SEEN = 5.0  # seconds until a consultation shows in the events
K = TypeVar("K")

_AWAY = frozenset({"UNAVAILABLE", "INVALID"})
_TAKEN = frozenset({"BUSY", "INUSE", "RINGING", "RINGINUSE", "ONHOLD"})


class NoPhone(Conflict):
    code = "no_phone"


class PhoneUnavailable(Conflict):
    code = "phone_unavailable"


class AlreadyInCall(Conflict):
    code = "already_in_call"


class NotTalking(Conflict):
    code = "not_talking"


class Consulting(Conflict):
    code = "consulting"


class NotConsulting(Conflict):
    code = "not_consulting"


class HoldFailed(Conflict):
    code = "hold_failed"


class HeldAtPhone(Conflict):
    code = "held_at_phone"


class House(Protocol):
    """Whom and what one can be put through to."""

    def phone(self, agent: int) -> AgentPhone | None:
        """Where this agent is rung now; None: signed in at no telephone."""

    def queues(self) -> Collection[str]:
        """The queues that calls can be sent to."""


class Wishes(Protocol):
    """What the people behind numbers want; asked before a number is dialled."""

    async def refuses(self, number: str) -> bool:
        """Whether somebody whose number this is does not want to be called. Answers soon."""


class NoWishes:
    """Nobody has said anything."""

    async def refuses(self, number: str) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Target:
    """Exactly one of the three."""

    agent: int | None = None
    queue: str | None = None
    number: str | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.agent, self.queue, self.number) if value is not None]
        if len(given) != 1:
            raise InvalidInput("name one of agent, queue and number", field="agent")


class CallControl:
    """Every method raises NotFound for a call that is not the agent's, a Conflict that says what is
    in the way, and what `Commands` raises."""

    def __init__(
        self,
        commands: Commands,
        now: CallsNow,
        house: House,
        rules: DialRules,
        *,
        wishes: Wishes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._commands = commands
        self._wishes: Wishes = wishes or NoWishes()
        self._now = now
        self._house = house
        self._rules = rules
        self._clock = clock
        self._dialled: dict[int, float] = {}  # agent -> when their telephone was asked to ring
        self._consults: dict[str, float] = {}  # leg -> when it asked to consult

    def takes_part(self, agent: int, interaction: str) -> bool:
        """Whether a telephone of this agent is in that call now, or rings for it."""
        call = self._now.call(interaction)
        return call is not None and bool(self._now.legs_of(agent, call))

    def conversation(self, agent: int) -> str | None:
        """The call in which this agent talks with somebody now."""
        calls = self._now.calls_of(agent)
        talking = (one for one in calls if one.partners(self._now.legs_of(agent, one)[0]))
        return next((one.id for one in talking), None)

    async def dial(self, agent: int, number: str, *, abroad: bool, asked_for: bool = False) -> None:
        """Ring the agent's own telephone and call `number` for it.

        DoNotCall when its owner does not want that, unless they have just `asked_for` it.
        """
        found = destination(number, self._rules, abroad=abroad)
        outside = found.kind is Kind.OUTSIDE
        if outside and not asked_for and await self._wishes.refuses(found.number):
            raise DoNotCall
        phone = self._own_phone(agent)
        asked = self._dialled.get(agent)
        if self._now.calls_of(agent) or (asked is not None and self._clock() - asked < ASKED):
            raise AlreadyInCall("your telephone is in a call already")
        self._dialled = _recent(self._dialled, self._clock(), ASKED) | {agent: self._clock()}
        place = Place(Context.NUMBER, found.extension)
        try:
            # It was asked for with a click, so nobody need click again.
            await self._commands.originate(phone.interface, place, shown=found.number)
        except AmiRefused:  # it surely does not ring; of any other failure nobody knows
            self._dialled.pop(agent, None)
            raise

    async def hang_up(self, agent: int, interaction: str) -> None:
        """End the agent's own part; whoever they consulted is then connected with the first."""
        call, leg = self._own(agent, interaction)
        await self._order(call, leg, self._commands.hang_up(leg.channel))

    async def hold(self, agent: int, interaction: str) -> None:
        call, leg = self._settled(agent, interaction)
        if leg.holds:
            return
        for partner in call.partners(leg):
            await self._commands.set_variable(partner.channel, HOLD_VARIABLE, leg.channel)
        await self._order(call, leg, self._commands.press(leg.channel, HOLD_KEY))
        if not await self._now.until(lambda: bool(leg.holds), CONFIRMED):
            raise HoldFailed("the PBX did not put the other side on hold")

    async def resume(self, agent: int, interaction: str) -> None:
        call, leg = self._settled(agent, interaction)
        if leg.holds and not await self._release(call, leg):
            raise HeldAtPhone("held by a key of the telephone; take it back there")

    async def record(self, agent: int, interaction: str, base: str) -> None:
        """Record the other side from now on, into the file `base` (a name without ending)."""
        call, leg = self._settled(agent, interaction)
        customer = call.partners(leg)[0]
        await self._commands.set_variable(customer.channel, RECORD_VARIABLE, base)
        await self._order(call, leg, self._commands.press(leg.channel, RECORD_KEY))

    async def transfer(self, agent: int, interaction: str, target: Target, *, abroad: bool) -> None:
        """Hand the other side on at once (blind)."""
        call, leg = self._settled(agent, interaction)
        place = self._place(target, abroad=abroad)
        await self._release(call, leg)
        await self._order(call, leg, self._commands.blind_transfer(leg.channel, place))

    async def consult(self, agent: int, interaction: str, target: Target, *, abroad: bool) -> None:
        """Talk with `target` first (attended); then `complete`, `cancel` or `join`."""
        call, leg = self._settled(agent, interaction)
        place = self._place(target, abroad=abroad)
        await self._release(call, leg)
        now = self._clock()
        self._consults = _recent(self._consults, now, CONSULT_SEEN) | {leg.id: now}
        try:
            await self._order(call, leg, self._commands.consult(leg.channel, place))
        except AmiRefused:
            self._consults.pop(leg.id, None)
            raise

    async def complete(self, agent: int, interaction: str) -> None:
        """Connect the two, also while the second still rings; the agent is free."""
        call, leg = self._consulting(agent, interaction)
        await self._order(call, leg, self._commands.hang_up(leg.channel))

    async def cancel(self, agent: int, interaction: str) -> None:
        """Back to the first; the one consulted is hung up."""
        call, leg = self._consulting(agent, interaction)
        self._consults.pop(leg.id, None)
        await self._order(call, leg, self._commands.cancel_consult(leg.channel))

    async def join(self, agent: int, interaction: str) -> None:
        """All three together, once the one consulted has answered."""
        call, leg = self._consulting(agent, interaction)
        aside = call.aside(leg)
        if not aside or not [one for one in call.partners(leg) if one not in aside]:
            raise NotTalking("the one you consult has not answered yet")
        self._consults.pop(leg.id, None)
        await self._order(call, leg, self._commands.press(leg.channel, THREE_WAY_KEYS))

    async def _release(self, call: NowCall, leg: Leg) -> bool:
        """End a hold of ours; False when it goes on, being the telephone's own."""
        if not leg.holds:
            return True
        for partner in call.partners(leg):
            await self._commands.set_variable(partner.channel, HOLD_VARIABLE, HOLD_OVER)
        return await self._now.until(lambda: not leg.holds, CONFIRMED)

    async def _order(self, call: NowCall, leg: Leg, order: Awaitable[None]) -> None:
        """A call that the PBX knows no more is taken out of the picture."""
        try:
            await order
        except NoSuchChannel:
            self._now.forget(call, leg)
            raise

    # --- what must hold ------------------------------------------------------------------------

    def _own(self, agent: int, interaction: str) -> tuple[NowCall, Leg]:
        call = self._now.call(interaction)
        legs = self._now.legs_of(agent, call) if call is not None else []
        if call is None or not legs:
            raise NotFound("you have no such call")
        return call, legs[0]

    def _settled(self, agent: int, interaction: str) -> tuple[NowCall, Leg]:
        call, leg = self._own(agent, interaction)
        if self._is_consulting(call, leg):
            raise Consulting("you are consulting somebody: complete or cancel that first")
        if not call.partners(leg):
            raise NotTalking("nobody is connected with you in this call")
        return call, leg

    def _consulting(self, agent: int, interaction: str) -> tuple[NowCall, Leg]:
        call, leg = self._own(agent, interaction)
        if not self._is_consulting(call, leg):
            raise NotConsulting("you are consulting nobody in this call")
        return call, leg

    def _is_consulting(self, call: NowCall, leg: Leg) -> bool:
        asked = self._consults.get(leg.id)
        just_asked = asked is not None and self._clock() - asked < CONSULT_SEEN
        return just_asked or bool(call.aside(leg))

    def _own_phone(self, agent: int) -> AgentPhone:
        phone = self._house.phone(agent)
        if phone is None or not is_telephone(phone.interface):
            raise NoPhone("sign in at a telephone first")
        if phone.state in _AWAY:
            raise PhoneUnavailable("your telephone is not connected to the PBX")
        return phone

    def _place(self, target: Target, *, abroad: bool) -> Place:
        if target.agent is not None:
            return self._place_of(target.agent)
        if target.queue is not None:
            if target.queue not in self._house.queues():
                raise InvalidInput("there is no such queue", field="queue")
            return Place(Context.QUEUE, target.queue)
        found = destination(target.number or "", self._rules, abroad=abroad)
        return Place(Context.NUMBER, found.extension)

    def _place_of(self, agent: int) -> Place:
        phone = self._house.phone(agent)
        technology, _, name = (phone.interface if phone else "").partition("/")
        if phone is None or technology != "PJSIP":
            raise NoPhone("this agent is signed in at no telephone", field="agent")
        if phone.state in _AWAY | _TAKEN:
            raise PhoneUnavailable("this agent's telephone cannot be rung now", field="agent")
        return Place(Context.AGENT, name)


def _recent(asked: dict[K, float], now: float, seconds: float) -> dict[K, float]:
    return {key: at for key, at in asked.items() if now - at < seconds}
