"""Servers that tests start are gone when the test run is, even when it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers import RedisServer, answers, find_binary

START = """
import time
from tests.servers import RedisServer
server = RedisServer()
print(server.port, server.folder, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("whole_group", [False, True])
def test_a_server_ends_with_a_killed_test_run(whole_group: bool) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", START], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert run.stdout is not None
    port, folder = run.stdout.readline().split()
    assert answers(int(port))
    (os.killpg if whole_group else os.kill)(run.pid, signal.SIGKILL)
    run.communicate()
    deadline = time.monotonic() + 10
    while (answers(int(port)) or Path(folder).exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not answers(int(port))
    assert not Path(folder).exists()


def test_a_server_keeps_its_port_over_a_pause() -> None:
    with RedisServer() as server:
        server.pause()
        assert not answers(server.port)
        server.resume()
        assert answers(server.port)


def test_a_missing_program_says_what_to_install() -> None:
    with pytest.raises(RuntimeError, match="apt-get install some-package"):
        find_binary("no-such-program", "some-package")
