"""The command starts the whole service, says how it is, and stops when told."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from callcenter.cli import COMMANDS, main
from tests.servers import free_port

CONFIG = """
data_dir = "{folder}/data"
[ami]
host = "127.0.0.1"
port = {ami}
username = "callcenter"
secret = "{secret}"
[web]
port = {web}
[gateway]
port = {gateway}
[recordings]
folder = "{folder}"
"""


OWN = "b2f1c0"


def configured(folder: Path, *, web: int | None = None, secret: str = OWN) -> Path:
    path = folder / "callcenter.toml"
    path.write_text(
        CONFIG.format(
            folder=folder,
            ami=free_port(),
            web=web or free_port(),
            gateway=free_port(),
            secret=secret,
        )
    )
    return path


@contextmanager
def started(config: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "callcenter", "run", "--config", str(config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def health(process: subprocess.Popen[str], port: int) -> Any:
    """What the service says of itself, as soon as it answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                return json.load(answer)
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                process.kill()
                pytest.fail(f"the service did not start: {process.communicate()}")
            time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_service_runs_without_its_pbx_and_stops_when_told(
    tmp_path: Path, number: signal.Signals
) -> None:
    port = free_port()
    with started(configured(tmp_path, web=port)) as process:
        report = health(process, port)
        assert report["state"] == "degraded"
        assert report["checks"]["pbx"]["state"] == "degraded"
        assert report["checks"]["database"]["state"] == "ok"
        process.send_signal(number)
        out, err = process.communicate(timeout=15)
    assert process.returncode == 0
    assert re.search(r"administrator: admin\n +Password \(shown only now\): \S{8,}", out)
    assert "Traceback" not in err
    assert {json.loads(line)["level"] for line in err.splitlines()} <= {"info", "warning"}


def test_the_service_runs_on_postgresql_and_redis(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    port = free_port()
    config = configured(tmp_path, web=port)
    more = f'[database]\nurl = "{postgres_url}"\n[redis]\nurl = "{redis_url}"\n'
    config.write_text(config.read_text() + more)
    with started(config) as process:
        checks = health(process, port)["checks"]
        assert (checks["database"]["state"], checks["redis"]["state"]) == ("ok", "ok")
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_killed_service_starts_again_and_shows_no_password_twice(tmp_path: Path) -> None:
    port = free_port()
    config = configured(tmp_path, web=port)
    with started(config) as process:
        health(process, port)
    with started(config) as process:
        health(process, port)
        process.terminate()
        out, _ = process.communicate(timeout=15)
    assert out == ""


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    port = free_port()
    with started(configured(tmp_path, web=port)) as process:
        health(process, port)
        with started(configured(tmp_path, web=port)) as second:
            _, err = second.communicate(timeout=30)
    assert second.returncode == 2
    assert f"[web] cannot listen on 127.0.0.1 port {port}" in err.splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--config", "/nowhere.toml"], "/nowhere.toml: cannot be read"),
        (["migrate", "--config", "/nowhere.toml"], "/nowhere.toml: cannot be read"),
    ],
)
def test_a_wrong_configuration_ends_with_two_and_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("callcenter: ")
    assert says in err
    assert err.count("\n") == 1


def test_a_sample_secret_refuses_to_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--config", str(configured(tmp_path, secret="change-me"))]) == 2
    assert "ami.secret: is a sample secret" in capsys.readouterr().err


def test_help_lists_every_command_and_loads_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS)


def test_migrate_and_user_add(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(configured(tmp_path))
    assert main(["migrate", "--config", config]) == 0
    assert "empty → " in capsys.readouterr().out
    assert main(["migrate", "--config", config]) == 0
    assert "already at" in capsys.readouterr().out
    assert main(["user", "add", "li", "--role", "agent", "--config", config]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.strip()) >= 8
    assert "shown only now" in shown.err
    assert main(["user", "add", "li", "--role", "agent", "--config", config]) == 1
    assert capsys.readouterr().err.startswith("callcenter: ")
