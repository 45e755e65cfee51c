"""Customers of a SIP stack that is not ours, several at a time, find their agents."""

from __future__ import annotations

import re

from callcenter.pbx.robots import answers
from callcenter.pbx.tones import loudness, read_wav
from tests.pbx.harness import AmiRecorder, Stage
from tests.pbx.load import customers_call


async def test_customers_of_sipp_are_answered_and_recorded(stage: Stage) -> None:
    await stage.add_phones("1001", "1002", "1003")
    for robot in stage.phones.values():
        robot.behaviour = answers(0.2)
    async with AmiRecorder(stage.pbx, "callcenter") as ami:
        await customers_call(stage.pbx, "8000", 6, per_second=2, talk=4)
        await ami.quiet()
    assert ami.data.count(b"Event: AgentConnect\r\n") == 6
    files = re.findall(rb"Variable: MIXMONITOR_FILENAME\r\nValue: (.*)\r", ami.data)
    assert len(set(files)) == 6
    assert all(loudness(read_wav(stage.pbx.recordings / f.decode())) > 1000 for f in files)
