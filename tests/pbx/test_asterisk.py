"""The PBX we ship and test with: its rights, its filters, what it survives and what it leaves."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from callcenter.pbx.asterisk import Asterisk, PbxError
from callcenter.pbx.robots import answers
from callcenter.pbx.tones import loudness, read_wav
from tests.pbx.harness import AmiRecorder, Stage, asterisk

FILTERED = ("Newexten", "TestEvent", "RTCPSent", "RTCPReceived", "MusicOnHoldStart")
NEEDED = ("Newchannel", "Hangup", "QueueCallerJoin", "AgentConnect", "AgentComplete", "DialEnd")
FORBIDDEN = {
    "Command": {"Command": "core show version"},
    "Filter": {"Operation": "Add", "Filter": "!Event: Hangup"},
    "GetConfig": {"Filename": "manager.conf"},
    "DBPut": {"Family": "dnd", "Key": "1001", "Val": "1"},
    "UserEvent": {"UserEvent": "Made-Up"},
    "PJSIPShowEndpoints": {},
    "MixMonitor": {"Channel": "PJSIP/1001-00000000", "Command": "touch /tmp/x"},
}


def is_gone(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().split()[2] == "Z"


def has_files(directory: Path) -> bool:
    return directory.exists() and any(directory.iterdir())


async def answered_call(stage: Stage, name: str = "Wang Fang") -> None:
    """A customer's call to support, which 1001 answers, of a second and a half."""
    agent = stage.phones["1001"]
    agent.behaviour = answers(0.2)
    customer = await stage.outside.call("8000", caller="+8613800138000", name=name)
    # After a restart of the PBX a telephone counts as away until it has been asked (qualify).
    taken = await agent.next_call(20)
    await taken.answered()
    await asyncio.sleep(1.5)
    await customer.hang_up()
    await taken.ended()
    await stage.no_channels()


async def test_user_has_no_right_it_does_not_need(pbx: Asterisk) -> None:
    async with AmiRecorder(pbx, "callcenter") as ami:
        for action, headers in FORBIDDEN.items():
            since = len(ami.data)
            ami.send(action, **headers)
            await ami.saw(b"Permission denied", since=since)
        since = len(ami.data)
        ami.send("Originate", Channel="PJSIP/1001", Application="System", Data="true", Async="true")
        await ami.saw(b"Originate Access Forbidden", since=since)


async def test_user_hears_what_is_read_and_nothing_else(stage: Stage) -> None:
    await stage.add_phones("1001")
    async with AmiRecorder(stage.pbx, "callcenter") as ami:
        await answered_call(stage)
        await ami.quiet()
    heard = set(re.findall(rb"^Event: (\w+)", ami.data, re.MULTILINE))
    assert not heard & {name.encode() for name in FILTERED}
    assert heard >= {name.encode() for name in NEEDED}
    variables = re.findall(rb"^Variable: (\S+)", ami.data, re.MULTILINE)
    assert set(variables) == {b"MIXMONITOR_FILENAME"}


async def test_user_hears_why_a_queue_let_a_caller_go(stage: Stage) -> None:
    async with AmiRecorder(stage.pbx, "callcenter") as ami:
        call = await stage.outside.call("8003", caller="+8613800138000")
        await call.ended()
        await ami.quiet()
    assert b"Variable: QUEUESTATUS\r\nValue: JOINEMPTY" in ami.data


@pytest.mark.parametrize("name", ["Event: Newexten", "Event: VarSet Variable: X", "Variable: X"])
async def test_no_display_name_hides_a_call_from_us(stage: Stage, name: str) -> None:
    await stage.add_phones("1001")
    async with AmiRecorder(stage.pbx, "callcenter") as ami:
        await answered_call(stage, name)
        await ami.quiet()
    assert ami.data.count(b"Event: Newchannel\r\n") == 2
    assert ami.data.count(b"Event: Hangup\r\n") == 2
    assert ami.data.count(b"Variable: MIXMONITOR_FILENAME") == 1


