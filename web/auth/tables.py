"""Who may sign in, in which roles and teams, by which proofs, and who is signed in now."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, Instant


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    # In lower case: nobody looks like somebody else by changing the case of a letter.
    username_key: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)  # Argon2, with its parameters
    language: Mapped[str] = mapped_column(String(8))
    theme: Mapped[str] = mapped_column(String(8))
    active: Mapped[bool] = mapped_column(server_default=true())
    created_at: Mapped[float] = mapped_column(Instant)


class RoleRow(Base):
    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    built_in: Mapped[bool] = mapped_column(server_default=false())
    label: Mapped[str] = mapped_column(Text, server_default="")  # as people call it


class RoleRight(Base):
    """A right of a role and how far it reaches."""

    __tablename__ = "role_rights"

    role: Mapped[str] = mapped_column(
        String(64), ForeignKey("roles.name", ondelete="CASCADE"), primary_key=True
    )
    right: Mapped[str] = mapped_column(String(64), primary_key=True)
    scope: Mapped[str] = mapped_column(String(8))


class UserRole(Base):
    __tablename__ = "user_roles"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(
        String(64), ForeignKey("roles.name", ondelete="CASCADE"), primary_key=True, index=True
    )


class Team(Base):
    """A group of people; `parent_id` is the team that it is a part of."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text, unique=True)  # casefolded
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    created_at: Mapped[float] = mapped_column(Instant)


class TeamMember(Base):
    """The one team that a person is in."""

    __tablename__ = "team_members"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)


class SecondFactor(Base):
    """What a person's authenticator app shares with us. It counts once it is confirmed."""

    __tablename__ = "second_factors"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    secret: Mapped[str] = mapped_column(Text)  # sealed; shown once, while it is set up
    created_at: Mapped[float] = mapped_column(Instant)
    confirmed_at: Mapped[float | None] = mapped_column(Instant)
    last_step: Mapped[int] = mapped_column(server_default=text("0"))  # no code works twice


class RecoveryCode(Base):
    """A way in without the app, once. They are random, so a plain hash cannot be searched."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)


class SessionRow(Base):
    """One browser that is signed in. `id` is the hash of its cookie, which is kept nowhere."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[float] = mapped_column(Instant)
    last_seen_at: Mapped[float] = mapped_column(Instant)
    expires_at: Mapped[float] = mapped_column(Instant, index=True)  # whatever is done with it
    address: Mapped[str] = mapped_column(Text)
    user_agent: Mapped[str] = mapped_column(Text)
