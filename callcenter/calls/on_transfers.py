"""Transfers: somebody who talked is put through to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callcenter.calls import hearing, moves
from callcenter.events import OfferResult, TransferKind

if TYPE_CHECKING:
    from callcenter.calls.on_channels import Fields
    from callcenter.calls.state import Channel
    from callcenter.calls.world import World

_UP = "6"  # Asterisk's channel state


def blind(world: World, fields: Fields) -> None:
    """`Transferer` sends `Transferee` to `Extension`, without talking to anybody there."""
    by = world.mention(fields, "Transferer")
    transferee = world.mention(fields, "Transferee")
    if by is None:
        return
    moved = hearing.far_end(world, transferee, by) or hearing.partner(by)
    transfer = moves.start_transfer(
        world, TransferKind.BLIND, by, moved, fields.get("Extension") or None
    )
    if transfer is None:
        return
    if fields.get("Result", "Success") != "Success":
        moves.end_transfer(world, by.interaction, transfer, OfferResult.FAILED)
        return
    hearing.end_talks(world, by)
    by.interaction.ends_by = None  # a conversation that went on elsewhere ended nothing


def attended(world: World, fields: Fields) -> None:
    """`OrigTransferer` joins two calls of one phone; `blonde` when the second still rings."""
    by = world.mention(fields, "OrigTransferer")
    second = world.mention(fields, "SecondTransferer")
    if by is None:
        return
    moved = hearing.far_end(world, world.find(fields.get("TransfereeUniqueid")), by)
    moved = moved or hearing.partner(by) or by.last_partner
    ringing = _rings(fields)
    target = None if ringing else _target(world, fields, second, moved)
    to = _number(target, second, fields)
    if second is not None:
        world.merge(by.interaction, second.interaction)
    kind = TransferKind.BLONDE if ringing else TransferKind.ATTENDED
    transfer = moves.start_transfer(world, kind, by, moved, to)
    if transfer is None:
        return
    if ringing:
        hearing.end_talks(world, by)
    by.interaction.ends_by = None
    if fields.get("Result", "Success") != "Success":
        moves.end_transfer(world, by.interaction, transfer, OfferResult.FAILED)
    elif not ringing or hearing.partner(moved) not in {None, by}:  # answered before this was told
        moves.end_transfer(world, by.interaction, transfer, OfferResult.ANSWERED)


def _rings(fields: Fields) -> bool:
    """Whether the second call was not answered when the transfer was made."""
    state = fields.get("TransferTargetChannelState")
    return fields.get("DestType") == "App" or (state is not None and state != _UP)


def _target(
    world: World, fields: Fields, second: Channel | None, moved: Channel | None
) -> Channel | None:
    """Whom the transferer consulted, seen from whichever leg can still say."""
    found = hearing.far_end(world, world.find(fields.get("TransferTargetUniqueid")), second, moved)
    if found is not None or second is None:
        return found
    # The PBX may have put them together already, and only then tells of the transfer.
    last = second.last_partner if second.last_partner is not moved else None
    return hearing.partner(second) or last


def _number(target: Channel | None, second: Channel | None, fields: Fields) -> str | None:
    """The number of the one consulted, else the one that was dialled to consult."""
    if target is not None and target.number:
        return target.number
    return fields.get("TransferTargetCallerIDNum") or (second.exten if second else None)
