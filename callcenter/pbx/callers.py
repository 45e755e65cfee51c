"""Customers who call by SIPp: a SIP stack that is not ours, and cheap by the hundred.

::

    output = await customer_calls(pbx, "8000", caller=caller("+8613800138000", "王芳"), stay=20)
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from callcenter.pbx.asterisk import Asterisk, PbxError
from callcenter.pbx.media import DEFAULT_AUDIO
from callcenter.pbx.sip import Address

SCENARIO = Path(__file__).parent / "customer.xml"
WITHHELD = '"Anonymous" <sip:anonymous@anonymous.invalid>'
# SIPp's own words, filled in anew for each call: as many different customers as there are calls.
NUMBERED = '"Customer [call_number]" <sip:+86138[call_number]@[local_ip]>'
_MARGIN = 60.0  # seconds beyond the stay until SIPp gives up by itself


def caller(number: str, name: str = "") -> str:
    """The From of a customer with this number and display name, as `customer_calls` wants it."""
    if any(ord(letter) < 32 for letter in number + name):
        raise ValueError("a caller has no control characters")
    # SIPp takes a bracket in a message for one of its own words.
    return str(Address(name.replace("[", "(").replace("]", ")"), f"sip:{number}@[local_ip]"))


def check_tools() -> None:
    """PbxError says what to install when SIPp cannot run."""
    for tool, package in (("sipp", "sip-tester"), ("setpriv", "util-linux")):
        if shutil.which(tool) is None:
            raise PbxError(f"{tool} is missing: apt-get install {package}")


async def customer_calls(
    pbx: Asterisk,
    number: str,
    *,
    caller: str,
    stay: float,
    calls: int = 1,
    per_second: float = 5.0,
    audio: bytes = DEFAULT_AUDIO,
) -> str:
    """Dial `number` over the trunk; the caller leaves `stay` seconds after the PBX answered, unless
    the other side ends the call first. `audio` (mu-law) is said again and again.

    Returns what SIPp printed; PbxError when a call did not go as the scenario says.
    """
    check_tools()
    with tempfile.TemporaryDirectory(prefix="sipp-", dir=pbx.home) as directory:
        place = Path(directory)
        process = await asyncio.create_subprocess_exec(
            *_command(pbx, number, _scenario(place, caller, stay, audio)),
            *_limits(calls, per_second, stay),
            cwd=directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output = await _to_its_end(process)
    if process.returncode:
        raise PbxError(f"SIPp ended with {process.returncode}:\n{output[-3000:]}")
    return output


async def _to_its_end(process: asyncio.subprocess.Process) -> str:
    try:
        return (await process.communicate())[0].decode("utf-8", "replace")
    except asyncio.CancelledError:
        process.kill()  # its call ends with the PBX, or when no sound comes any more
        await process.wait()
        raise


def _scenario(place: Path, caller: str, stay: float, audio: bytes) -> Path:
    sound = place / "audio.ulaw"
    sound.write_bytes(audio * (1 + 40_000 // len(audio)))
    filled = {"@CALLER@": caller, "@STAY@": str(round(stay * 1000)), "@AUDIO@": str(sound)}
    text = SCENARIO.read_text(encoding="utf-8")
    for token, value in filled.items():
        text = text.replace(token, value)
    path = place / "scenario.xml"
    path.write_text(text, encoding="utf-8")
    return path


def _limits(calls: int, per_second: float, stay: float) -> list[str]:
    # One call in so many milliseconds: of a rate below one a second SIPp makes something else.
    longest = round(calls / per_second + stay + _MARGIN)
    return [
        *("-m", str(calls), "-r", "1", "-rp", str(round(1000 / per_second))),
        *("-timeout", f"{longest}s", "-timeout_error"),
    ]


def _command(pbx: Asterisk, number: str, scenario: Path) -> list[str]:
    host, _ = pbx.trunk
    return [
        *("setpriv", "--pdeathsig", "KILL", "sipp", f"{pbx.host}:{pbx.sip_port}"),
        *("-sf", str(scenario), "-key", "number", number, "-i", host, "-mi", host),
        *("-nostdin", "-trace_err"),
    ]
