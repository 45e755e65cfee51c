"""Recording over the API: rules as administrators write them, and where in a file things are."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Segment
from recording.control_tables import RecordingSpan
from recording.queries import table_of
from recording.tables import Recording
from tests.web.conftest import SignedIn

RULES = "/api/v1/recording-rules"
RULE: dict[str, Any] = {"name": "By hand", "mode": "on_demand"}
ASKS = {"consent": "opt_out", "announcement": "may-record", "opt_out_key": "9"}
CALL, LEG, RECORDING = "c" * 32, "1" * 32, "e" * 32


async def test_a_new_installation_records_everything_and_a_new_rule_comes_before_that(
    signed_in: SignedIn,
) -> None:
    admin = await signed_in("administrator")
    _, before = await admin.get(RULES)
    status, made = await admin.post(RULES, RULE | ASKS | {"mode": "always"})
    assert status == 201
    assert [one["code"] for one in made["warnings"]] == ["prompt_not_uploaded"]
    _, after = await admin.get(RULES)
    assert next(one["name"] for one in after["items"]) == "By hand"
    assert len(after["items"]) == len(before["items"]) + 1
    path = f"{RULES}/{made['saved']['id']}"
    status, changed = await admin.call("PUT", path, json=RULE | {"mode": "never"})
    assert (status, changed["saved"]["mode"], changed["saved"]["consent"]) == (200, "never", "none")
    assert changed["saved"]["position"] == made["saved"]["position"]
    late = RULE | {"name": "Late", "version": made["saved"]["version"]}
    status, refused = await admin.call("PUT", path, json=late)
    sides = refused["error"]["values"]["fields"]
    assert (status, sides["mode"]) == (409, {"yours": "on_demand", "theirs": "never"})
    late["version"] = refused["error"]["values"]["version"]
    assert (await admin.call("PUT", path, json=late))[0] == 200
    assert (await admin.call("DELETE", path))[0] == 204
    assert (await admin.call("PUT", path, json=RULE))[0] == 404
    _, written = await admin.get("/api/v1/audit?object=recording_rule/" + path.rpartition("/")[2])
    assert {one["action"] for one in written["items"]} == {
        "recording_rule.create", "recording_rule.change", "recording_rule.delete",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mode": "sometimes"}, "mode"),
        ({"queues": ["nowhere"]}, "queues[0]"),
        ({"agents": [404]}, "agents[0]"),
        ({"directions": ["sideways"]}, "directions[0]"),
        ({"pause_seconds": 4}, "pause_seconds"),
        ({"pause_seconds": 601}, "pause_seconds"),
        ({"announcement": "may-record"}, "announcement"),
        ({"consent": "announce"}, "announcement"),
        ({"consent": "opt_out", "announcement": "may-record"}, "opt_out_key"),
        ({"opt_out_key": "9"}, "opt_out_key"),
        (ASKS | {"mode": "never"}, "consent"),
        (ASKS | {"announcement": "../secret"}, "announcement"),
        (ASKS | {"opt_out_key": "99"}, "opt_out_key"),
    ],
)
async def test_what_does_not_fit_is_refused_by_its_name(
    signed_in: SignedIn, wrong: dict[str, Any], field: str
) -> None:
    admin = await signed_in("administrator")
    status, answer = await admin.post(RULES, RULE | wrong)
    assert (status, answer["error"]["field"]) == (422, field)


async def test_rules_are_for_those_who_may_write_them(signed_in: SignedIn) -> None:
    agent = await signed_in("agent")
    assert (await agent.get(RULES))[0] == 403
    assert (await agent.post(RULES, RULE))[0] == 403


async def test_marks_are_on_the_files_own_clock(signed_in: SignedIn, database: Database) -> None:
    async with database.session() as session:

        async def put(model: Any, **values: Any) -> None:
            await session.execute(insert(table_of(model)).values(values))

        await put(Interaction, id=CALL, pbx="pbx", direction="inbound")
        await put(
            Recording, id=RECORDING, interaction_id=CALL, leg_id=LEG, pbx="pbx", file="x.wav",
            started_at=100.0, seconds=40.0, status="ready",
        )  # fmt: skip
        for id, begins, ends in (("a" * 32, 110.0, 130.0), ("b" * 32, 140.0, 160.0)):
            await put(
                Segment, id=id, interaction_id=CALL, kind="talk", leg_id=LEG, started_at=begins,
                ended_at=ends, ended=True,
            )  # fmt: skip
        common = {"pbx": "pbx", "interaction_id": CALL, "leg_id": LEG}
        await put(
            RecordingSpan, id="1" * 32, kind="gap", started_at=130.0, ended_at=140.0, **common
        )
        await put(
            RecordingSpan, id="2" * 32, kind="pause", started_at=115.0, ended_at=120.5,
            reasons=["api"], user_id=1, **common,
        )  # fmt: skip
        await session.commit()
    supervisor = await signed_in("supervisor")
    status, marks = await supervisor.get(f"/api/v1/recordings/{RECORDING}/markers")
    assert status == 200
    assert [(m["kind"], m["starts"], m["ends"]) for m in marks["items"]] == [
        ("pause", 5.0, 10.5),
        ("gap", 20.0, 20.0),
    ]
    assert marks["items"][0]["reasons"] == ["api"]
    stranger = await signed_in("agent")
    assert (await stranger.get(f"/api/v1/recordings/{RECORDING}/markers"))[0] == 404


async def test_without_a_pbx_nothing_is_paused(signed_in: SignedIn) -> None:
    supervisor = await signed_in("supervisor")
    status, answer = await supervisor.post(f"/api/v1/calls/{CALL}/recording/pause", {})
    assert (status, answer["error"]["code"]) == (404, "not_found")
    status, answer = await supervisor.post("/api/v1/me/recording/pause", {"seconds": 3})
    assert (status, answer["error"]["field"]) == (422, "seconds")
