"""Who may be given a call: agents, the phones they use, and the queues."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant

SERVICE_LEVEL = 20.0  # seconds within which an answer counts as in time
SHORT_ABANDON = 5.0  # seconds up to which an abandon counts apart
NAME = String(64)  # what other things are called by in settings


class Agent(Base):
    """A person who takes calls; `user_id` is their sign-in, if they have one."""

    __tablename__ = "agents"

    id: Mapped[int] = mapped_column(primary_key=True)
    # No foreign key: sign-in has a room of its own, where people are switched off, not deleted.
    user_id: Mapped[int | None] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=true())
    rank: Mapped[int] = mapped_column(server_default=text("0"))  # lowest first where order decides


class AgentInterface(Base):
    """A phone of an agent, as the PBX names it (`PJSIP/1001`)."""

    __tablename__ = "agent_interfaces"

    pbx: Mapped[str] = mapped_column(Text, primary_key=True)
    interface: Mapped[str] = mapped_column(Text, primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), index=True)


class Queue(Base):
    """A queue and what is measured against; seconds everywhere.

    `ours`: this service distributes it. A queue that the PBX distributes by itself is only
    measured, and the rest of its columns says nothing. Other things are named, not linked: what is
    saved is checked whole (`routing.checks`), and a name is what calls and their history carry.
    """

    __tablename__ = "queues"
    __table_args__ = (UniqueConstraint("pbx", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pbx: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    service_level: Mapped[float] = mapped_column(server_default=text(str(SERVICE_LEVEL)))
    short_abandon: Mapped[float] = mapped_column(server_default=text(str(SHORT_ABANDON)))
    ours: Mapped[bool] = mapped_column(server_default=false())
    label: Mapped[str] = mapped_column(Text, server_default="")
    weight: Mapped[float] = mapped_column(server_default=text("1.0"))
    priority: Mapped[float] = mapped_column(server_default=text("0.0"))
    strategy: Mapped[str] = mapped_column(String(16), server_default="longest_idle")
    ring_seconds: Mapped[float] = mapped_column(server_default=text("20.0"))
    wrap_up_seconds: Mapped[float] = mapped_column(server_default=text("30.0"))
    wrap_up_extend: Mapped[float] = mapped_column(server_default=text("120.0"))
    rona_limit: Mapped[int] = mapped_column(server_default=text("2"))
    required: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    preferred: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    calendar: Mapped[str | None] = mapped_column(NAME)
    max_waiting: Mapped[int | None]
    max_wait: Mapped[float | None]
    music: Mapped[str] = mapped_column(NAME, server_default="default")
    announce_every: Mapped[float | None] = mapped_column(server_default=text("60.0"))
    announce_position: Mapped[bool] = mapped_column(server_default=true())
    announce_wait: Mapped[bool] = mapped_column(server_default=true())
    exit_key: Mapped[str | None] = mapped_column(String(1))
    callback_key: Mapped[str | None] = mapped_column(String(1))
    next_steps: Mapped[dict[str, Any]] = mapped_column(JSON, server_default="{}")
    dispositions: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    disposition_required: Mapped[bool] = mapped_column(server_default=false())
    ask_satisfaction: Mapped[bool] = mapped_column(server_default=false())


class Skill(Base):
    """Something an agent can or cannot do, to a degree."""

    __tablename__ = "skills"

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    label: Mapped[str] = mapped_column(Text, server_default="")


class AgentSkill(Base):
    """How well an agent can do something; more is better."""

    __tablename__ = "agent_skills"

    agent_id: Mapped[int] = mapped_column(
        ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True
    )
    skill: Mapped[str] = mapped_column(
        NAME, ForeignKey("skills.name", ondelete="CASCADE"), primary_key=True, index=True
    )
    level: Mapped[int] = mapped_column(server_default=text("1"))


class AgentQueue(Base):
    """An agent takes calls of a queue."""

    __tablename__ = "agent_queues"

    agent_id: Mapped[int] = mapped_column(
        ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True
    )
    queue_id: Mapped[int] = mapped_column(
        ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class MembershipToday(Base):
    """An agent takes calls of a queue for today, or takes none of it, whatever is usual.

    It holds until the end of the day in the installation's zone.
    """

    __tablename__ = "memberships_today"

    agent_id: Mapped[int] = mapped_column(
        ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True
    )
    queue_id: Mapped[int] = mapped_column(
        ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    member: Mapped[bool]
    until: Mapped[float] = mapped_column(Instant)
    by_user: Mapped[int | None]
    at: Mapped[float] = mapped_column(Instant)


class CalendarRow(Base):
    """When somebody is there; `data` is a `callcenter.calendars.Calendar`."""

    __tablename__ = "calendars"

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    label: Mapped[str] = mapped_column(Text, server_default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON)


class EntryPointRow(Base):
    """A number people call; `rules` is a list of `routing.rules.Rule`."""

    __tablename__ = "entry_points"
    __table_args__ = (UniqueConstraint("pbx", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pbx: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(NAME)
    name: Mapped[str] = mapped_column(Text)
    rules: Mapped[list[Any]] = mapped_column(JSON)
    menu: Mapped[str | None] = mapped_column(NAME)
    queue: Mapped[str] = mapped_column(Text)


class MenuRow(Base):
    """What callers choose from by key; `data` is a `routing.menus.Menu`."""

    __tablename__ = "menus"

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    label: Mapped[str] = mapped_column(Text, server_default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON)


class PromptRow(Base):
    """A sound that callers hear; its file is called after it."""

    __tablename__ = "prompts"

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    label: Mapped[str] = mapped_column(Text, server_default="")
    seconds: Mapped[float]
    size: Mapped[int]  # bytes
    uploaded_at: Mapped[float] = mapped_column(Instant)


class PauseReason(Base):
    """Why an agent is not ready, to choose from; `no_answer` and `disconnected` are ours."""

    __tablename__ = "pause_reasons"

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(server_default=text("0"))
    active: Mapped[bool] = mapped_column(server_default=true())


class Disposition(Base):
    """How a contact ended, to choose from."""

    __tablename__ = "dispositions"

    name: Mapped[str] = mapped_column(NAME, primary_key=True)
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(server_default=text("0"))
    active: Mapped[bool] = mapped_column(server_default=true())


class AgentStateRow(Base):
    """What an agent does now; `pending` is what they asked for in a call."""

    __tablename__ = "agent_states"

    agent_id: Mapped[int] = mapped_column(
        ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[Any]] = mapped_column(JSON)
    since: Mapped[float] = mapped_column(Instant)
    idle_since: Mapped[float | None] = mapped_column(Instant)
    interface: Mapped[str | None] = mapped_column(Text)
    pending: Mapped[str | None] = mapped_column(String(16))
    misses: Mapped[int]
    interaction_id: Mapped[str | None] = mapped_column(EventId)
    queue: Mapped[str | None] = mapped_column(Text)
    until: Mapped[float | None] = mapped_column(Instant)
    watched: Mapped[bool]


class AgentStateLogRow(Base):
    """Append-only: a state or its reasons changed, or a person asked for something.

    `asked` and `user_id` say what was asked for and by whom; what follows by itself has neither.
    No foreign keys: the history of who is gone stays.
    """

    __tablename__ = "agent_state_log"
    __table_args__ = (Index(None, "agent_id", "at"), Index(None, "interaction_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int]
    at: Mapped[float] = mapped_column(Instant, index=True)
    state: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[Any]] = mapped_column(JSON)
    interaction_id: Mapped[str | None] = mapped_column(EventId)
    asked: Mapped[str | None] = mapped_column(String(16))
    user_id: Mapped[int | None]
