"""The telephones that we render, on a real PBX: they register with what they were given."""

from __future__ import annotations

import pytest

from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.robots import SipError
from callcenter.pbx.useragent import Robot
from routing.phone_file import Telephone, render

DESK = Telephone("PJSIP/2002", "desk", '李 "伟"; [x] <y>')
WEB = Telephone("PJSIP/web-1001", "browser", "王芳")


async def load(pbx: Asterisk, text: str) -> None:
    path = pbx.etc / "pjsip.d" / "callcenter.conf"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    await pbx.cli("module reload res_pjsip.so")


async def test_a_rendered_telephone_registers_and_another_password_does_not(pbx: Asterisk) -> None:
    made = render([DESK, WEB], {})
    await load(pbx, made.text)
    for password, right in ((made.passwords["2002"], True), ("guessed-guessed", False)):
        robot = Robot((pbx.host, pbx.sip_port), "2002", password)
        await robot.open()
        try:
            if right:
                await robot.register()
            else:
                with pytest.raises(SipError):
                    await robot.register()
        finally:
            await robot.close()
    endpoint = await pbx.cli("pjsip show endpoint web-1001")
    assert '"王芳" <1001>' in endpoint
    assert "webrtc" in endpoint


async def test_the_telephones_that_were_there_stay(pbx: Asterisk) -> None:
    await load(pbx, render([DESK], {}, {"1001"}).text)
    robot = Robot((pbx.host, pbx.sip_port), "1001", pbx.secrets.phones["1001"])
    await robot.open()
    try:
        await robot.register()
    finally:
        await robot.close()
