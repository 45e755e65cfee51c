"""Wires the erasure of persons: every room, the guard of the events, and who does it."""

from __future__ import annotations

from callcenter.forgetting.calls import Calls
from callcenter.forgetting.guard import Guard, Marks
from callcenter.forgetting.service import Eraser, Folders
from callcenter.running import Running
from crm.erasure import Customers
from crm.numbers import TrunkRules
from recording.erasure import Recordings
from recording.files import Folder
from recording.retention_keeper import RetentionKeeper
from routing.erasure import Work

PURPOSE = "tombstones"  # of the keys under which erased persons are recognised


async def forgetful(service: Running, folder: Folder, rules: TrunkRules) -> Eraser:
    """Before anything is published: what was told of erased persons passes the guard."""
    config, database, bus = service.config, service.database, service.bus
    marks = Marks(service.keys.derive(PURPOSE))
    guard = Guard(database, marks)
    await guard.load()
    bus.guard(guard.clean)
    service.crew.keeper("tombstones", guard.run())
    service.crew.keeper("retention", RetentionKeeper(database).run())
    rooms = (
        Customers(config.attachments_folder, rules.default),
        Calls(),
        Work(),
        Recordings(folder),
    )
    apart = (
        config.data / "waiting",
        config.kept_recordings,
        config.attachments_folder,
        config.secrets_key_file,
        config.phone_secrets,
    )
    eraser = Eraser(
        database, bus, rooms, marks=marks, watch=guard, folders=Folders(config.data, apart)
    )
    service.crew.keeper("erasures", eraser.run())
    return eraser
