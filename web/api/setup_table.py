"""The routes of what administrators describe: queues, skills, calendars, numbers, menus, sounds."""

from __future__ import annotations

from sqlalchemy import inspect

from callcenter.store.base import Base
from routing.tables import (
    CalendarRow,
    Disposition,
    EntryPointRow,
    MenuRow,
    PauseReason,
    PromptRow,
    Queue,
    Skill,
)
from web.api import calendars, entry_points, menus, prompts, queues, skills
from web.api.setup_audit import watched
from web.auth.rights import Right
from web.routes import Handler, Route

V1 = "/api/v1"
READ, MANAGE = Right.DIRECTORY_READ, Right.QUEUE_MANAGE


def _kind(path: str, model: type[Base], one: str, four: tuple[Handler, ...]) -> tuple[Route, ...]:
    """List, new, change and delete of one kind of thing; every change is written down."""
    listing, create, change, delete = four
    (column,) = inspect(model).primary_key
    each, kind = f"{V1}/{path}/{{{column.name}}}", path.removesuffix("s").replace("-", "_")
    create = watched(kind, model, create, action="create")
    change = watched(kind, model, change, action="change")
    delete = watched(kind, model, delete, action="delete")
    return (
        Route("GET", f"{V1}/{path}", listing, READ, f"Every {one}"),
        Route("POST", f"{V1}/{path}", create, MANAGE, f"New {one}", status=201),
        Route("PUT", each, change, MANAGE, f"Describe a {one} anew, as a whole"),
        Route("DELETE", each, delete, MANAGE, f"Delete a {one}; 409 while something uses it"),
    )


def _prompt(handler: Handler, action: str) -> Handler:
    return watched("prompt", PromptRow, handler, action=action)


SETUP: tuple[Route, ...] = (
    *_kind(
        "queues",
        Queue,
        "queue",
        (queues.list_queues, queues.create_queue, queues.change_queue, queues.delete_queue),
    ),
    *_kind(
        "skills",
        Skill,
        "skill",
        (skills.list_skills, skills.create_skill, skills.change_skill, skills.delete_skill),
    ),
    *_kind(
        "pause-reasons",
        PauseReason,
        "reason to pause",
        (
            skills.list_pause_reasons,
            skills.create_pause_reason,
            skills.change_pause_reason,
            skills.delete_pause_reason,
        ),
    ),
    *_kind(
        "dispositions",
        Disposition,
        "disposition",
        (
            skills.list_dispositions,
            skills.create_disposition,
            skills.change_disposition,
            skills.delete_disposition,
        ),
    ),
    *_kind(
        "calendars",
        CalendarRow,
        "calendar",
        (
            calendars.list_calendars,
            calendars.create_calendar,
            calendars.change_calendar,
            calendars.delete_calendar,
        ),
    ),
    Route(
        "GET",
        f"{V1}/holiday-countries",
        calendars.list_holiday_countries,
        READ,
        "Countries whose holidays are known, with their regions",
    ),
    *_kind(
        "entry-points",
        EntryPointRow,
        "number that people call",
        (
            entry_points.list_entry_points,
            entry_points.create_entry_point,
            entry_points.change_entry_point,
            entry_points.delete_entry_point,
        ),
    ),
    *_kind(
        "menus",
        MenuRow,
        "menu",
        (menus.list_menus, menus.create_menu, menus.change_menu, menus.delete_menu),
    ),
    Route("GET", f"{V1}/prompts", prompts.list_prompts, READ, "Every prompt"),
    Route(
        "POST",
        f"{V1}/prompts",
        _prompt(prompts.create_prompt, "create"),
        MANAGE,
        "New prompt: a WAV file, converted for the PBX",
        status=201,
        consumes="audio/wav",
    ),
    Route(
        "PUT",
        f"{V1}/prompts/{{name}}",
        _prompt(prompts.replace_prompt, "change"),
        MANAGE,
        "Another sound under the same name",
        consumes="audio/wav",
    ),
    Route(
        "PATCH",
        f"{V1}/prompts/{{name}}",
        _prompt(prompts.label_prompt, "change"),
        MANAGE,
        "Label a prompt",
    ),
    Route(
        "DELETE",
        f"{V1}/prompts/{{name}}",
        _prompt(prompts.delete_prompt, "delete"),
        MANAGE,
        "Delete a prompt; 409 while something uses it",
    ),
    Route(
        "GET",
        f"{V1}/prompts/{{name}}/audio",
        prompts.play_prompt,
        READ,
        "The sound, whole or a range of it",
        produces="audio/*",
    ),
)
