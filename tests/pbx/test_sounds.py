"""Whatever we have the PBX say by itself is among the sounds that it comes with."""

from __future__ import annotations

import inspect
import re

import pytest

from callcenter.agi import spoken
from callcenter.pbx.asterisk import CACHE
from routing import announce, flows

SAID = re.compile(r'"((?:vm|queue|auth|if|press|agent|conf|digits)-[a-z-]+)"')


def sounds() -> set[str]:
    named = SAID.findall(inspect.getsource(flows) + inspect.getsource(announce))
    numbers = [spoken.number_sounds(number, "en") or [] for number in (*range(21), 35, 199, 2000)]
    return {*named, *(one for said in numbers for one in said), *spoken.digit_sounds("0123456789")}


@pytest.mark.parametrize("version", [22, 16])
def test_every_sound_is_there(version: int) -> None:
    folder = CACHE / f"asterisk-{version}/usr/share/asterisk/sounds/en_US_f_Allison"
    named = sounds()
    assert {"vm-intro", "queue-holdtime", "digits/hundred"} <= named
    assert {name for name in named if not (folder / f"{name}.gsm").is_file()} == set()
