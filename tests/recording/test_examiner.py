"""The process that reads sound files lives exactly as long as whoever needs it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recording.audio import Sound, examine
from recording.examiner import Examiner
from tests.recording.conftest import write_wave

SERVICE = """
import asyncio, sys
from pathlib import Path
from recording.examiner import Examiner

async def main():
    examiner = Examiner()
    await examiner.examine(Path(sys.argv[1]))
    print("worker", next(iter(examiner._pool._processes)), flush=True)
    await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_it_ends_with_a_service_that_was_killed(tmp_path: Path, how: signal.Signals) -> None:
    script = tmp_path / "service.py"
    script.write_text(SERVICE)
    service = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script), str(tmp_path / "none.wav")),
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        worker = await _worker_of(service)
        service.send_signal(how)
        async with asyncio.timeout(10):
            while _is_there(worker):  # noqa: ASYNC110  nobody tells us of a grandchild
                await asyncio.sleep(0.02)
    finally:
        if service.returncode is None:
            service.kill()
        await service.wait()


async def _worker_of(service: asyncio.subprocess.Process) -> Path:
    assert service.stdout is not None
    while not (line := await service.stdout.readline()).startswith(b"worker"):
        assert line
    return Path(f"/proc/{int(line.split()[1])}")


def _is_there(process: Path) -> bool:
    return process.exists()


def _hang(path: str) -> Sound:
    if path.endswith("0.wav"):
        time.sleep(60)
    return examine(path)


def _die(path: str) -> Sound:
    if path.endswith("0.wav"):
        os._exit(1)
    return examine(path)


@pytest.mark.parametrize(
    ("fault", "said"), [(_hang, "reading it took over 4 s"), (_die, "reading it crashed")]
)
async def test_only_the_file_at_fault_is_given_up_of_those_that_wait_together(
    fault: Callable[[str], Sound], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recording.examiner.examine", fault)
    examiner = Examiner(patience=4.0)
    paths = [write_wave(tmp_path / f"{number}.wav", 1) for number in range(4)]
    sounds = await asyncio.gather(*(examiner.examine(path) for path in paths))
    examiner.close()
    assert [sound.problem for sound in sounds] == [said, None, None, None]
    assert [sound.seconds for sound in sounds[1:]] == [1.0, 1.0, 1.0]


async def test_a_file_that_nobody_waits_for_any_more_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recording.examiner.examine", _hang)
    examiner = Examiner(patience=4.0)
    paths = [write_wave(tmp_path / f"{number}.wav", 1) for number in range(2)]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await examiner.examine(paths[0])
    assert (await examiner.examine(paths[1])).seconds == 1.0
    examiner.close()