@pytest.mark.parametrize(
    ("caller", "number"),
    [
        ("100%0D%0A%0D%0AEvent%3A%20Hangup%0D%0A", "8000"),
        ("100%0A", "8000"),
        ("100", "8000%0D%0A%0D%0AEvent%3A%20Hangup%0D%0A"),
    ],
)
async def test_line_ends_in_numbers_reach_no_manager_client(
    stage: Stage, caller: str, number: str
) -> None:
    async with AmiRecorder(stage.pbx) as ami:
        call = await stage.outside.call(number, caller=caller)
        await call.ended()
        await ami.quiet()
    assert call.status == 404
    assert b"Event: Hangup" not in ami.data
    assert b"Event: Newchannel" not in ami.data


async def test_conversation_is_recorded_under_the_path_the_pbx_reports(stage: Stage) -> None:
    await stage.add_phones("1001")
    async with AmiRecorder(stage.pbx, "callcenter") as ami:
        await answered_call(stage)
        await ami.quiet()
    reported = re.findall(rb"Variable: MIXMONITOR_FILENAME\r\nValue: (.*)\r", ami.data)
    samples = read_wav(Path(reported[0].decode()))
    assert Path(reported[0].decode()).is_relative_to(stage.pbx.recordings)
    assert len(samples) > 8000
    assert loudness(samples) > 1000


async def test_calls_work_again_after_a_crash(stage: Stage) -> None:
    await stage.add_phones("1001")
    await answered_call(stage)
    port = stage.pbx.ami_port
    await stage.pbx.kill()
    assert not stage.pbx.running
    await stage.pbx.start()
    assert stage.pbx.ami_port == port
    await stage.phones["1001"].register()
    await answered_call(stage)


async def test_leaves_nothing_behind(version: int) -> None:
    with tempfile.TemporaryDirectory(prefix="callcenter-pbx-") as workdir:
        async with asterisk(Path(workdir), version) as pbx:
            process = pbx.pid
        assert is_gone(process)
        assert not has_files(Path(workdir))
        assert not has_files(pbx.root / workdir[1:])


async def test_dies_with_the_process_that_started_it(version: int) -> None:
    program = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom tests.pbx.harness import asterisk\n"
        "async def main():\n"
        "    async with asterisk(Path(sys.argv[1]), int(sys.argv[2])) as pbx:\n"
        "        print(pbx.pid, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with tempfile.TemporaryDirectory(prefix="callcenter-pbx-") as workdir:
        runner = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program, workdir, str(version)),
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
        )
        assert runner.stdout is not None
        pbx = int(await runner.stdout.readline())
        runner.send_signal(signal.SIGKILL)
        await runner.wait()
        await asyncio.sleep(0.5)
        assert is_gone(pbx)


async def test_several_run_at_once(pbx: Asterisk) -> None:
    with tempfile.TemporaryDirectory(prefix="callcenter-pbx-") as workdir:
        async with asterisk(Path(workdir), pbx.version) as other:
            assert other.ami_port != pbx.ami_port
            async with Stage(other) as stage:
                await stage.add_phones("1001")
                await answered_call(stage)
            assert await pbx.channels() == 0


async def test_says_how_to_install_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PbxError, match=r"install\.sh 22"):
        async with Asterisk(22, tmp_path, root=tmp_path / "nowhere"):
            pass


async def test_browser_telephones_can_connect(version: int) -> None:
    request = (
        "GET /ws HTTP/1.1\r\nHost: pbx\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: sip\r\n\r\n"
    )
    with tempfile.TemporaryDirectory(prefix="callcenter-pbx-") as workdir:
        async with asterisk(Path(workdir), version, webphones=("1011",)) as pbx:
            reader, writer = await asyncio.open_connection(pbx.host, pbx.http_port)
            writer.write(request.encode())
            assert b" 101 " in await reader.readline()
            writer.close()
            shown = await pbx.cli("pjsip show endpoint 1011")
    assert re.search(r"webrtc +: yes", shown)
    assert re.search(r"dtls_auto_generate_cert +: Yes", shown)
