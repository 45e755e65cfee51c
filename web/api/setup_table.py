"""The routes of what administrators describe: queues, skills, calendars, numbers, menus, sounds."""

from __future__ import annotations

from web.api import calendars, entry_points, menus, prompts, queues, skills
from web.auth.rights import Right
from web.routes import Handler, Route

V1 = "/api/v1"
READ, MANAGE = Right.DIRECTORY_READ, Right.QUEUE_MANAGE


def _kind(path: str, key: str, one: str, four: tuple[Handler, ...]) -> tuple[Route, ...]:
    """List, new, change and delete of one kind of thing."""
    listing, create, change, delete = four
    each = f"{V1}/{path}/{{{key}}}"
    return (
        Route("GET", f"{V1}/{path}", listing, READ, f"Every {one}"),
        Route("POST", f"{V1}/{path}", create, MANAGE, f"New {one}", status=201),
        Route("PUT", each, change, MANAGE, f"Describe a {one} anew, as a whole"),
        Route("DELETE", each, delete, MANAGE, f"Delete a {one}; 409 while something uses it"),
    )


SETUP: tuple[Route, ...] = (
    *_kind(
        "queues",
        "id",
        "queue",
        (queues.list_queues, queues.create_queue, queues.change_queue, queues.delete_queue),
    ),
    *_kind(
        "skills",
        "name",
        "skill",
        (skills.list_skills, skills.create_skill, skills.change_skill, skills.delete_skill),
    ),
    *_kind(
        "pause-reasons",
        "name",
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
        "name",
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
        "name",
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
        "id",
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
        "name",
        "menu",
        (menus.list_menus, menus.create_menu, menus.change_menu, menus.delete_menu),
    ),
    Route("GET", f"{V1}/prompts", prompts.list_prompts, READ, "Every prompt"),
    Route(
        "POST",
        f"{V1}/prompts",
        prompts.create_prompt,
        MANAGE,
        "New prompt: a WAV file, converted for the PBX",
        status=201,
        consumes="audio/wav",
    ),
    Route(
        "PUT",
        f"{V1}/prompts/{{name}}",
        prompts.replace_prompt,
        MANAGE,
        "Another sound under the same name",
        consumes="audio/wav",
    ),
    Route("PATCH", f"{V1}/prompts/{{name}}", prompts.label_prompt, MANAGE, "Label a prompt"),
    Route(
        "DELETE",
        f"{V1}/prompts/{{name}}",
        prompts.delete_prompt,
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
