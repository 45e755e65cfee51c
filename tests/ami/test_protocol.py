"""AMI bytes as they really come: cut anywhere, too long, doubled, mangled, or not AMI at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.ami.messages import Message
from callcenter.ami.protocol import MAX_MESSAGE, AmiParser, unescape

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
NEXT = b"Event: Hangup\r\nUniqueid: 9.9\r\nChannel: PJSIP/9-9\r\n\r\n"
SMALL = 200  # the limit of parsers that are tested with small messages


def event(name: str = "Newchannel", /, **headers: str) -> bytes:
    lines = [f"Event: {name}", *(f"{key}: {value}" for key, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def padded(size: int) -> bytes:
    """A well-formed event of exactly this many bytes, its end not counted."""
    head = b"Event: Newchannel\r\nUniqueid: 1.1\r\nCallerIDName: "
    return head + b"x" * (size - len(head)) + b"\r\n\r\n"


def fed(
    data: bytes, chunk: int = 1 << 30, max_message: int = MAX_MESSAGE
) -> tuple[list[Message], AmiParser]:
    parser = AmiParser(max_message=max_message)
    messages: list[Message] = []
    for start in range(0, len(data), chunk):
        messages += parser.feed(data[start : start + chunk], None)
    return messages, parser


def told(parser: AmiParser) -> list[tuple[str, bytes]]:
    """What was set aside; of what was too large, as much as is seen at any chunking."""
    return [(bad.reason, bad.data[:SMALL]) for bad in parser.quarantine]


# --- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["王芳", "Müller-Łódź", "🎧 support", "Ελένη"])
def test_a_letter_split_at_any_byte_stays_whole(name: str) -> None:
    data = event(Uniqueid="1.1", CallerIDName=name)
    for cut in range(1, len(data)):
        parser = AmiParser()
        messages = parser.feed(data[:cut], None) + parser.feed(data[cut:], None)
        assert [message.fields["CallerIDName"] for message in messages] == [name]


def test_undecodable_bytes_are_replaced_where_everybody_sees_it() -> None:
    messages, parser = fed(b"Event: Newchannel\r\nCallerIDName: A\xff\xfeB\xc3\r\n\r\n" + NEXT)
    assert messages[0].fields["CallerIDName"] == "A\ufffd\ufffdB\ufffd"
    assert len(messages) == 2
    assert parser.counts.quarantined == 0


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (r"O\'Brien", "O'Brien"),
        (r"\"quoted\"", '"quoted"'),
        (r"a\\b", r"a\b"),
        (r"\\n", r"\n"),  # an escaped backslash and an n, not a line end
        (r"\\\'", r"\'"),
        (r"tab\there", "tab\there"),
        (r"\x41 \z", r"\x41 \z"),  # no escapes of Asterisk's
        ("ends in \\", "ends in \\"),
    ],
)
def test_escapes_in_names_are_undone_exactly_once(sent: str, meant: str) -> None:
    assert unescape(sent) == meant
    headers = {"Uniqueid": "1.1", "CallerIDName": sent, "CallerIDNum": sent}
    messages, _ = fed(event("Newchannel", **headers) * 2)  # the slow way, then by its layout
    assert [message.fields["CallerIDName"] for message in messages] == [meant, meant]


def test_a_backslash_in_a_number_is_a_backslash() -> None:
    messages, _ = fed(event(Uniqueid="1.1", CallerIDNum=r"100\'", CallerIDName=r"x\'") * 2)
    assert [message.fields["CallerIDNum"] for message in messages] == [r"100\'"] * 2


def test_a_variables_value_is_unescaped_too() -> None:
    messages, _ = fed(event("VarSet", Variable="MIXMONITOR_FILENAME", Value=r"/x/O\'Brien.wav"))
    assert messages[0].fields["Value"] == "/x/O'Brien.wav"


# --- chunks --------------------------------------------------------------------------------------

_LINES = st.sampled_from(
    [
        b"Event: Newchannel",
        b"Event: Newexten",
        b"Event: VarSet",
        b"Event: ",
        b"Response: Success",
        b"Response: Error",
        b"Uniqueid: 1.1",
        b"Channel: PJSIP/1-1",
        b"CallerIDName: " + "王\\'".encode(),
        b"CallerIDName: \xff",
        b"Variable: QUEUESTATUS",
        b"Output: one",
        b"no header at all",
        b"",
        b"\r",
        b"\n",
        BANNER.strip(),
        b"x" * (SMALL - 2),
        b"x" * SMALL,
        b"x" * (SMALL + 1),
    ]
)
_STREAMS = st.lists(_LINES, max_size=30).map(b"\r\n".join)
_CUTS = st.lists(st.integers(1, 60), min_size=1, max_size=20)


def _cut(data: bytes, sizes: list[int]) -> list[bytes]:
    chunks, start, index = [], 0, 0
    while start < len(data):
        size = sizes[index % len(sizes)]
        chunks.append(data[start : start + size])
        start, index = start + size, index + 1
    return chunks


@settings(max_examples=400, deadline=None)
@given(stream=_STREAMS, sizes=_CUTS, banner=st.booleans())
def test_how_a_stream_is_cut_changes_nothing(stream: bytes, sizes: list[int], banner: bool) -> None:
    data = (BANNER if banner else b"") + stream + b"\r\n\r\n" + NEXT
    whole, expected = fed(data, max_message=SMALL)
    parser = AmiParser(max_message=SMALL)
    messages = [m for chunk in _cut(data, sizes) for m in parser.feed(chunk, None)]
    assert messages == whole
    assert parser.counts == expected.counts
    assert told(parser) == told(expected)
    assert parser.banner == expected.banner


@settings(max_examples=200, deadline=None)
@given(junk=st.binary(max_size=400), sizes=_CUTS)
def test_no_bytes_raise_and_the_message_after_them_is_read(junk: bytes, sizes: list[int]) -> None:
    data = junk + b"\r\n\r\n" + NEXT
    whole, _ = fed(data, max_message=SMALL)
    parser = AmiParser(max_message=SMALL)
    messages = [m for chunk in _cut(data, sizes) for m in parser.feed(chunk, None)]
    assert messages == whole
    if not junk.startswith(BANNER[:1]):
        assert messages[-1].fields["Uniqueid"] == "9.9"


# --- size ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1 << 30, 65536, 1460])
def test_a_message_over_a_mebibyte_is_set_aside_and_the_next_one_read(chunk: int) -> None:
    messages, parser = fed(padded(MAX_MESSAGE + 1) + NEXT, chunk)
    assert [message.name for message in messages] == ["Hangup"]
    [bad] = parser.take_quarantine()
    assert bad.reason == "too_large"
    assert bad.data == padded(MAX_MESSAGE + 1)[:4096]
    assert bad.size > MAX_MESSAGE
    assert parser.counts.quarantined == 1


@pytest.mark.parametrize("chunk", [1 << 30, 65536, 1460])
def test_a_message_of_exactly_a_mebibyte_is_read(chunk: int) -> None:
    messages, parser = fed(padded(MAX_MESSAGE) + NEXT, chunk)
    assert [message.name for message in messages] == ["Newchannel", "Hangup"]
    assert parser.counts.quarantined == 0


@pytest.mark.parametrize("size", range(SMALL - 2, SMALL + 8))
@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 1 << 30])
def test_the_limit_is_the_same_at_every_chunk_size(size: int, chunk: int) -> None:
    messages, parser = fed(padded(size) + NEXT, chunk, max_message=SMALL)
    fits = size <= SMALL
    assert [message.name for message in messages] == ["Newchannel", "Hangup"][not fits :]
    assert parser.counts.quarantined == (not fits)


@pytest.mark.parametrize("head", [b"Event: Newchannel\r\nCallerIDName: ", BANNER[:-2], b""])
def test_an_endless_message_takes_no_memory_and_is_told_once(head: bytes) -> None:
    parser = AmiParser(max_message=SMALL)
    parser.feed(head, None)
    held = []
    for _ in range(1000):
        parser.feed(b"x" * 100, None)
        held.append(len(parser._buffer))
    assert max(held) <= SMALL + 2000
    assert parser.counts.quarantined <= 1
    assert sum(len(bad.data) for bad in parser.quarantine) <= 4096


def test_a_message_of_only_line_ends_is_none() -> None:
    messages, parser = fed(b"\r\n" * 1001 + NEXT, 3)
    assert [message.name for message in messages] == ["Hangup"]
    assert parser.counts.quarantined == 0


# --- identity ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["Event", "Uniqueid", "Linkedid", "Channel", "ActionID", "Timestamp", "Response"]
)
def test_a_message_that_gives_its_identity_twice_is_believed_in_neither(header: str) -> None:
    lines = b"".join(b"%s: %d\r\n" % (header.encode(), n) for n in (1, 2))
    bad = b"Event: Newchannel\r\n" + lines + b"\r\n"
    messages, parser = fed(bad + NEXT)
    assert [message.name for message in messages] == ["Hangup"]
    [aside] = parser.take_quarantine()
    assert aside.reason == f"repeated {header}"
    assert aside.data == bad.strip()


def test_a_repeated_identity_is_seen_after_the_layout_was_learnt() -> None:
    good = event(Uniqueid="1.1", Channel="PJSIP/1-1")
    bad = event(Uniqueid="1.1", Channel="PJSIP/1-1\r\nUniqueid: 2.2")
    messages, parser = fed(good + bad + good)
    assert [message.fields["Uniqueid"] for message in messages] == ["1.1", "1.1"]
    assert parser.counts.quarantined == 1


def test_other_headers_may_come_several_times() -> None:
    messages, parser = fed(event(Uniqueid="1.1", ChanVariable="a=1\r\nChanVariable: b=2"))
    assert len(messages) == 1
    assert parser.counts.quarantined == 0


@pytest.mark.parametrize("junk", [b"nothing", b"Uniqueid: 1.1", b"Event: ", b"Event:", b"\0\1\2"])
def test_a_message_without_a_name_is_set_aside(junk: bytes) -> None:
    messages, parser = fed(NEXT + junk + b"\r\n\r\n" + NEXT)
    assert [message.name for message in messages] == ["Hangup", "Hangup"]
    assert told(parser) == [("no_name", junk)]


def test_the_quarantine_is_taken_once() -> None:
    _, parser = fed(b"junk\r\n\r\n")
    assert len(parser.take_quarantine()) == 1
    assert parser.take_quarantine() == []
    assert parser.counts.quarantined == 1


# --- the banner ----------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 5, 22, 1 << 30])
def test_the_banner_is_a_line_of_its_own(chunk: int) -> None:
    messages, parser = fed(BANNER + NEXT, chunk)
    assert parser.banner == "Asterisk Call Manager/11.0.0"
    assert [message.name for message in messages] == ["Hangup"]


def test_the_banner_alone_is_known_before_any_message() -> None:
    parser = AmiParser()
    assert parser.feed(BANNER[:10], None) == []
    assert not parser.began
    assert parser.feed(BANNER[10:], None) == []
    assert parser.began
    assert parser.banner == BANNER.decode().strip()


def test_a_stream_without_a_banner_is_read_all_the_same() -> None:
    messages, parser = fed(NEXT)
    assert parser.began
    assert parser.banner is None
    assert len(messages) == 1


def test_a_peer_that_is_no_manager_has_no_banner() -> None:
    _, parser = fed(b"SSH-2.0-OpenSSH_9.2\r\n")
    assert parser.began
    assert parser.banner is None


def test_a_line_that_never_ends_is_no_banner() -> None:
    _, parser = fed(b"Asterisk Call Manager/" + b"1" * 10_000, 100)
    assert parser.began
    assert parser.banner is None


def test_a_banner_in_the_middle_begins_the_next_session_of_a_capture() -> None:
    messages, parser = fed(BANNER + NEXT + BANNER + b"Response: Success\r\n\r\n" + NEXT)
    assert [message.name for message in messages] == ["Hangup", "", "Hangup"]
    assert parser.counts.quarantined == 0


# --- what is read --------------------------------------------------------------------------------


def test_lone_line_ends_before_a_message_are_no_part_of_it() -> None:
    for count in range(1, 6):
        messages, parser = fed(b"\r\n" * count + NEXT + b"\r\n" * count + NEXT)
        assert [message.name for message in messages] == ["Hangup", "Hangup"]
        assert parser.counts.quarantined == 0


def test_events_nobody_reads_are_counted_and_not_built() -> None:
    messages, parser = fed(event("Newexten", Uniqueid="1.1") * 3 + NEXT)
    assert [message.name for message in messages] == ["Hangup"]
    assert (parser.counts.events, parser.counts.ignored) == (4, 3)


def test_only_headers_somebody_reads_are_built() -> None:
    messages, _ = fed(event(Uniqueid="1.1", Language="en", AccountCode="x") * 2)
    assert [message.fields for message in messages] == [{"Uniqueid": "1.1"}] * 2


@pytest.mark.parametrize("variable", ["MIXMONITOR_FILENAME", "QUEUESTATUS"])
def test_the_variables_that_say_something_of_a_call_are_read(variable: str) -> None:
    messages, _ = fed(event("VarSet", Uniqueid="1.1", Variable=variable, Value="x"))
    assert messages[0].fields == {"Uniqueid": "1.1", "Variable": variable, "Value": "x"}


@pytest.mark.parametrize("variable", ["SIPDOMAIN", "QUEUESTATUS2", "XQUEUESTATUS", ""])
def test_other_variables_are_skipped(variable: str) -> None:
    skipped = event("VarSet", Uniqueid="1.1", Variable=variable, Value="x")
    messages, parser = fed(skipped + NEXT)
    assert [message.name for message in messages] == ["Hangup"]
    assert parser.counts.ignored == 1


def test_a_variable_is_skipped_wherever_the_event_says_its_name() -> None:
    messages, parser = fed(b"Privilege: all\r\nEvent: VarSet\r\nVariable: X\r\nValue: FULL\r\n\r\n")
    assert messages == []
    assert parser.counts.ignored == 1


def test_devices_that_are_queues_are_skipped_and_telephones_are_read() -> None:
    queue, telephone = (
        event("DeviceStateChange", Device=device, State="INUSE")
        for device in ("Queue:support_avail", "PJSIP/1001")
    )
    messages, parser = fed((queue + telephone) * 2)
    assert [message.fields["Device"] for message in messages] == ["PJSIP/1001"] * 2
    assert (parser.counts.events, parser.counts.ignored) == (4, 2)
    messages, _ = fed(b"Privilege: all\r\n" + queue + b"Privilege: all\r\n" + telephone)
    assert [message.fields["Device"] for message in messages] == ["PJSIP/1001"]


def test_a_response_keeps_all_its_headers_and_its_output() -> None:
    messages, parser = fed(b"Response: Success\r\nAny: thing\r\nOutput: a\r\nOutput:  b\r\n\r\n")
    [message] = messages
    assert message.name == ""
    assert message.fields == {"Response": "Success", "Any": "thing"}
    assert message.output == ("a", " b")
    assert parser.counts.responses == 1


def test_an_event_may_say_its_name_later() -> None:
    messages, _ = fed(b"Uniqueid: 9.9\r\nEvent: Hangup\r\nCause: 16\r\n\r\n")
    assert messages[0].name == "Hangup"
    assert messages[0].fields["Cause"] == "16"


def test_an_event_may_have_nothing_but_its_name() -> None:
    messages, _ = fed(b"Event: Hangup\r\n\r\n" * 2)
    assert [(message.name, message.fields) for message in messages] == [("Hangup", {})] * 2


def test_a_value_may_hold_colons_spaces_and_nothing() -> None:
    messages, _ = fed(event(Uniqueid="1.1", CallerIDName=" a: b ", Exten="") * 2)
    for message in messages:
        assert message.fields["CallerIDName"] == " a: b "
        assert message.fields["Exten"] == ""


def test_a_header_without_a_space_after_its_colon_is_read() -> None:
    messages, _ = fed(event(Uniqueid="1.1") + b"Event: Newchannel\r\nUniqueid:2.2\r\n\r\n")
    assert [message.fields["Uniqueid"] for message in messages] == ["1.1", "2.2"]


def test_the_time_of_reception_is_the_readers() -> None:
    assert AmiParser().feed(NEXT, 12.5)[0].received_at == 12.5
