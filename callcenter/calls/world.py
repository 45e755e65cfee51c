"""The tracker's state and the moves on it that every kind of PBX event shares."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec

from callcenter.calls import moves, outcomes
from callcenter.calls.direction import direction, is_external, is_public
from callcenter.calls.names import parse_name
from callcenter.calls.state import Bridge, Channel, Entry, Interaction, Member, Monitor, Talk
from callcenter.events import (
    DomainEvent,
    EndReason,
    InteractionChanged,
    InteractionEnded,
    InteractionsMerged,
    InteractionStarted,
    LegEnded,
    LegStarted,
    OfferResult,
    Party,
)
from callcenter.ids import stable_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_REMEMBERED = 20_000  # channels that are gone, so that late events do not bring them back
_UNKNOWN = frozenset({"", "<unknown>", "unknown"})


def known(value: str | None) -> str | None:
    """What AMI says when it has nothing to say is None."""
    return None if value is None or value in _UNKNOWN else value


class World:
    """All open calls of one PBX. Handlers change it through these methods and nowhere else."""

    def __init__(self, pbx: str, boot: str, trunks: tuple[str, ...]) -> None:
        self.pbx = pbx
        self.boot = boot
        self.trunks = trunks
        self.now: float | None = None
        self.out: list[DomainEvent] = []
        self.channels: dict[str, Channel] = {}
        self.by_name: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.interactions: dict[str, Interaction] = {}
        self.by_linkedid: dict[str, Interaction] = {}
        self.entries: dict[str, Entry] = {}  # open, by the uniqueid of the channel that waits
        self.broken: dict[str, Talk] = {}  # conversations that may mend
        self.monitors: dict[str, Monitor] = {}  # by the uniqueid of the telephone that listens
        # Of the PBX's own queues, by queue and telephone; listed: once its whole list was read.
        self.members: dict[tuple[str, str], Member] = {}
        self.members_listed = False
        self.gone: OrderedDict[str, None] = OrderedDict()
        self.adopting = False
        self.hears_requests = False  # this PBX tells who asked to hang up
        self.known_interactions: Mapping[str, str] = {}  # uniqueid -> id, from the store
        self._order = 0

    # --- finding and opening -----------------------------------------------------------------

    def find(self, uniqueid: str | None) -> Channel | None:
        return self.channels.get(uniqueid) if uniqueid else None

    def is_over(self, uniqueid: str) -> bool:
        """Whether no call has this channel any more, or never had: events of it say nothing."""
        return uniqueid in self.gone or uniqueid in self.monitors

    def mention(self, fields: dict[str, str], prefix: str = "") -> Channel | None:
        """The channel an event speaks of. One never heard of is opened, and its call marked."""
        uniqueid = fields.get(prefix + "Uniqueid")
        if not uniqueid:
            return None
        channel = self.channels.get(uniqueid)
        linkedid = fields.get(prefix + "Linkedid") or uniqueid
        if channel is None:
            name = fields.get(prefix + "Channel")
            if not name or self.is_over(uniqueid):
                return None
            channel = self.open(uniqueid, name, linkedid)
            if channel is not None:
                self.describe(channel, fields, prefix)
                channel.interaction.incomplete = not self.adopting
        elif linkedid != channel.linkedid:
            self._relink(channel, linkedid)
        return channel

    def open(self, uniqueid: str, name: str, linkedid: str) -> Channel | None:
        """A new channel. None for those the PBX makes for itself."""
        parsed = parse_name(name)
        if parsed.is_pseudo:
            return None
        self._order += 1
        interaction = self.by_linkedid.get(linkedid) or self._open_interaction(uniqueid, linkedid)
        channel = Channel(
            uniqueid=uniqueid,
            name=name,
            parsed=parsed,
            linkedid=linkedid,
            interaction=interaction,
            order=self._order,
            started_at=None if self.adopting else self.now,
            leg=stable_id("leg", self.pbx, self.boot, uniqueid),
        )
        self.channels[uniqueid] = channel
        self.by_name[name] = channel
        interaction.channels[uniqueid] = channel
        interaction.told = False
        return channel

    def _open_interaction(self, uniqueid: str, linkedid: str) -> Interaction:
        id_ = self.known_interactions.get(uniqueid) or stable_id(
            "interaction", self.pbx, self.boot, linkedid
        )
        interaction = self.interactions.get(id_)
        if interaction is None:
            interaction = Interaction(
                id=id_, order=self._order, started_at=self.now, adopted=self.adopting
            )
            self.interactions[id_] = interaction
        self._link(linkedid, interaction)
        return interaction

    def _link(self, linkedid: str, interaction: Interaction) -> None:
        self.by_linkedid[linkedid] = interaction
        interaction.linkedids.append(linkedid)

    def describe(self, channel: Channel, fields: dict[str, str], prefix: str = "") -> None:
        """What a channel's own headers say of it at its first mention."""
        channel.number = known(fields.get(prefix + "CallerIDNum"))
        channel.caller_name = known(fields.get(prefix + "CallerIDName"))
        channel.number_at_birth = channel.number is not None
        channel.exten = fields.get(prefix + "Exten") or None
        channel.up = fields.get(prefix + "ChannelState") == "6"

    def _relink(self, channel: Channel, linkedid: str) -> None:
        channel.linkedid = linkedid
        other = self.by_linkedid.get(linkedid)
        if other is None:
            self._link(linkedid, channel.interaction)
        elif other is not channel.interaction:
            self.merge(other, channel.interaction)

    # --- telling -----------------------------------------------------------------------------

    def tell(
        self, kind: Callable[..., DomainEvent], interaction: Interaction, /, **what: Any
    ) -> None:
        """Send out one event of a call; its start and its legs are always told before."""
        if not interaction.told:
            self.announce(interaction)
        at = what.pop("at", self.now)
        event = kind(at=at, pbx=self.pbx, interaction=interaction.id, **what)
        (self.out if interaction.announced else interaction.held).append(event)

    def announce(self, interaction: Interaction) -> None:
        """Tell the start of a call and of its legs, once there is somebody to tell of."""
        if not interaction.announced:
            caller = interaction.caller or next(
                (c for c in interaction.channels.values() if c.real), None
            )
            if caller is None:
                return
            interaction.caller = caller
            interaction.announced = True
            self._settle(interaction)
            self.out.append(
                InteractionStarted(
                    at=interaction.started_at,
                    pbx=self.pbx,
                    interaction=interaction.id,
                    direction=interaction.direction,
                    caller=self.caller_party(interaction),
                    dialled=interaction.dialled,
                    adopted=interaction.adopted,
                )
            )
        for channel in interaction.channels.values():
            if not channel.announced and channel.real:
                self._announce_leg(channel)
        if interaction.held:
            self.out += interaction.held
            interaction.held = []
        interaction.told = True

    def _announce_leg(self, channel: Channel) -> None:
        channel.announced = True
        self.out.append(
            LegStarted(
                at=channel.started_at,
                pbx=self.pbx,
                interaction=channel.interaction.id,
                party=channel.party(),
                uniqueid=channel.uniqueid,
                boot=self.boot,
            )
        )

    def caller_party(self, interaction: Interaction) -> Party:
        """The caller, under the number that says who it is.

        The telephone of a click-to-call shows the number to be called; there its own name counts.
        """
        caller = interaction.caller
        assert caller is not None  # noqa: S101  # announce() has set it
        party = caller.party()
        resource = caller.parsed.resource
        if (
            interaction.originated
            and resource.isdigit()
            and party.number in {None, interaction.dialled}
        ):
            return Party(party.channel, party.interface, resource, party.name, party.leg)
        return party

    def _settle(self, interaction: Interaction) -> None:
        caller = interaction.caller
        if caller is None:
            return
        if interaction.dialled is None and not interaction.originated and caller.exten != "s":
            interaction.dialled = caller.exten
        interaction.direction = direction(
            caller_external=is_external(caller, self.trunks),
            callee_external=interaction.callee_external
            or (not self.trunks and is_public(interaction.dialled)),
            originated=interaction.originated,
        )

    def learned(self, interaction: Interaction, before: tuple[object, ...]) -> None:
        """Tell what changed about a call, if anything did; `before` is an earlier `view`."""
        self._settle(interaction)
        if not interaction.announced or self.view(interaction) == before:
            return
        self.tell(
            InteractionChanged,
            interaction,
            direction=interaction.direction,
            caller=self.caller_party(interaction),
            dialled=interaction.dialled,
        )

    @staticmethod
    def view(interaction: Interaction) -> tuple[object, ...]:
        caller = interaction.caller
        return (
            interaction.direction,
            interaction.dialled,
            caller and (caller.uniqueid, caller.number, caller.caller_name),
            interaction.originated,
        )

    # --- merging and ending ------------------------------------------------------------------

    def merge(self, one: Interaction, other: Interaction) -> Interaction:
        """Two that turned out to be the same contact become the older one."""
        if one is other:
            return one
        keep, gone = (one, other) if one.order <= other.order else (other, one)
        self.announce(keep)
        self.announce(gone)
        if gone.announced:
            if not keep.announced:  # nobody in it but Local channels: who calls is the other's
                keep.caller = gone.caller
            self.tell(InteractionsMerged, keep, merged=gone.id)
        for channel in gone.channels.values():
            channel.interaction = keep
        for entry in self.entries.values():  # telephones may be gone while their offers are open
            for offer in entry.undecided:
                if offer.channel.interaction is gone:
                    offer.channel.interaction = keep
        keep.channels.update(gone.channels)
        keep.entries += gone.entries
        keep.transfers += gone.transfers
        keep.answered |= gone.answered
        keep.incomplete |= gone.incomplete
        keep.caller = keep.caller or gone.caller
        keep.held += [msgspec.structs.replace(event, interaction=keep.id) for event in gone.held]
        for what, count in gone.seen.items():
            keep.seen[what] = keep.seen.get(what, 0) + count
        for linkedid in gone.linkedids:
            self._link(linkedid, keep)
        self.interactions.pop(gone.id, None)
        keep.told = False
        return keep

    def close(self, channel: Channel, cause: int | None, *, lost: bool = False) -> None:
        """A channel is gone; when it was the last of its call, so is the call."""
        interaction = channel.interaction
        moves.end_hold(self, channel)
        if channel.recording:
            moves.stop_recording(self, channel)
        if channel is interaction.caller:
            interaction.cause = cause
        if channel.announced:
            self.tell(LegEnded, interaction, leg=channel.leg, cause=cause, estimated=lost)
        self._forget(channel)
        if not interaction.channels:
            self.end(interaction, lost=lost)
        elif channel is interaction.caller and interaction.originated and not interaction.answered:
            interaction.caller = next(
                (c for c in interaction.channels.values() if c.real and c.offer is None), channel
            )

    def _forget(self, channel: Channel) -> None:
        del self.channels[channel.uniqueid]
        if self.by_name.get(channel.name) is channel:
            del self.by_name[channel.name]
        channel.interaction.channels.pop(channel.uniqueid, None)
        self.gone[channel.uniqueid] = None
        if len(self.gone) > _REMEMBERED:
            self.gone.popitem(last=False)

    def end(self, interaction: Interaction, *, lost: bool = False) -> None:
        """Close a call: whatever is open in it first, then itself."""
        for transfer in list(interaction.transfers):
            moves.end_transfer(
                self, interaction, transfer, transfer.last_result or OfferResult.FAILED
            )
        reason = EndReason.LOST if lost else outcomes.end_reason(interaction)
        if interaction.announced:
            self.tell(
                InteractionEnded,
                interaction,
                reason=reason,
                by=None
                if lost
                else outcomes.ended_by(interaction, reason, hears=self.hears_requests),
                cause=interaction.cause,
                answered=interaction.answered,
                estimated=lost,
                incomplete=lost or interaction.incomplete,
            )
        self.interactions.pop(interaction.id, None)
        for linkedid in interaction.linkedids:
            self.by_linkedid.pop(linkedid, None)
