"""Who may be given a call: agents, the phones they use, and the queues."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base

SERVICE_LEVEL = 20.0  # seconds within which an answer counts as in time
SHORT_ABANDON = 5.0  # seconds up to which an abandon counts apart


class Agent(Base):
    """A person who takes calls; `user_id` is their sign-in, if they have one."""

    __tablename__ = "agents"

    id: Mapped[int] = mapped_column(primary_key=True)
    # No foreign key: sign-in has a room of its own, where people are switched off, not deleted.
    user_id: Mapped[int | None] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=true())


class AgentInterface(Base):
    """A phone of an agent, as the PBX names it (`PJSIP/1001`)."""

    __tablename__ = "agent_interfaces"

    pbx: Mapped[str] = mapped_column(Text, primary_key=True)
    interface: Mapped[str] = mapped_column(Text, primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), index=True)


class Queue(Base):
    """A queue of the PBX and what is measured against."""

    __tablename__ = "queues"
    __table_args__ = (UniqueConstraint("pbx", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pbx: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    service_level: Mapped[float] = mapped_column(server_default=text(str(SERVICE_LEVEL)))
    short_abandon: Mapped[float] = mapped_column(server_default=text(str(SHORT_ABANDON)))
