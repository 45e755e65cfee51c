"""Runs one server for the tests and ends it when its standard input closes, however that happens.

Run as a program: the test process holds the other end of the pipe, so the server and its folder
go away with it, even after kill -9. Lines on the pipe: `start`, or the name of a signal to send
and wait for the end; each is answered by a line.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

GRACE = 15.0  # seconds from asking to killing


def start(folder: str, user: str, command: list[str]) -> subprocess.Popen[bytes]:
    with (Path(folder) / "server.log").open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            user=user or None,
            group=user or None,
            extra_groups=[] if user else None,
            start_new_session=True,
        )


def end(server: subprocess.Popen[bytes], how: str) -> None:
    server.send_signal(signal.Signals[how])
    try:
        server.wait(GRACE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def main(folder: str, user: str, stop: str, *command: str) -> None:
    """Run `command` as `user` ("" keeps ours) until stdin ends, then remove `folder`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the test run's business
    server = start(folder, user, list(command))
    for line in sys.stdin:
        if line.strip() == "start":
            server = start(folder, user, list(command))
        else:
            end(server, line.strip())
        sys.stdout.write("done\n")
        sys.stdout.flush()
    end(server, stop)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
