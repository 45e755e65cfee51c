"""Wires where recordings are kept: the places, the keys, who moves them there, who reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from callcenter.config import Config
from callcenter.errors import ConfigError
from callcenter.forgetful import forgetful
from callcenter.forgetting.service import Eraser
from callcenter.running import Running
from crm.numbers import TrunkRules
from recording.files import Folder
from recording.store.keeper import Keeper
from recording.store.keyring import BadKeys, KeyRing
from recording.store.places import FolderPlace, Place
from recording.store.reader import Reader
from recording.store.s3 import Bucket, S3Place
from recording.store.steps import Shape, Steps


@dataclass(frozen=True, slots=True)
class Storing:
    """What the doors ask: for sound, and that somebody be forgotten."""

    reader: Reader
    eraser: Eraser


async def storing(service: Running, folder: Folder, rules: TrunkRules) -> Storing:
    """All of it at work, before the first event is told; ConfigError for keys that are none."""
    config = service.config
    local, places, keys = FolderPlace(config.kept_recordings), _places(config), key_ring(config)
    shape = Shape(
        place=config.storage.place,
        opus=config.storage.opus,
        bit_rate=config.storage.opus_kbps * 1000,
    )
    keeper = Keeper(
        service.database,
        Steps(folder, local, places, keys=keys, shape=shape),
        keys=keys,
        shape=shape,
        disks=_disks(config, folder),
        threshold=config.storage.full_percent / 100,
    )
    service.health.register("storage", keeper.health)
    service.crew.keeper("storage", keeper.run())
    eraser = await forgetful(service, folder, rules)
    return Storing(Reader(folder, local, places, keys), eraser)


def key_ring(config: Config) -> KeyRing:
    try:
        return KeyRing.parse(config.storage.keys)
    except BadKeys as error:
        raise ConfigError(f"storage.keys: {error}", field="storage.keys") from None


def _places(config: Config) -> dict[str, Place]:
    """Also without new recordings going there: older ones may be in it."""
    storage = config.storage
    if not storage.bucket:
        return {}
    return {
        "s3": S3Place(
            Bucket(
                storage.bucket,
                endpoint=storage.endpoint,
                region=storage.region,
                prefix=storage.prefix,
                access_key=storage.access_key,
                secret_key=storage.secret_key,
            )
        )
    }


def _disks(config: Config, folder: Folder) -> tuple[Path, ...]:
    """Ours first; the PBX's where it is another one to watch."""
    if config.storage.place == "pbx":
        return (folder.path,)
    return (config.kept_recordings, folder.path)
