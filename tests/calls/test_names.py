"""What a channel's name says, in every technology that a PBX may have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.names import parse_name


@pytest.mark.parametrize(
    ("name", "technology", "interface", "resource"),
    [
        ("PJSIP/1001-0000002c", "PJSIP", "PJSIP/1001", "1001"),
        ("SIP/trunk-provider-00000003", "SIP", "SIP/trunk-provider", "trunk-provider"),
        ("SIP/+4930123-0a", "SIP", "SIP/+4930123", "+4930123"),
        ("IAX2/peer-1234", "IAX2", "IAX2/peer", "peer"),
        ("DAHDI/i1/0612345678-2f", "DAHDI", "DAHDI/i1/0612345678", "i1/0612345678"),
        ("DAHDI/1-1", "DAHDI", "DAHDI/1", "1"),
        ("PJSIP/1001-0000002c<ZOMBIE>", "PJSIP", "PJSIP/1001", "1001"),
        ("PJSIP/no-suffix-here", "PJSIP", "PJSIP/no-suffix-here", "no-suffix-here"),
        ("AsyncGoto/PJSIP/1001-0000002c", "AsyncGoto", "AsyncGoto/PJSIP/1001", "PJSIP/1001"),
        ("without a slash", "", "without a slash", "without a slash"),
        ("", "", "", ""),
    ],
)
def test_a_name_is_taken_apart(name: str, technology: str, interface: str, resource: str) -> None:
    parsed = parse_name(name)
    assert (parsed.technology, parsed.interface, parsed.resource) == (
        technology,
        interface,
        resource,
    )


def test_the_halves_of_a_local_channel_know_each_other() -> None:
    one, two = "Local/1001@internal-00000001;1", "Local/1001@internal-00000001;2"
    assert parse_name(one).pair == two
    assert parse_name(two).pair == one
    assert parse_name(one).is_local
    assert parse_name(one).interface == "Local/1001@internal"


def test_a_telephone_has_no_other_half() -> None:
    assert parse_name("PJSIP/1001-0000002c").pair is None
    assert not parse_name("PJSIP/1001-0000002c").is_local


@pytest.mark.parametrize("name", ["CBAnn/8600-00000000;2", "Snoop/x-01", "Message/ast_msg_queue"])
def test_channels_the_pbx_makes_for_itself_are_nobody(name: str) -> None:
    assert parse_name(name).is_pseudo


@given(st.text())
def test_any_text_is_a_name(name: str) -> None:
    parsed = parse_name(name)
    assert parsed.pair is None or parse_name(parsed.pair).pair is not None
