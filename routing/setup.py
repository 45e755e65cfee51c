"""Everything administrators describe, as one frozen picture that the live parts decide by.

It is loaded whole and replaced whole, so nobody ever sees half of a change, and kept while the
database is away. What a row holds that cannot be read (somebody wrote into the tables by hand) is
left out with a word in the log: the rest of the house goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
import structlog

from callcenter.calendars import Calendar
from callcenter.calendars import check as check_calendar
from callcenter.errors import CallCenterError
from callcenter.store.database import Database
from routing import tables
from routing.engine import Need as SkillNeed
from routing.engine import Strategy
from routing.fresh import Fresh
from routing.menus import Menu
from routing.rule_settings import VOICEMAIL, NextStep, Rule
from routing.setup_queries import Rows, read_all

__all__ = ["NextStep", "SkillNeed"]

T = TypeVar("T")
R = TypeVar("R")

SATISFACTION_PROMPT = "callcenter-satisfaction"  # no PBX has such a sound; it is to be uploaded

log = structlog.get_logger(__name__)


def _none() -> Mapping[str, T]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSetup:
    """A queue that we distribute; seconds everywhere. `label` is what people call it."""

    id: int
    name: str
    label: str = ""
    weight: float = 1.0
    priority: float = 0.0
    strategy: Strategy = Strategy.LONGEST_IDLE
    ring_seconds: float = 20.0
    wrap_up_seconds: float = 30.0
    wrap_up_extend: float = 120.0
    required: tuple[SkillNeed, ...] = ()
    preferred: tuple[SkillNeed, ...] = ()
    calendar: str | None = None
    max_waiting: int | None = None
    max_wait: float | None = None
    music: str = "default"
    announce_every: float | None = 60.0
    announce_position: bool = True
    announce_wait: bool = True
    exit_key: str | None = None
    callback_key: str | None = None
    when_closed: NextStep = VOICEMAIL
    when_full: NextStep = VOICEMAIL
    when_timed_out: NextStep = VOICEMAIL
    when_empty: NextStep = VOICEMAIL
    when_key: NextStep = VOICEMAIL
    dispositions: tuple[str, ...] = ()
    disposition_required: bool = False
    ask_satisfaction: bool = False
    service_level: float = 20.0
    short_abandon: float = 5.0
    rona_limit: int = 2

    @property
    def keys(self) -> str:
        """Those by which a caller leaves it."""
        return (self.exit_key or "") + (self.callback_key or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSetup:
    """An active agent; `interfaces` are the telephones on this PBX."""

    id: int
    name: str
    user: int | None = None
    queues: frozenset[str] = frozenset()
    skills: Mapping[str, int] = field(default_factory=_none)
    rank: int = 0
    interfaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPoint:
    """A number people call: its rules, then its menu if it has one, then its queue."""

    number: str
    name: str
    queue: str
    rules: tuple[Rule, ...] = ()
    menu: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A sound of ours; its file is called after it."""

    name: str
    label: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Word:
    """Something agents choose from, with words in both languages."""

    name: str
    zh: str
    en: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Names lead to everything; lists for people are in their order."""

    queues: Mapping[str, QueueSetup] = field(default_factory=_none)
    agents: Mapping[int, AgentSetup] = field(default_factory=lambda: MappingProxyType({}))
    calendars: Mapping[str, Calendar] = field(default_factory=_none)
    entries: Mapping[str, EntryPoint] = field(default_factory=_none)
    menus: Mapping[str, Menu] = field(default_factory=_none)
    prompts: Mapping[str, Prompt] = field(default_factory=_none)
    skills: Mapping[str, str] = field(default_factory=_none)  # name → label
    pause_reasons: Mapping[str, Word] = field(default_factory=_none)
    dispositions: Mapping[str, Word] = field(default_factory=_none)

    def entry(self, dialled: str) -> EntryPoint | None:
        """The entry point of a number: its own, else the longest one like `021555*` that fits."""
        found = self.entries.get(dialled)
        if found is not None:
            return found
        wide = (number for number in self.entries if number.endswith("*"))
        fits = [number for number in wide if dialled.startswith(number[:-1])]
        return self.entries[max(fits, key=len)] if fits else None

    def agent_of_user(self, user: int) -> AgentSetup | None:
        return next((one for one in self.agents.values() if one.user == user), None)


def built(rows: Rows) -> Setup:
    """The picture that the rows give."""
    queues = _read(rows.queues, lambda row: row.name, queue_of)
    return Setup(
        queues=queues,
        agents=_agents(rows, frozenset(queues)),
        calendars=_read(rows.calendars, lambda row: row.name, calendar_of),
        entries=_read(rows.entries, lambda row: row.number, entry_of),
        menus=_read(rows.menus, lambda row: row.name, menu_of),
        prompts={row.name: Prompt(row.name, row.label, row.seconds) for row in rows.prompts},
        skills={row.name: row.label for row in rows.skills},
        pause_reasons={row.name: _word(row) for row in rows.pause_reasons},
        dispositions={row.name: _word(row) for row in rows.dispositions},
    )


def queue_of(row: tables.Queue) -> QueueSetup:
    """Raises msgspec.ValidationError or ValueError for what cannot be read; so do the others."""
    steps = msgspec.convert(row.next_steps, dict[str, NextStep])
    whens: dict[str, Any] = {f"when_{name}": steps.get(name, VOICEMAIL) for name in STEPS}
    return QueueSetup(
        **{name: getattr(row, name) for name in _PLAIN},
        strategy=Strategy(row.strategy),
        required=msgspec.convert(row.required, tuple[SkillNeed, ...]),
        preferred=msgspec.convert(row.preferred, tuple[SkillNeed, ...]),
        dispositions=msgspec.convert(row.dispositions, tuple[str, ...]),
        **whens,
    )


def calendar_of(row: tables.CalendarRow) -> Calendar:
    calendar = msgspec.convert(row.data, Calendar)
    check_calendar(calendar)
    return calendar


def entry_of(row: tables.EntryPointRow) -> EntryPoint:
    return EntryPoint(
        number=row.number,
        name=row.name,
        queue=row.queue,
        rules=msgspec.convert(row.rules, tuple[Rule, ...]),
        menu=row.menu,
    )


def menu_of(row: tables.MenuRow) -> Menu:
    return msgspec.convert(row.data, Menu)


STEPS = ("closed", "full", "timed_out", "empty", "key")
_PLAIN = (
    *("id", "name", "label", "weight", "priority", "ring_seconds", "wrap_up_seconds"),
    *("wrap_up_extend", "calendar", "max_waiting", "max_wait", "music", "announce_every"),
    *("announce_position", "announce_wait", "exit_key", "callback_key", "disposition_required"),
    *("ask_satisfaction", "service_level", "short_abandon", "rona_limit"),
)


def _read(rows: Iterable[R], name: Callable[[R], str], make: Callable[[R], T]) -> dict[str, T]:
    made: dict[str, T] = {}
    for row in rows:
        try:
            made[name(row)] = make(row)
        except (ValueError, CallCenterError) as error:  # msgspec's errors are ValueErrors
            log.error(
                "setup_row_unreadable", kind=type(row).__name__, name=name(row), why=f"{error}"
            )
    return made


def _agents(rows: Rows, queues: frozenset[str]) -> dict[int, AgentSetup]:
    return {
        row.id: AgentSetup(
            id=row.id,
            name=row.name,
            user=row.user_id,
            queues=frozenset(rows.queues_of.get(row.id, ())) & queues,
            skills=MappingProxyType(rows.skills_of.get(row.id, {})),
            rank=row.rank,
            interfaces=tuple(rows.interfaces_of.get(row.id, ())),
        )
        for row in rows.agents
    }


def _word(row: tables.PauseReason | tables.Disposition) -> Word:
    return Word(row.name, row.zh, row.en, row.active)


class SetupKeeper(Fresh):
    """Holds the picture of one PBX; empty until the first load, and told to whoever listens."""

    def __init__(self, database: Database, pbx: str) -> None:
        super().__init__()
        self._database = database
        self._pbx = pbx
        self.current = Setup()
        self.on_change: list[Callable[[Setup], None]] = []

    async def load(self) -> None:
        """Raises what the database raises. Listeners hear of it when something is different."""
        async with self._database.reading() as session:
            rows = await read_all(session, self._pbx)
        setup = built(rows)
        if setup != self.current:
            self.current = setup
            for listener in self.on_change:
                listener(setup)
