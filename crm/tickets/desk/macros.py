"""Several changes with one key: what a macro may hold, checked when it is saved; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from callcenter.errors import InvalidInput
from crm.text import line
from crm.tickets.desk import canned, tags
from crm.tickets.desk.filters import Id, PriorityName

MOST = 10  # steps of one macro
LONGEST_WAIT = 365  # days

Text = Annotated[str, Meta(min_length=1, max_length=canned.LONGEST)]
Tag = Annotated[str, Meta(min_length=1, max_length=tags.LONGEST)]


def _tag(name: str) -> str:
    return name.removesuffix("Step").lower()


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag=_tag):
    """One change of a ticket. `do` says which."""


class AssignStep(Change, frozen=True):
    """To the one who does it, to nobody, or to this user."""

    to: Literal["me", "nobody"] | Id


class TeamStep(Change, frozen=True):
    team: Id | None


class PriorityStep(Change, frozen=True):
    priority: PriorityName


class TagsStep(Change, frozen=True):
    add: Annotated[list[Tag], Meta(max_length=tags.MOST)] = []
    remove: Annotated[list[Tag], Meta(max_length=tags.MOST)] = []


class StartStep(Change, frozen=True):
    pass


class PendStep(Change, frozen=True):
    """Until so many days from then at the latest."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    days: Annotated[int, Meta(ge=1, le=LONGEST_WAIT)] | None = None


class ResolveStep(Change, frozen=True):
    """`solution` may have placeholders."""

    solution: Text | None = None


class ReopenStep(Change, frozen=True):
    pass


class ArchiveStep(Change, frozen=True):
    pass


class ReplyStep(Change, frozen=True):
    """To the customer; may have placeholders."""

    text: Text


class NoteStep(Change, frozen=True):
    """Among us; may have placeholders."""

    text: Text


# Unions for msgspec, which needs to see each of them.
Life = StartStep | PendStep | ResolveStep | ReopenStep | ArchiveStep
Silent = AssignStep | TeamStep | PriorityStep | TagsStep | Life  # the customer hears nothing
Step = Silent | ReplyStep | NoteStep

# What each asks for beside the right to change tickets.
_RIGHTS: Mapping[type[Change], str] = {
    AssignStep: "ticket.assign",
    TeamStep: "ticket.assign",
    ResolveStep: "ticket.resolve",
    ArchiveStep: "ticket.archive",
}


def rights(steps: Iterable[Step]) -> frozenset[str]:
    """The rights that whoever applies them needs."""
    asked = {_RIGHTS[type(step)] for step in steps if type(step) in _RIGHTS}
    return frozenset(asked | {"ticket.write"})


def checked(steps: Sequence[Step]) -> list[Step]:
    """InvalidInput names the step that could never be applied."""
    if not steps:
        raise InvalidInput("say what it does", field="steps")
    if len(steps) > MOST:
        raise InvalidInput(f"at most {MOST} steps", field="steps")
    moves = [number for number, step in enumerate(steps) if isinstance(step, Life)]
    if len(moves) > 1:
        raise InvalidInput("only one step of a ticket's life", field=f"steps[{moves[1]}]")
    return [_CHECKS.get(type(step), _as_it_is)(step, f"steps[{n}]") for n, step in enumerate(steps)]


def read(stored: Sequence[Any]) -> list[Step]:
    """Steps as they were written down."""
    return msgspec.convert(list(stored), list[Step])


def written(steps: Sequence[Step]) -> list[Any]:
    """As they are kept."""
    made: list[Any] = msgspec.to_builtins(list(steps))
    return made


def _as_it_is(step: Any, _at: str) -> Step:
    found: Step = step
    return found


def _tags(step: Any, at: str) -> Step:
    add, remove = tags.checked(step.add, f"{at}.add"), tags.checked(step.remove, f"{at}.remove")
    if not add and not remove:
        raise InvalidInput("say which tags", field=at)
    return TagsStep(add, remove)


def _pend(step: Any, at: str) -> Step:
    return PendStep(line(step.reason, f"{at}.reason", longest=500), step.days)


def _resolve(step: Any, at: str) -> Step:
    text = step.solution
    return ResolveStep(None if text is None else canned.checked(text, f"{at}.solution"))


def _reply(step: Any, at: str) -> Step:
    return ReplyStep(canned.checked(step.text, f"{at}.text"))


def _note(step: Any, at: str) -> Step:
    return NoteStep(canned.checked(step.text, f"{at}.text"))


_CHECKS: Mapping[type[Change], Callable[[Any, str], Step]] = {
    TagsStep: _tags,
    PendStep: _pend,
    ResolveStep: _resolve,
    ReplyStep: _reply,
    NoteStep: _note,
}
