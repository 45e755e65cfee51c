"""What administrators describe, over the API: saved with warnings, refused by name, told."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from callcenter.store.database import Database
from routing.setup import Setup, SetupKeeper
from tests.web.conftest import Api, SignedIn
from web import keys
from web.settings import WebSettings

V1 = "/api/v1"


@pytest.fixture
def settings(tmp_path: Path) -> WebSettings:
    return WebSettings(
        public_url="http://callcenter.test:8080",
        gateway_port=8081,
        console=tmp_path / "console",
        prompts=tmp_path / "prompts",
    )


@pytest.fixture
async def admin(signed_in: SignedIn) -> Api:
    return await signed_in("administrator", "root")


@pytest.fixture
def heard(app: web.Application) -> list[int]:
    """One entry for each time that the live parts were told to look again."""
    told: list[int] = []
    changed: Callable[[], object] = lambda: told.append(1)  # noqa: E731 - as the key wants it
    app[keys.DIRECTORY_CHANGED] = changed
    return told


async def put(api: Api, path: str, body: object) -> tuple[int, Any]:
    return await api.call("PUT", f"{V1}/{path}", body)


async def new(api: Api, path: str, body: object) -> Any:
    status, answer = await api.post(f"{V1}/{path}", body)
    assert status == 201, answer
    return answer


async def items(api: Api, path: str) -> list[Any]:
    status, answer = await api.get(f"{V1}/{path}")
    assert status == 200
    found: list[Any] = answer["items"]
    return found


async def current(database: Database) -> Setup:
    keeper = SetupKeeper(database, "pbx")
    await keeper.load()
    return keeper.current


def wav(seconds: float = 0.2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(44_100)
        sound.writeframes(b"\x00\x10" * 2 * int(44_100 * seconds))
    return file.getvalue()


# --- queues ---------------------------------------------------------------------------------


async def test_a_queue_is_described_and_the_live_parts_know_it(
    heard: list[int], admin: Api, database: Database
) -> None:
    made = await new(admin, "queues", {"name": "sales", "label": "销售", "strategy": "ordered"})
    assert [one["code"] for one in made["warnings"]] == ["queue_without_agents"]
    saved = made["saved"]
    assert (saved["pbx"], saved["ours"], saved["strategy"]) == ("pbx", True, "ordered")
    assert saved["when_empty"] == {"kind": "voicemail", "target": None}
    assert len(heard) == 1
    assert await items(admin, "queues") == [saved]
    assert (await current(database)).queues["sales"].label == "销售"


async def test_a_queue_is_described_anew_as_a_whole(admin: Api, database: Database) -> None:
    await new(admin, "skills", {"name": "en", "label": "英语"})
    queue = (await new(admin, "queues", {"name": "sales", "ring_seconds": 15}))["saved"]
    wish = {
        "required": [{"skill": "en", "level": 3, "after": 60}],
        "max_wait": 300,
        "when_timed_out": {"kind": "number", "target": "+8613800138000"},
    }
    status, answer = await put(admin, f"queues/{queue['id']}", wish)
    assert status == 200
    assert answer["saved"]["ring_seconds"] == 20  # absent: its default
    live = (await current(database)).queues["sales"]
    assert (live.max_wait, live.required[0].level) == (300, 3)


async def test_a_queue_of_the_pbx_has_its_measures_only(admin: Api, database: Database) -> None:
    theirs = {"name": "old", "pbx": "elsewhere", "ours": False, "service_level": 30}
    made = await new(admin, "queues", theirs)
    assert (made["saved"]["service_level"], made["warnings"]) == (30, [])
    assert (await current(database)).queues == {}
    status, answer = await put(admin, f"queues/{made['saved']['id']}", {"ours": True})
    assert (status, answer["error"]["field"]) == (422, "ours")


async def test_no_call_can_be_sent_round(admin: Api) -> None:
    a = (await new(admin, "queues", {"name": "a"}))["saved"]
    to_a = {"kind": "queue", "target": "a"}
    await new(admin, "queues", {"name": "b", "when_empty": to_a})
    for step, words in ((to_a, "itself"), ({"kind": "queue", "target": "b"}, "a → b → a")):
        status, answer = await put(admin, f"queues/{a['id']}", {"when_full": step})
        assert (status, answer["error"]["field"]) == (422, "when_full")
        assert words in answer["error"]["message"]


async def test_two_administrators_at_once_make_no_circle_either(admin: Api) -> None:
    ids = [(await new(admin, "queues", {"name": name}))["saved"]["id"] for name in "ab"]
    onward = [{"when_full": {"kind": "queue", "target": name}} for name in "ba"]
    answers = await asyncio.gather(
        *(put(admin, f"queues/{id_}", step) for id_, step in zip(ids, onward, strict=True))
    )
    assert sorted(status for status, _ in answers) == [200, 422]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"name": "a b"}, "name"),
        ({"name": "a", "weight": 0}, "weight"),
        ({"name": "a", "strategy": "luck"}, "strategy"),
        ({"name": "a", "exit_key": "12"}, "exit_key"),
        ({"name": "a", "calendar": "moon"}, "calendar"),
        ({"name": "a", "required": [{"skill": "x"}]}, "required[0].skill"),
        ({"name": "a", "when_empty": {"kind": "fly"}}, "when_empty.kind"),
        ({"name": "a", "when_full": {"kind": "number", "target": "1&2"}}, "when_full.target"),
        ({"name": "a", "colour": "red"}, "colour"),
    ],
)
async def test_a_queue_that_cannot_be_is_refused_by_name(
    admin: Api, wish: dict[str, Any], field: str
) -> None:
    status, answer = await admin.post(f"{V1}/queues", wish)
    assert (status, answer["error"]["field"]) == (422, field)
    assert await items(admin, "queues") == []


async def test_a_name_is_given_once(admin: Api) -> None:
    await new(admin, "queues", {"name": "sales"})
    status, answer = await admin.post(f"{V1}/queues", {"name": "sales"})
    assert (status, answer["error"]["field"]) == (409, "name")


async def test_what_is_used_is_not_deleted(heard: list[int], admin: Api) -> None:
    a = (await new(admin, "queues", {"name": "a"}))["saved"]
    b = (await new(admin, "queues", {"name": "b", "when_empty": {"kind": "queue", "target": "a"}}))[
        "saved"
    ]
    status, answer = await admin.call("DELETE", f"{V1}/queues/{a['id']}")
    assert (status, answer["error"]["message"]) == (409, "'a' is used by queue b")
    status, answer = await put(admin, f"queues/{a['id']}", {"ours": False})
    assert status == 409
    for queue in (b, a):
        assert (await admin.call("DELETE", f"{V1}/queues/{queue['id']}"))[0] == 204
    assert await items(admin, "queues") == []
    assert len(heard) == 4
    assert (await admin.call("DELETE", f"{V1}/queues/{a['id']}"))[0] == 404


# --- agents, skills, words ------------------------------------------------------------------


async def test_an_agent_gets_queues_skills_and_a_rank(admin: Api, database: Database) -> None:
    await new(admin, "skills", {"name": "en", "label": "英语"})
    await new(admin, "queues", {"name": "sales"})
    agent = await new(admin, "agents", {"name": "李", "queues": ["sales"], "rank": 2})
    status, changed = await admin.call("PATCH", f"{V1}/agents/{agent['id']}", {"skills": {"en": 4}})
    assert status == 200
    assert (changed["queues"], changed["skills"], changed["rank"]) == (["sales"], {"en": 4}, 2)
    assert await items(admin, "agents") == [changed]
    live = (await current(database)).agents[agent["id"]]
    assert (live.queues, dict(live.skills), live.rank) == (frozenset({"sales"}), {"en": 4}, 2)
    assert [one["agents"] for one in await items(admin, "skills")] == [1]
    await admin.call("PATCH", f"{V1}/agents/{agent['id']}", {"queues": [], "skills": {}})
    assert (await current(database)).agents[agent["id"]].queues == frozenset()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"queues": ["nowhere"]}, "queues[0]"),
        ({"skills": {"fly": 1}}, "skills.fly"),
        ({"rank": -1}, "rank"),
    ],
)
async def test_an_agent_gets_nothing_that_is_not_described(
    admin: Api, change: dict[str, Any], field: str
) -> None:
    agent = await new(admin, "agents", {"name": "李"})
    status, answer = await admin.call("PATCH", f"{V1}/agents/{agent['id']}", change)
    assert (status, answer["error"]["field"]) == (422, field)


async def test_a_skill_is_labelled_and_deleted_unless_it_is_used(admin: Api) -> None:
    await new(admin, "skills", {"name": "en"})
    assert (await put(admin, "skills/en", {"label": "英语"}))[1]["label"] == "英语"
    assert (await put(admin, "skills/fr", {"label": "x"}))[0] == 404
    queue = (await new(admin, "queues", {"name": "a", "required": [{"skill": "en"}]}))["saved"]
    assert (await admin.call("DELETE", f"{V1}/skills/en"))[0] == 409
    await put(admin, f"queues/{queue['id']}", {})
    assert (await admin.call("DELETE", f"{V1}/skills/en"))[0] == 204
    assert await items(admin, "skills") == []


@pytest.mark.parametrize("kind", ["pause-reasons", "dispositions"])
async def test_words_come_in_both_languages_and_can_be_changed(
    admin: Api, signed_in: SignedIn, kind: str
) -> None:
    before = await items(await signed_in("agent"), kind)
    assert all(one["zh"] and one["en"] and one["active"] for one in before)
    await new(admin, kind, {"name": "tea", "zh": "茶歇", "en": "Tea", "position": 100})
    status, changed = await put(admin, f"{kind}/tea", {"zh": "茶", "en": "Tea", "active": False})
    assert (status, changed["active"]) == (200, False)
    assert (await admin.post(f"{V1}/{kind}", {"name": "tea", "zh": "a", "en": "b"}))[0] == 409
    assert (await admin.call("DELETE", f"{V1}/{kind}/tea"))[0] == 204
    assert await items(admin, kind) == before


async def test_reasons_that_the_service_gives_are_its_own(admin: Api) -> None:
    wish = {"name": "no_answer", "zh": "未接", "en": "No answer"}
    status, answer = await admin.post(f"{V1}/pause-reasons", wish)
    assert (status, answer["error"]["field"]) == (422, "name")


async def test_a_disposition_that_a_queue_offers_is_not_deleted(admin: Api) -> None:
    await new(admin, "queues", {"name": "a", "dispositions": ["sale"]})
    assert (await admin.call("DELETE", f"{V1}/dispositions/sale"))[0] == 409


# --- calendars ------------------------------------------------------------------------------

OFFICE = {
    "zone": "Asia/Shanghai",
    "week": {"monday": [{"begin": "09:00", "end": "18:00"}]},
    "holidays": "CN",
    "makeup": "monday",
    "days": [{"date": "2026-12-31", "name": "盘点"}],
}


async def test_a_calendar_is_described_and_says_whether_it_is_open(admin: Api) -> None:
    made = await new(admin, "calendars", {"name": "office", "label": "工作时间", **OFFICE})
    saved = made["saved"]
    assert made["warnings"] == []
    assert isinstance(saved["open"], bool) and saved["changes_at"]
    assert saved["days"] == [{"date": "2026-12-31", "name": "盘点", "hours": []}]
    assert [one["name"] for one in await items(admin, "calendars")] == ["office"]
    status, answer = await put(admin, "calendars/office", {"zone": "UTC"})
    assert (status, answer["warnings"][0]["code"]) == (200, "never_open")
    assert answer["saved"]["changes_at"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"zone": "Asia/Peking"}, "zone"),
        ({"week": {"monday": [{"begin": "9:00", "end": "18:00"}]}}, "week.monday[0].begin"),
        ({"holidays": "XX"}, "holidays"),
        (
            {
                "week": {
                    "monday": [
                        {"begin": "09:00", "end": "12:00"},
                        {"begin": "11:00", "end": "13:00"},
                    ]
                }
            },
            "week.monday[1]",
        ),
        ({"days": [{"date": "2026-02-30", "name": "x"}]}, "days[0].date"),
    ],
)
async def test_a_calendar_that_cannot_be_is_refused_by_name(
    admin: Api, change: dict[str, Any], field: str
) -> None:
    status, answer = await admin.post(f"{V1}/calendars", {"name": "office", **OFFICE, **change})
    assert (status, answer["error"]["field"]) == (422, field)


async def test_a_calendar_that_is_used_is_not_deleted(admin: Api) -> None:
    await new(admin, "calendars", {"name": "office", **OFFICE})
    queue = (await new(admin, "queues", {"name": "a", "calendar": "office"}))["saved"]
    assert (await admin.call("DELETE", f"{V1}/calendars/office"))[0] == 409
    assert (await admin.call("DELETE", f"{V1}/queues/{queue['id']}"))[0] == 204
    assert (await admin.call("DELETE", f"{V1}/calendars/office"))[0] == 204


async def test_the_countries_whose_holidays_are_known(admin: Api) -> None:
    known = {one["country"]: one["regions"] for one in await items(admin, "holiday-countries")}
    assert "BY" in known["DE"] and "CN" in known


# --- numbers and menus ----------------------------------------------------------------------


@pytest.fixture
async def house(admin: Api) -> Api:
    """With a queue, a calendar and a menu."""
    await new(admin, "queues", {"name": "sales"})
    await new(admin, "calendars", {"name": "office", **OFFICE})
    keys = [
        {"key": "1", "step": {"kind": "queue", "target": "sales"}},
        {"key": "*", "step": {"kind": "repeat"}},
    ]
    made = await new(admin, "menus", {"name": "main", "menu": {"prompt": "hello", "keys": keys}})
    assert [one["code"] for one in made["warnings"]] == ["prompt_not_uploaded"]
    return admin


RULES: list[dict[str, Any]] = [
    {"kind": "block_list", "numbers": ["+8610*"], "action": "busy"},
    {"kind": "calendar", "calendar": "office", "when_closed": {"kind": "voicemail"}},
    {"kind": "customer_level", "levels": [{"level": "VIP", "priority": 300}]},
    {"kind": "account_manager", "wait": 20},
    {"kind": "last_agent", "days": 7, "wait": 20},
]


async def test_a_number_is_described_with_its_rules(
    heard: list[int], house: Api, database: Database
) -> None:
    entry = {"number": "4001", "name": "总机", "queue": "sales", "menu": "main", "rules": RULES}
    made = await new(house, "entry-points", entry)
    assert made["warnings"] == []
    live = (await current(database)).entries["4001"]
    assert [rule.__struct_config__.tag for rule in live.rules] == [one["kind"] for one in RULES]
    again = {"number": "4001", "name": "总机", "queue": "sales", "rules": RULES[::-1]}
    status, changed = await put(house, f"entry-points/{made['saved']['id']}", again)
    assert (status, changed["saved"]["menu"]) == (200, None)
    assert await items(house, "entry-points") == [changed["saved"]]
    assert (await house.call("DELETE", f"{V1}/entry-points/{made['saved']['id']}"))[0] == 204
    assert (await current(database)).entries == {}


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"number": "4001;x"}, 422, "number"),
        ({"number": "4000"}, 409, "number"),
        ({"queue": "nowhere"}, 422, "queue"),
        ({"menu": "nowhere"}, 422, "menu"),
        ({"rules": [{"kind": "magic"}]}, 422, "rules[0].kind"),
        ({"rules": [{"kind": "calendar", "calendar": "moon"}]}, 422, "rules[0].calendar"),
        ({"rules": [{"kind": "ticket_owner"}, {"kind": "ticket_owner"}]}, 422, "rules[1]"),
        (
            {
                "rules": [
                    {"kind": "block_list", "numbers": ["*"], "withheld": True},
                    {"kind": "ticket_owner"},
                ]
            },
            422,
            "rules[1]",
        ),
        ({"rules": [{"kind": "last_agent", "wait": 0}]}, 422, "rules[0].wait"),
    ],
)
async def test_a_number_that_cannot_be_served_is_refused_by_name(
    house: Api, change: dict[str, Any], status: int, field: str
) -> None:
    entry = {"number": "4000", "name": "总机", "queue": "sales"}
    await new(house, "entry-points", entry)
    found, answer = await house.post(f"{V1}/entry-points", entry | {"number": "4001"} | change)
    assert (found, answer["error"]["field"]) == (status, field)


async def test_a_menu_is_changed_and_deleted_unless_it_is_used(house: Api) -> None:
    entry = {"number": "4001", "name": "总机", "queue": "sales", "menu": "main"}
    made = (await new(house, "entry-points", entry))["saved"]
    menu = {"prompt": "hello", "keys": [{"key": "1", "step": {"kind": "menu", "target": "x"}}]}
    status, answer = await put(house, "menus/main", {"menu": menu})
    assert (status, answer["error"]["field"]) == (422, "keys[0].step.target")
    assert (await house.call("DELETE", f"{V1}/menus/main"))[0] == 409
    await house.call("DELETE", f"{V1}/entry-points/{made['id']}")
    assert (await house.call("DELETE", f"{V1}/menus/main"))[0] == 204


# --- prompts --------------------------------------------------------------------------------


async def _send(api: Api, method: str, path: str, data: bytes | io.BytesIO) -> tuple[int, Any]:
    sound = {"Content-Type": "audio/wav"}
    return await api.call(method, f"{V1}/{path}", data=data, headers=sound)


async def test_a_prompt_is_uploaded_converted_and_heard(
    admin: Api, settings: WebSettings, database: Database
) -> None:
    status, made = await _send(admin, "POST", "prompts?name=hello&label=欢迎", wav())
    assert status == 201
    assert (made["name"], made["label"]) == ("hello", "欢迎")
    assert made["seconds"] == pytest.approx(0.2, abs=0.01)
    kept = (settings.prompts / "hello.wav").read_bytes()
    assert made["size"] == len(kept) == pytest.approx(44 + 3200, abs=100)
    path = f"{V1}/prompts/hello/audio"
    async with admin.client.get(path, headers={"Range": "bytes=0-3"}) as answer:
        assert (answer.status, await answer.read()) == (206, b"RIFF")
    assert (await current(database)).prompts["hello"].label == "欢迎"
    status, longer = await _send(admin, "PUT", "prompts/hello", wav(0.4))
    assert longer["seconds"] > made["seconds"]
    assert (await admin.call("PATCH", f"{V1}/prompts/hello", {"label": "Hi"}))[1]["label"] == "Hi"
    assert (await admin.call("DELETE", f"{V1}/prompts/hello"))[0] == 204
    assert list(settings.prompts.iterdir()) == []
    assert await items(admin, "prompts") == []


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("prompts?name=../hello", 422, "name"),
        ("prompts?name=", 422, "name"),
        ("prompts?name=taken", 409, "name"),
        ("prompts", 422, "name"),
    ],
)
async def test_a_prompt_has_a_name_of_its_own(
    admin: Api, settings: WebSettings, path: str, status: int, field: str
) -> None:
    await _send(admin, "POST", "prompts?name=taken", wav())
    found, answer = await _send(admin, "POST", path, wav(0.5))
    assert (found, answer["error"]["field"]) == (status, field)
    assert (await items(admin, "prompts"))[0]["seconds"] == pytest.approx(0.2, abs=0.01)
    assert [file.name for file in settings.prompts.iterdir()] == ["taken.wav"]


async def test_what_is_no_sound_is_not_kept(admin: Api, settings: WebSettings) -> None:
    status, answer = await _send(admin, "POST", "prompts?name=hello", b"RIFF, no")
    assert (status, answer["error"]["field"]) == (422, "body")
    assert not settings.prompts.exists()


async def test_what_is_larger_than_any_prompt_is_refused(admin: Api) -> None:
    large = io.BytesIO(bytes(16 * 1024 * 1024 + 1))
    status, answer = await _send(admin, "POST", "prompts?name=hello", large)
    assert (status, answer["error"]["code"]) == (413, "too_large")


async def test_a_prompt_that_a_menu_says_is_not_deleted(house: Api) -> None:
    await _send(house, "POST", "prompts?name=hello", wav())
    assert (await house.call("DELETE", f"{V1}/prompts/hello"))[0] == 409


# --- rights ---------------------------------------------------------------------------------


async def test_a_supervisor_reads_and_only_an_administrator_writes(signed_in: SignedIn) -> None:
    supervisor = await signed_in("supervisor")
    assert await items(supervisor, "queues") == []
    status, answer = await supervisor.post(f"{V1}/queues", {"name": "sales"})
    assert (status, answer["error"]["code"]) == (403, "forbidden")
