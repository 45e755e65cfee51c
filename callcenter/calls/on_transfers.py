"""Transfers: somebody who talked is put through to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callcenter.calls import hearing
from callcenter.events import OfferResult, TransferKind

if TYPE_CHECKING:
    from callcenter.calls.on_channels import Fields
    from callcenter.calls.state import Channel
    from callcenter.calls.world import World


def blind(world: World, fields: Fields) -> None:
    """`Transferer` sends `Transferee` to `Extension`, without talking to anybody there."""
    by = world.mention(fields, "Transferer")
    transferee = world.mention(fields, "Transferee")
    if by is None:
        return
    moved = hearing.far_end(world, transferee, by) or hearing.partner(by)
    transfer = world.start_transfer(TransferKind.BLIND, by, moved, fields.get("Extension") or None)
    if transfer is None:
        return
    if fields.get("Result", "Success") != "Success":
        world.end_transfer(by.interaction, transfer, OfferResult.FAILED)
        return
    hearing.end_talks(world, by)


def attended(world: World, fields: Fields) -> None:
    """`OrigTransferer` joins two calls of one phone; `blonde` when the second still rings."""
    by = world.mention(fields, "OrigTransferer")
    second = world.mention(fields, "SecondTransferer")
    transferee = world.find(fields.get("TransfereeUniqueid"))
    target = hearing.far_end(world, world.find(fields.get("TransferTargetUniqueid")), second)
    if by is None:
        return
    moved = hearing.far_end(world, transferee, by) or hearing.partner(by)
    target = target or hearing.partner(second)
    to = _target_number(target, second, fields)
    if second is not None:
        world.merge(by.interaction, second.interaction)
    ringing = target is None or fields.get("DestType") == "App"
    kind = TransferKind.BLONDE if ringing else TransferKind.ATTENDED
    transfer = world.start_transfer(kind, by, moved, to)
    if transfer is None:
        return
    if fields.get("Result", "Success") != "Success":
        world.end_transfer(by.interaction, transfer, OfferResult.FAILED)
    elif not ringing:
        world.end_transfer(by.interaction, transfer, OfferResult.ANSWERED)


def _target_number(target: Channel | None, second: Channel | None, fields: Fields) -> str | None:
    """Whom the consultation reached: its party, else the number it dialled."""
    if second is not None and second.exten and second.exten != "s":
        return second.exten
    if target is not None and target.number:
        return target.number
    return fields.get("TransferTargetCallerIDNum") or None
