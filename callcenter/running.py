"""What every part of a running service stands on, so that its parts need not know its wiring."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.bus import Bus
from callcenter.config import Config
from callcenter.crew import Crew
from callcenter.health import Health
from callcenter.secrets import Keys
from callcenter.store.database import Database


@dataclass(frozen=True, slots=True)
class Running:
    """`crew.failed` is set when the service cannot go on."""

    config: Config
    database: Database
    bus: Bus
    health: Health
    crew: Crew
    keys: Keys  # under which secrets lie at rest
