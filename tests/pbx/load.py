"""Many customers at once, by SIPp: a SIP stack that is not ours, and cheap by the hundred."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from callcenter.pbx.asterisk import Asterisk, PbxError
from callcenter.pbx.media import DEFAULT_AUDIO

SCENARIO = Path(__file__).parent / "sipp" / "trunk_call.xml"


async def customers_call(
    pbx: Asterisk, number: str, calls: int, *, per_second: float = 5.0, talk: float = 3.0
) -> str:
    """Place `calls` calls over the trunk, each ended by the customer after `talk` seconds; returns
    what SIPp printed, and raises PbxError when a call did not go as the scenario says."""
    _check_tools()
    with tempfile.TemporaryDirectory(prefix="callcenter-sipp-") as directory:
        command = _command(pbx, number, Path(directory))
        limits = ("-m", str(calls), "-r", str(per_second), "-d", str(round(talk * 1000)))
        process = await asyncio.create_subprocess_exec(
            *command,
            *limits,
            cwd=directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output = (await process.communicate())[0].decode("utf-8", "replace")
    if process.returncode:
        raise PbxError(f"SIPp ended with {process.returncode}:\n{output[-3000:]}")
    return output


def _check_tools() -> None:
    for tool, package in (("sipp", "sip-tester"), ("setpriv", "util-linux")):
        if shutil.which(tool) is None:
            raise PbxError(f"{tool} is missing: apt-get install {package}")


def _command(pbx: Asterisk, number: str, directory: Path) -> list[str]:
    # SIPp has no variable inside a file name, so the scenario is completed here.
    audio = directory / "audio.ulaw"
    audio.write_bytes(DEFAULT_AUDIO * 5)
    scenario = directory / "scenario.xml"
    text = SCENARIO.read_text(encoding="utf-8").replace("[audio]", str(audio))
    scenario.write_text(text, encoding="utf-8")
    host, _ = pbx.trunk
    return [
        *("setpriv", "--pdeathsig", "KILL", "sipp", f"{pbx.host}:{pbx.sip_port}"),
        *("-sf", str(scenario), "-key", "number", number, "-i", host, "-mi", host),
        *("-nostdin", "-trace_err", "-timeout", "120s"),
    ]
