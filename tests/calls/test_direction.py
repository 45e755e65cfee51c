"""Which way a call goes, told by configured trunks or by how its two sides look."""

from __future__ import annotations

import pytest

from callcenter.calls.direction import direction, is_public
from callcenter.events import Direction, InteractionStarted
from tests.calls.script import Script

IN, OUT, INTERNAL = Direction.INBOUND, Direction.OUTBOUND, Direction.INTERNAL


@pytest.mark.parametrize(
    ("caller_external", "callee_external", "originated", "expected"),
    [
        (True, False, False, IN),
        (True, True, False, IN),  # a call that is sent out again came in
        (False, True, False, OUT),
        (False, False, False, INTERNAL),
        (True, False, True, OUT),  # we rang the customer first
        (False, True, True, OUT),
        (False, False, True, INTERNAL),
    ],
)
def test_from_where_to_where(
    caller_external: bool, callee_external: bool, originated: bool, expected: Direction
) -> None:
    told = direction(
        caller_external=caller_external, callee_external=callee_external, originated=originated
    )
    assert told is expected


@pytest.mark.parametrize(
    ("channel", "number", "exten", "expected"),
    [
        ("PJSIP/trunk-01", "+8613800138000", "8000", IN),
        ("PJSIP/trunk-01", "<unknown>", "8000", IN),  # withheld
        ("PJSIP/1001-01", "1001", "1002", INTERNAL),
        ("PJSIP/1001-01", "1001", "+8613900139000", OUT),
        ("PJSIP/1001-01", "1001", "013900139000", OUT),
        ("PJSIP/alice-01", "1001", "1002", INTERNAL),  # a telephone named after its owner
        ("PJSIP/8613800138000-01", "8613800138000", "1002", INTERNAL),  # or after its number
        ("DAHDI/i1/0612345678-01", "0612345678", "8000", IN),  # lines are a carrier's
        ("DAHDI/1-1", "1001", "8000", IN),
    ],
)
def test_without_configuration_a_trunk_is_told_by_its_looks(
    channel: str, number: str, exten: str, expected: Direction
) -> None:
    script = Script()
    script.channel(channel, number=number, exten=exten)
    assert script.all(InteractionStarted)[0].direction is expected


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("PJSIP/carrier-b-01", IN), ("PJSIP/1001-01", INTERNAL), ("SIP/carrier-b-01", INTERNAL)],
)
def test_configured_trunks_alone_decide(channel: str, expected: Direction) -> None:
    script = Script(trunks=("PJSIP/carrier*",))
    script.channel(channel, number="+8613800138000", exten="+8613900139000")
    assert script.all(InteractionStarted)[0].direction is expected


@pytest.mark.parametrize(
    ("number", "public"),
    [
        ("+86138001", True),
        ("13800138", True),
        ("1001", False),
        ("123456", False),
        (None, False),
        ("alice", False),
        ("+1234", False),
    ],
)
def test_a_public_number_is_written_as_only_those_are(number: str | None, public: bool) -> None:
    assert is_public(number) is public
