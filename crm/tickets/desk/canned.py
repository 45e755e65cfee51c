"""Canned responses as people send and see them, filled with what a ticket says."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from callcenter.errors import InvalidInput
from crm import placeholders
from crm.text import paragraphs
from crm.tickets.desk.sharing import Owned, Sharing, Viewer, may_change
from crm.tickets.desk.tables import CannedResponse

LONGEST = 10_000  # characters of a text


class Canned(msgspec.Struct, frozen=True):
    """`may_change`: for the one who asks."""

    id: int
    title: str
    body: str
    shortcut: str | None
    sharing: str
    team: int | None
    version: int
    may_change: bool


class Filled(msgspec.Struct, frozen=True):
    """A text as it is for one ticket: people look at it, then send it."""

    text: str


def canned_of(row: CannedResponse, viewer: Viewer) -> Canned:
    owned = Owned(Sharing(row.sharing), row.owner_id, row.team_id)
    return Canned(
        id=row.id,
        title=row.title,
        body=row.body,
        shortcut=row.shortcut,
        sharing=row.sharing,
        team=row.team_id,
        version=row.version,
        may_change=may_change(viewer, owned),
    )


def checked(text: str, field: str = "body") -> str:
    """A text whose gaps are all known. InvalidInput names the field, and the gap that is not."""
    return placeholders.check(paragraphs(text, field, longest=LONGEST), field)


def filled(text: str, values: Mapping[str, str], field: str = "text") -> str:
    """InvalidInput when nothing is left of it."""
    made = placeholders.render(text, values).strip()
    if not made:
        raise InvalidInput("nothing is left of this text for this ticket", field=field)
    return made
