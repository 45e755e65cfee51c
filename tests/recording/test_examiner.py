"""The process that reads sound files lives exactly as long as whoever needs it."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

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
