"""How a person is recognised in whatever was written, and who is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcenter.bus import MemoryBus
from callcenter.events import Direction, DomainEvent, InteractionStarted, LinkLost, Party
from callcenter.forgetting import files
from callcenter.forgetting.person import MARK, Finder, Number, Person
from callcenter.spill import Clean, Spill

NUMBER = Number("+8613800138007", "13800138007")
FINDER = Finder(
    Person(
        names=["欧阳小满", "Ann Lee", "李"],
        numbers=[NUMBER],
        emails=["a@x.example"],
        texts=["C-77"],
    )
)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("13800138007", MARK),
        ("+86 138 0013 8007", MARK),
        ("0086-138-0013-8007 called", f"{MARK} called"),
        ("in-13800138007-1001.wav", f"in-{MARK}-1001.wav"),
        ("913800138007", f"9{MARK}"),
        ("(+86)13800138007", f"({MARK}"),
        ("13800138008", "13800138008"),
        ("欧阳小满女士", f"{MARK}女士"),
        ("ANN  LEE wrote", f"{MARK} wrote"),
        ("Annual leeway", "Annual leeway"),
        ("Joann Lee", "Joann Lee"),
        ("李 and 李伟", "李 and 李伟"),  # one letter is nobody
        ("write to A@x.example", f"write to {MARK}"),
        ("case C-77", f"case {MARK}"),
        ("", ""),
    ],
)
def test_a_person_is_found_however_they_are_written_and_nobody_else(text: str, clean: str) -> None:
    assert FINDER.clean(text) == clean
    assert FINDER.finds(text) == (text != clean)


def test_at_any_depth_of_json_and_in_its_escapes() -> None:
    told = {"欧阳小满": [1, None, {"to": "+8613800138007"}], "x": True}
    assert FINDER.clean(told) == {MARK: [1, None, {"to": MARK}], "x": True}
    assert MARK in FINDER.clean(json.dumps(told))
    assert "\\u6b27" not in FINDER.clean(json.dumps(told))


def test_short_numbers_have_to_stand_alone() -> None:
    finder = Finder(Person(numbers=[Number("+495551234", "5551234")]))
    assert finder.clean("call 555-1234") == f"call {MARK}"
    assert finder.clean("id 15551234567") == "id 15551234567"


def test_inner_numbers_are_nobodys() -> None:
    assert Finder(Person(numbers=[Number("+861001", "1001")])).clean("1001") == "1001"


def test_what_the_databases_look_for_finds_no_less() -> None:
    likes = Finder(Person(names=["10%_!"], numbers=[NUMBER])).likes
    assert "%1%3%8%0%0%1%3%8%0%0%7%" in likes
    assert "%10!%!_!!%" in likes


def started(number: str, at: float) -> InteractionStarted:
    party = Party("PJSIP/x-1", "PJSIP/x", number, None, "b" * 32)
    return InteractionStarted(
        at=at, pbx="pbx", interaction="a" * 32, direction=Direction.INBOUND, caller=party,
        dialled=None,
    )  # fmt: skip


def without(number: str) -> Clean:
    def clean(event: DomainEvent) -> DomainEvent | None:
        told = isinstance(event, InteractionStarted) and event.caller.number == number
        return None if told else event

    return clean


def test_a_file_of_waiting_events_is_written_anew_and_keeps_its_place(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "x.spill", max_bytes=1 << 20)
    for number in ("1", "2", "3", "2", "4"):
        spill.append(started(number, 1.0))
    spill.read(1)
    spill.advance()
    assert len(spill.read(2)) == 2  # handed out, not done with: 2 and 3
    spill.forget(without("2"))
    assert spill.waiting == 2
    spill.advance()  # 3 is done with
    left = spill.read(10)
    assert [event.caller.number for event in left if isinstance(event, InteractionStarted)] == ["4"]
    spill.close()
    again = Spill(tmp_path / "x.spill", max_bytes=1 << 20)
    assert again.waiting == 2  # what was done with comes again after a restart; 2 does not
    assert b'"number":"2"' not in again.path.read_bytes()
    again.close()


async def test_a_bus_tells_nobody_what_may_not_be_told(tmp_path: Path) -> None:
    bus = MemoryBus(tmp_path)
    subscription = bus.subscribe("live")
    bus.publish(started("2", 1.0))
    bus.publish(LinkLost(at=1.0, pbx="pbx"))
    assert await bus.forget(without("2")) == 0
    bus.guard(without("3"))
    bus.publish(started("3", 1.0))
    bus.publish(started("4", 1.0))
    bus.finish()
    events = [event for batch in [b async for b in subscription] for _, event in batch]
    assert [type(event).__name__ for event in events] == ["LinkLost", "InteractionStarted"]
    await bus.close()


def test_files_of_ours_are_cleaned_and_uploads_deleted(tmp_path: Path) -> None:
    (tmp_path / "dead-letters.jsonl").write_text("欧阳小满\nsomebody\n")
    (tmp_path / "secret.key").write_text("13800138007")
    uploads = tmp_path / "imports"
    uploads.mkdir()
    (uploads / "a").write_bytes("欧阳小满,1".encode("gb18030"))
    (uploads / "b").write_bytes(b"somebody,1")
    apart = tmp_path / "apart"
    apart.mkdir()
    (apart / "x.jsonl").write_text("13800138007")
    assert files.forget(tmp_path, FINDER, apart=[apart]) == 2
    assert (tmp_path / "dead-letters.jsonl").read_text() == f"{MARK}\nsomebody\n"
    assert (tmp_path / "secret.key").read_text() == "13800138007"
    assert [path.name for path in uploads.iterdir()] == ["b"]
    assert (apart / "x.jsonl").read_text() == "13800138007"
