"""Quality over the API: sheets, samples, scores, disputes and trends; who may, what is refused."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from callcenter.events import DomainEvent, ScoreChanged
from callcenter.ids import new_id
from callcenter.store.database import Database
from recording.quality import service
from recording.quality.keeper import QualityKeeper
from recording.quality.tables import QualityRule, QualityScore, QualityStep
from recording.tables import Recording
from routing.tables import Queue
from routing.work_tables import Satisfaction
from tests.web.calls import finished_call, give_phone
from tests.web.conftest import Api, SignedIn

V1 = "/api/v1/quality"
UTC = ZoneInfo("UTC")
MONDAY = datetime.datetime(2026, 3, 2, tzinfo=UTC).timestamp()
DAY = 86_400.0
SHEET: dict[str, Any] = {
    "name": "客服质检",
    "pass_mark": 80,
    "questions": [
        {"text": "问候", "weight": 20},
        {"text": "解答", "kind": "scale", "most": 5, "weight": 80, "optional": True},
        {"text": "核实身份", "weight": 0, "knock_out": True},
    ],
}
FULL = {"q1": {"value": 1}, "q2": {"value": 5, "note": "很好"}, "q3": {"value": 1}}
WORSE = FULL | {"q1": {"value": 0}}
RULE: dict[str, Any] = {"name": "x", "sheet": 1, "per_week": 1}
Recorded = Callable[..., Awaitable[str]]


@pytest.fixture
async def boss(signed_in: SignedIn) -> Api:
    return await signed_in("supervisor", "boss")


@pytest.fixture
async def agent(signed_in: SignedIn, database: Database) -> Api:
    api = await signed_in("agent", "anna")
    await give_phone(database, api, "PJSIP/1001")
    return api


@pytest.fixture
def recorded(database: Database) -> Recorded:
    """`await recorded(agent_id, at)`: a recording that can be heard; its id."""

    async def make(agent: int, at: float = MONDAY, seconds: float = 90.0, **values: Any) -> str:
        call, id_ = await finished_call(database), new_id()
        row = {"pbx": "pbx", "file": f"{id_}.wav", "status": "ready", "agent_id": agent}
        async with database.session() as db:
            await db.execute(
                insert(Recording).values(
                    **(row | values), id=id_, interaction_id=call, started_at=at, seconds=seconds
                )
            )
            await db.commit()
        return id_

    return make


async def sheet(boss: Api, **values: Any) -> dict[str, Any]:
    status, made = await boss.post(f"{V1}/sheets", SHEET | values)
    assert status == 201, made
    found: dict[str, Any] = made
    return found


async def opened(boss: Api, recording: str, sheet: int) -> dict[str, Any]:
    status, made = await boss.post(f"{V1}/scores", {"recording": recording, "sheet": sheet})
    assert status == 201, made
    found: dict[str, Any] = made
    return found


async def step(api: Api, score: dict[str, Any], name: str, **body: Any) -> tuple[int, Any]:
    method = "PUT" if name == "draft" else "POST"
    sent = {"version": score["version"], **body}
    return await api.call(method, f"{V1}/scores/{score['id']}/{name}", sent)


async def submitted(boss: Api, recording: str, sheet: int, answers: Any = None) -> dict[str, Any]:
    score = await opened(boss, recording, sheet)
    status, found = await step(boss, score, "submit", answers=answers or FULL)
    assert status == 200, found
    result: dict[str, Any] = found
    return result


async def test_a_score_keeps_the_sheet_that_it_was_made_with(
    boss: Api, agent: Api, recorded: Recorded
) -> None:
    made = await sheet(boss)
    assert [one["key"] for one in made["questions"]] == ["q1", "q2", "q3"]
    score = await opened(boss, await recorded(1), made["id"])
    _, people = await boss.get(f"{V1}/evaluators")
    assert [one["name"] for one in people["items"]] == ["boss"]
    status, refused = await step(boss, score, "assign", evaluator=2)  # an agent
    assert (status, refused["error"]["field"]) == (422, "evaluator")
    _, score = await step(boss, score, "draft", answers={"q1": {"value": 1}})
    path = f"{V1}/sheets/{made['id']}"
    second = [made["questions"][1], {"text": "新问题"}]
    change = SHEET | {"questions": second, "version": 1}
    status, newer = await boss.call("PUT", path, change)
    assert (status, newer["version"]) == (200, 2)
    assert [one["key"] for one in newer["questions"]] == ["q2", "q4"]
    status, refused = await boss.call("PUT", path, change)
    assert (status, refused["error"]["values"]["now"]["version"]) == (409, 2)
    status, done = await step(boss, score, "submit", answers=FULL)
    assert (status, done["score"], done["passed"]) == (200, 100.0, True)
    assert [one["key"] for one in done["form"]["questions"]] == ["q1", "q2", "q3"]
    _, versions = await boss.get(f"{path}/versions")
    assert [(one["version"], one["made_by"]) for one in versions["items"]] == [
        *((2, "boss"), (1, "boss"))
    ]


async def test_drafts_are_kept_and_two_windows_do_not_overwrite_each_other(
    boss: Api, agent: Api, recorded: Recorded
) -> None:
    made = await sheet(boss)
    score = await opened(boss, await recorded(1, seconds=60.0), made["id"])
    remark = [{"at": 12.5, "text": "这里很好"}, {"at": 3, "text": "开头"}]
    status, draft = await step(boss, score, "draft", answers={}, remarks=remark, summary="不错")
    assert (status, draft["state"], draft["version"]) == (200, "draft", 2)
    assert [one["at"] for one in draft["content"]["remarks"]] == [3, 12.5]
    status, refused = await step(boss, score, "draft", answers=FULL)
    assert (status, refused["error"]["values"]["now"]["content"]["summary"]) == (409, "不错")
    late = [{"at": 61, "text": "x"}]
    for body, field in (
        ({"answers": {"q1": {"value": 1}}}, "answers.q2"),
        ({"answers": FULL | {"q1": {"value": 7}}}, "answers.q1.value"),
        ({"answers": FULL, "remarks": late}, "remarks[0].at"),
        ({"answers": FULL | {"q2": {"value": 1, "note": "\u0007"}}}, "answers.q2.note"),
    ):
        status, refused = await step(boss, draft, "submit", **body)
        assert (status, refused["error"]["field"]) == (422, field)
    assert (await agent.get(f"{V1}/scores/{score['id']}"))[0] == 404
    assert (await agent.get(f"{V1}/scores"))[1]["items"] == []


async def test_an_agent_disputes_and_is_right(
    boss: Api, agent: Api, recorded: Recorded, database: Database, published: list[DomainEvent]
) -> None:
    made = await sheet(boss)
    score = await submitted(boss, await recorded(1), made["id"], WORSE)
    assert (score["score"], score["passed"], score["possible"]) == (80.0, True, [])
    _, seen = await agent.get(f"{V1}/scores/{score['id']}")
    assert seen["possible"] == ["acknowledge", "dispute"]
    assert (await agent.get(f"{V1}/counts"))[1]["results"] == 1
    status, refused = await step(boss, score, "dispute", text="我不同意")
    assert (status, refused["error"]["code"]) == (403, "forbidden")
    status, disputed = await step(agent, seen, "dispute", text="我问候了")
    assert (status, disputed["state"], disputed["possible"]) == (200, "disputed", [])
    assert (await boss.get(f"{V1}/counts"))[1]["disputed"] == 1
    _, work = await boss.get(f"{V1}/work?state=disputed&whose=all")
    assert [one["id"] for one in work["items"]] == [score["id"]]
    decision = {"decision": "change", "reason": "听到了"}
    status, refused = await step(boss, disputed, "decide", **decision, content={"answers": WORSE})
    assert (status, refused["error"]["field"]) == (422, "answers")
    status, refused = await step(boss, disputed, "decide", **decision)
    assert (status, refused["error"]["field"]) == (422, "content")
    status, decided = await step(boss, disputed, "decide", **decision, content={"answers": FULL})
    assert (status, decided["state"], decided["score"]) == (200, "decided", 100.0)
    said = [(one["step"], one["text"], one["score"]) for one in decided["steps"]]
    assert said == [
        ("submit", None, 80.0),
        ("dispute", "我问候了", 80.0),
        ("change", "听到了", 100.0),
    ]
    assert decided["steps"][0]["content"]["answers"]["q1"]["value"] == 0
    told = [one for one in published if isinstance(one, ScoreChanged)]  # to consoles; no draft
    assert [one.state for one in told] == ["submitted", "disputed", "decided"]
    assert {(one.score, one.agent) for one in told} == {(score["id"], score["agent"]["id"])}
    async with database.session() as db:
        assert await service.forget(db, [score["recording"]]) == 1
        await db.commit()
    _, bare = await agent.get(f"{V1}/scores/{score['id']}")
    assert "很好" not in str(bare) and "听到了" not in str(bare)
    assert bare["score"] == 100.0


async def test_a_score_can_be_upheld_or_accepted_and_then_stays(
    boss: Api, agent: Api, recorded: Recorded
) -> None:
    made = await sheet(boss)
    first = await submitted(boss, await recorded(1), made["id"])
    second = await submitted(boss, await recorded(1), made["id"])
    _, disputed = await step(agent, first, "dispute", text="x")
    status, upheld = await step(boss, disputed, "decide", decision="uphold", reason="规定如此")
    assert (status, upheld["state"], upheld["score"]) == (200, "decided", 100.0)
    status, seen = await step(agent, second, "acknowledge")
    assert (status, seen["state"]) == (200, "acknowledged")
    bodies: dict[str, Any] = {
        "dispute": {"text": "x"},
        "submit": {"answers": FULL},
        "drop": {"reason": "x"},
    }
    for name, who in (("dispute", agent), ("submit", boss), ("drop", boss)):
        status, refused = await step(who, seen, name, **bodies[name])
        assert (status, refused["error"]["code"]) == (409, "step_refused")


async def test_nobody_scores_their_own_calls(
    boss: Api, agent: Api, recorded: Recorded, database: Database
) -> None:
    mine = await give_phone(database, boss, "PJSIP/1009")
    made = await sheet(boss)
    recording = await recorded(mine)
    status, refused = await boss.post(f"{V1}/scores", {"recording": recording, "sheet": made["id"]})
    assert (status, refused["error"]["code"]) == (403, "forbidden")
    assert (await agent.post(f"{V1}/scores", {"recording": recording, "sheet": 1}))[0] == 403


@pytest.fixture
async def rule(boss: Api, agent: Api, database: Database) -> dict[str, Any]:
    """Two calls a week of each agent, longer than a minute, inbound; made before that Monday."""
    async with database.session() as db:
        await db.execute(insert(Queue).values(pbx="pbx", name="sales"))
        await db.commit()
    made = await sheet(boss)
    me = boss.session["user"]["id"] if boss.session else 0
    sent = {
        "name": "每周两条", "sheet": made["id"], "per_week": 2, "shortest": 60,
        "directions": ["inbound"], "queues": ["sales"], "evaluators": [me],
    }  # fmt: skip
    status, found = await boss.post(f"{V1}/sampling-rules", sent)
    assert status == 201, found
    async with database.session() as db:
        await db.execute(update(QualityRule).values(since=MONDAY))
        await db.commit()
    return sent | {"id": found["id"]}


async def test_a_sample_is_given_out_as_it_falls_due_and_filled_up(
    rule: dict[str, Any], boss: Api, recorded: Recorded, database: Database
) -> None:
    for day in range(5):
        await recorded(1, MONDAY + day * DAY + 3_600)
    await recorded(1, MONDAY + 3_600, seconds=59.0)
    await recorded(1, MONDAY - 1)
    now = MONDAY + 1.0 * DAY
    keeper = QualityKeeper(database, UTC, clock=lambda: now)
    assert await keeper.turn() == 0
    now = MONDAY + 4.0 * DAY  # more than half of the week
    assert [await keeper.turn(), await keeper.turn()] == [1, 0]
    now = MONDAY + 8.0 * DAY
    assert [await keeper.turn(), await keeper.turn()] == [1, 0]
    _, work = await boss.get(f"{V1}/work")
    assert [one["rule"] for one in work["items"]] == ["每周两条"] * 2
    assert len({one["recording"] for one in work["items"]}) == 2
    first, second = work["items"]
    status, dropped = await step(boss, first, "drop", reason="只有噪音")
    assert (status, dropped["state"]) == (200, "dropped")
    async with database.session() as db:
        gone = Recording.id == second["recording"]
        await db.execute(update(Recording).where(gone).values(status="missing"))
        await db.commit()
    assert [await keeper.turn(), await keeper.turn()] == [2, 0]
    async with database.reading() as db:
        rows = (await db.execute(select(QualityScore.state, QualityScore.recording_id))).all()
        steps = list(await db.scalars(select(QualityStep.step)))
    assert Counter(row.state for row in rows) == {"assigned": 2, "dropped": 2}
    assert len({row.recording_id for row in rows}) == 4
    assert steps == ["drop", "drop"]


async def test_satisfaction_queue_and_agents_say_which_calls(
    rule: dict[str, Any], boss: Api, recorded: Recorded, database: Database
) -> None:
    good, bad, none = [await recorded(1, MONDAY + place) for place in range(3)]
    async with database.session() as db:
        for recording, mark in ((good, 5), (bad, 1)):
            call = await db.scalar(
                select(Recording.interaction_id).where(Recording.id == recording)
            )
            await db.execute(
                insert(Satisfaction).values(interaction_id=call, score=mark, at=MONDAY)
            )
        await db.commit()
    path = f"{V1}/sampling-rules/{rule['id']}"
    sent = {name: value for name, value in rule.items() if name != "id"}
    change = sent | {"satisfaction_to": 2, "version": 1}
    assert (await boss.call("PUT", path, change))[0] == 200
    keeper = QualityKeeper(database, UTC, clock=lambda: MONDAY + 8 * DAY)
    assert await keeper.turn() == 1
    _, work = await boss.get(f"{V1}/work")
    assert [one["recording"] for one in work["items"]] == [bad]
    assert none != good
    assert (await boss.post(f"{path}/run", {}))[1] == {"given": 0}
    assert (await boss.call("DELETE", path))[0] == 204
    assert (await boss.get(f"{V1}/work"))[1]["items"][0]["rule"] is None


async def test_trends_are_by_when_the_call_was_and_empty_is_no_value(
    boss: Api, agent: Api, recorded: Recorded
) -> None:
    made = await sheet(boss)
    await submitted(boss, await recorded(1, MONDAY), made["id"])
    await submitted(boss, await recorded(1, MONDAY + 7 * DAY - 1), made["id"], WORSE)
    missing = FULL | {"q2": {"not_applicable": True}}
    await submitted(boss, await recorded(1, MONDAY + 14 * DAY), made["id"], missing)
    query = f"begin=2026-03-02&end=2026-03-23&sheet={made['id']}"
    for api in (boss, agent):
        status, trend = await api.get(f"{V1}/trend?{query}")
        assert status == 200
        assert [one["day"] for one in trend["spans"]] == ["2026-03-02", "2026-03-09", "2026-03-16"]
        assert [one["mean"] for one in trend["points"]] == [90.0, None, 100.0]
        assert trend["whole"] == {"mean": 93.33, "count": 3}
        assert [one["name"] for one in trend["agents"]] == ["anna"]
        right = trend["questions"][1]
        assert [one["mean"] for one in right["points"]] == [100.0, None, None]
        assert [one["mean"] for one in trend["questions"][0]["points"]] == [50.0, None, 100.0]
    for wrong, field in (
        ("begin=2026-03-02&end=2026-03-02", "end"),
        ("begin=2020-03-02&end=2026-03-02", "end"),
        ("begin=2026-02-30&end=2026-03-02", "begin"),
        ("by=hour", "by"),
    ):
        status, refused = await boss.get(f"{V1}/trend?{wrong}")
        assert (status, refused["error"]["field"]) == (422, field)


UPSIDE_DOWN = {"satisfaction_from": 3, "satisfaction_to": 2}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("sheets", SHEET | {"questions": []}, "questions"),
    ("sheets", SHEET | {"questions": [{"text": "x", "weight": 0}]}, "questions[0].weight"),
    ("sheets", SHEET | {"questions": [{"text": "x", "key": "q7"}]}, "questions[0].key"),
    ("sheets", SHEET | {"name": " "}, "name"),
    ("sampling-rules", RULE | {"sheet": 9}, "sheet"),
    ("sampling-rules", RULE | {"per_week": 0}, "per_week"),
    ("sampling-rules", RULE | {"queues": ["no"]}, "queues"),
    ("sampling-rules", RULE | {"agents": [99]}, "agents"),
    ("sampling-rules", RULE | {"evaluators": [99]}, "evaluators"),
    ("sampling-rules", RULE | {"shortest": 60, "longest": 30}, "longest"),
    (
        "sampling-rules",
        RULE | {"satisfaction_from": 3, "satisfaction_to": 2},
        "satisfaction_to",
    ),
]


async def test_what_cannot_be_is_refused_at_its_field(boss: Api) -> None:
    await sheet(boss)
    for path, sent, field in REFUSED:
        status, refused = await boss.post(f"{V1}/{path}", sent)
        assert (status, refused["error"]["field"]) == (422, field)


async def test_everything_is_written_down_without_its_words(
    boss: Api, agent: Api, recorded: Recorded, signed_in: SignedIn
) -> None:
    made = await sheet(boss)
    score = await submitted(boss, await recorded(1), made["id"])
    await step(agent, score, "dispute", text="王芳不同意")
    admin = await signed_in("administrator")
    _, page = await admin.get("/api/v1/audit")
    actions = {one["action"] for one in page["items"]}
    assert {"quality_sheet.create", "quality_score.open"} <= actions
    assert {"quality_score.submit", "quality_score.dispute"} <= actions
    assert "王芳" not in str(page)
