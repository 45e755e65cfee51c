"""`callcenter record`: every byte of the PBX, none of the secret, no file of somebody else."""

from __future__ import annotations

import asyncio
import signal
import stat
import sys
from pathlib import Path

import pytest

from callcenter.cli import main
from tests.ami.peer import BANNER, SECRET, USER, Peer, Script, Wire, pbx
from tests.calls import traces

TRACE = traces.raw(traces.ROOT / "queue_answered")
SAID = TRACE.removeprefix(BANNER)


def plays(data: bytes, ends: bool = False) -> Script:
    async def script(wire: Wire) -> None:
        await wire.let_in()
        wire.write(data)
        await wire.drain()
        if not ends:
            await wire.hold()

    return script


def config(folder: Path, port: int, secret: str = SECRET) -> Path:
    path = folder / "callcenter.toml"
    ami = f'[ami]\nhost = "127.0.0.1"\nport = {port}\nusername = "{USER}"\nsecret = "{secret}"\n'
    path.write_text(ami)
    return path


async def command(*arguments: str | Path, until: bytes = b"") -> tuple[int, str]:
    """Run the command as its users do; send Ctrl-C once stderr has said `until`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callcenter", "record", *map(str, arguments)),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    told = b""
    async with asyncio.timeout(20):
        if until:
            told = await process.stderr.readuntil(until)
            process.send_signal(signal.SIGINT)
        told += await process.stderr.read()
        return await process.wait(), told.decode()


async def test_every_byte_is_recorded_and_the_secret_is_not(tmp_path: Path) -> None:
    file = tmp_path / "ami.txt"
    async with Peer(plays(SAID)) as peer:
        settings = config(tmp_path, peer.port)
        status, told = await command(file, "--config", settings, "--seconds", "0.5")
    data = file.read_bytes()
    assert status == 0
    assert data.startswith(BANNER)
    assert data.endswith(SAID)
    assert SECRET.encode() not in data
    assert SECRET not in told
    assert f"{TRACE.count(b'Event: ')} events" in told
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_ctrl_c_ends_it_with_a_count(tmp_path: Path) -> None:
    file = tmp_path / "ami.txt"
    async with Peer(plays(SAID)) as peer:
        status, told = await command(
            file, "--config", config(tmp_path, peer.port), until=b"Ctrl-C ends it"
        )
    assert status == 0
    assert "events" in told.splitlines()[-1]
    assert "Traceback" not in told
    assert file.read_bytes().startswith(BANNER)


async def test_a_recording_can_be_redacted_at_once(tmp_path: Path) -> None:
    file = tmp_path / "ami.txt"
    async with Peer(plays(SAID)) as peer:
        settings = config(tmp_path, peer.port)
        status, _ = await command(file, "--config", settings, "--seconds", "0.5", "--redact")
    data = file.read_bytes()
    assert status == 0
    assert b"Wang Fang" not in data
    assert b"13800138000" not in data
    assert data.count(b"\r\n\r\n") == TRACE.count(b"\r\n\r\n") + 2  # challenge and log-in
    story = traces.story(data, 65536)
    assert story[0]["end"] == traces.story(TRACE, 65536)[0]["end"]


async def test_a_pbx_that_goes_away_ends_it_and_is_told(tmp_path: Path) -> None:
    file = tmp_path / "ami.txt"
    async with Peer(plays(SAID, ends=True)) as peer:
        status, told = await command(file, "--config", config(tmp_path, peer.port))
    assert status == 1
    assert "the PBX went away: closed by the PBX" in told
    assert file.read_bytes().endswith(SAID)


async def test_a_wrong_password_is_said_and_what_was_heard_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "ami.txt"
    async with Peer(pbx) as peer:
        status, told = await command(file, "--config", config(tmp_path, peer.port, "no-good-one"))
    assert status == 1
    assert "Login: Authentication failed" in told
    assert b"no-good-one" not in file.read_bytes()


async def test_a_stranger_is_not_told_who_we_are(tmp_path: Path) -> None:
    async def stranger(wire: Wire) -> None:
        wire.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await wire.hold()

    async with Peer(stranger) as peer:
        status, told = await command(tmp_path / "x", "--config", config(tmp_path, peer.port))
        assert peer.received == b""
    assert status == 1
    assert "did not greet" in told


async def test_nobody_listening_leaves_no_empty_file(tmp_path: Path) -> None:
    async with Peer(pbx) as peer:
        port = peer.port
    status, told = await command(tmp_path / "x", "--config", config(tmp_path, port))
    assert status == 1
    assert "Connect call failed" in told
    assert not (tmp_path / "x").exists()


def test_a_file_is_not_overwritten_unless_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(TRACE)
    target.write_text("precious")
    target.chmod(0o644)
    arguments = ["record", "--redact-file", str(source), str(target)]
    assert main(arguments) == 2
    assert "--force" in capsys.readouterr().err
    assert target.read_text() == "precious"
    assert main([*arguments, "--force"]) == 0
    assert b"Wang Fang" not in target.read_bytes()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_recorded_file_can_be_redacted_later(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(TRACE)
    assert main(["record", "--redact-file", str(source), str(target)]) == 0
    assert len(target.read_bytes()) == len(TRACE)
    assert source.read_bytes() == TRACE
    again = tmp_path / "again"
    main(["record", "--redact-file", str(source), str(again)])
    assert target.read_bytes() != again.read_bytes()  # each run has a key of its own


def test_a_file_is_not_redacted_into_itself(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(TRACE)
    assert main(["record", "--redact-file", str(source), str(source), "--force"]) == 2
    assert source.read_bytes() == TRACE


@pytest.mark.parametrize(
    "arguments", [[], ["a", "--redact-file", "b", "c"], ["--redact-file", "/no/such", "x"]]
)
def test_wrong_arguments_are_said(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["record", *arguments]) == 2
    assert capsys.readouterr().err.startswith("callcenter record: ")
    assert list(tmp_path.iterdir()) == []
