"""A log line is one line whatever a caller is called, and carries the call's id."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from callcenter.log import LONGEST, Format, configure, escaped, interaction_bound

HOSTILE = "a\nb\r\x1b[31m\u202eevil\u2028\x85\ud800"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def lines(format_: Format, level: str = "info") -> tuple[io.StringIO, structlog.stdlib.BoundLogger]:
    out = io.StringIO()
    configure(level, format_, out)
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("room")
    return out, logger


def test_a_line_of_json_has_time_level_name_and_the_call() -> None:
    out, log = lines("json")
    with interaction_bound("i1"):
        log.info("pop_offered", agent=7)
    log.warning("later")
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert first.items() >= {"event": "pop_offered", "agent": 7, "interaction": "i1"}.items()
    assert (first["level"], first["logger"]) == ("info", "room")
    assert first["time"].endswith("Z")
    assert "interaction" not in second


@pytest.mark.parametrize("format_", ["json", "console"])
def test_hostile_text_stays_on_its_line(format_: Format) -> None:
    out, log = lines(format_)
    log.info("call", name=HOSTILE, inner={"list": [HOSTILE.encode("utf-8", "replace")]})
    text = out.getvalue()
    assert len(text.splitlines()) == 1
    assert not set(text[:-1]) & set("\x1b\r\u202e\u2028\x85\ud800")
    assert "evil" in text


def test_hostile_text_is_no_field_of_its_own() -> None:
    out, log = lines("console")
    log.info("call", name='a level=critical "x" user=1', plain="PJSIP/1001", empty="")
    line = out.getvalue().strip()
    assert line.endswith(r'name="a level=critical \"x\" user=1" plain=PJSIP/1001 empty=""')


@pytest.mark.parametrize("format_", ["json", "console"])
def test_a_number_of_any_size_can_be_written(format_: Format) -> None:
    out, log = lines(format_)
    log.info("call", number=-(1 << 80), huge=10**6000)
    assert "-0x100000000000000000000" in out.getvalue()


def test_a_traceback_is_kept_and_its_message_escaped() -> None:
    out, log = lines("json")
    try:
        raise ValueError("bad\x1b[31m")
    except ValueError:
        log.exception("failed")
    trace = json.loads(out.getvalue())["exception"]
    assert trace[-1] == "ValueError: bad\\u001b[31m"
    assert trace[0].startswith("Traceback")


def test_libraries_log_in_the_same_form() -> None:
    out, _ = lines("json")
    logging.getLogger("some.library").warning("no %s", "luck")
    assert json.loads(out.getvalue())["event"] == "no luck"


def test_what_is_below_the_level_is_left_out() -> None:
    out, log = lines("console", "warning")
    log.info("quiet")
    log.error("loud")
    assert "quiet" not in out.getvalue()
    assert "loud" in out.getvalue()


def test_a_very_long_value_is_cut() -> None:
    assert len(escaped("x" * 1_000_000)) < LONGEST + 50
