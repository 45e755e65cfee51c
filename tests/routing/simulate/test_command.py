"""`callcenter simulate` as people type it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.store.database import Database
from tests.routing.simulate.house import call

FILE = """
hours = 1
replications = 3
queues = [{ name = "售后", calls_per_hour = 40, handling = 100, patience = 60 }]
agents = [{ name = "a", count = 2, queues = ["售后"] }]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "day.toml"
    made.write_text(FILE, "utf-8")
    return made


def test_a_table_for_people_and_progress_beside_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", str(file), "--staffing", "0.8"]) == 0
    said = capsys.readouterr()
    assert "3 replications, seed 1" in said.out
    assert "售后" in said.out
    assert "Erlang A" in said.out
    assert "3 of 3 replications" in said.err


def test_one_document_for_programs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--json", "--seed", "9", "--replications", "2", "--staffing", "0.8"]
    assert main(["simulate", str(file), *arguments]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["seed"], answer["replications"]) == (9, 2)
    assert answer["queues"][0]["figures"]["offered"]["values"] == 2
    assert answer["staffing"][0]["name"] == "售后"


def test_the_same_seed_says_the_same(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["simulate", str(file), "--json"])
    first = capsys.readouterr().out
    main(["simulate", str(file), "--json"])
    assert capsys.readouterr().out == first


def test_two_scenarios_meet_the_same_callers(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.toml"
    other.write_text(FILE.replace("count = 2", "count = 3").replace("hours", "seed = 5\nhours"))
    assert main(["simulate", str(file), "--against", str(other), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["differences"][0]["figures"]["offered"]["mean"] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give a scenario FILE, or --day"),
        (["nowhere.toml"], "cannot be read"),
        (["FILE", "--replications", "0"], "arguments: replications: Expected `int` >= 1"),
        (["FILE", "--staffing", "80"], "--staffing: must be above 0 and below 1"),
        (["FILE", "--day", "2026-11-20"], "give a scenario FILE, or --day"),
    ],
)
def test_what_makes_no_sense_is_said(
    file: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(file) if one == "FILE" else one for one in arguments]
    assert main(["simulate", *given]) == 2
    assert said in capsys.readouterr().err


async def test_a_recorded_day_is_simulated_and_written_down_to_be_changed(
    house: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import asyncio

    for number in range(20):
        await call(house, f"c{number}", 9 + number / 20, 5, "answered", 120)
    config = tmp_path / "callcenter.toml"
    url = house.url.render_as_string(hide_password=False)
    config.write_text(
        '[ami]\nhost = "pbx"\nusername = "u"\nsecret = "only-for-this-test"\n'
        f'[database]\nurl = "{url}"\n'
    )
    saved = tmp_path / "saved.toml"
    arguments = ["--day", "2026-11-20", "--config", str(config), "--save", str(saved)]
    assert await asyncio.to_thread(main, ["simulate", *arguments]) == 0
    assert "2026-11-20: 20 replications" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["simulate", str(saved), "--replications", "2"]) == 0


def test_ctrl_c_ends_it_and_its_processes_soon(tmp_path: Path) -> None:
    """As in a terminal, where all of them are sent the signal."""
    # A shell's background jobs, and with them these tests, are started with SIGINT ignored.
    python = ["env", "--default-signal=INT", sys.executable]
    file = tmp_path / "long.toml"
    file.write_text(FILE.replace("hours = 1", "hours = 100").replace("= 3\n", "= 12\n"), "utf-8")
    command = [*python, "-m", "callcenter", "simulate", str(file), "--processes", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as running:
        assert running.stderr is not None
        assert running.stdout is not None
        running.stderr.readline()  # the first quarter is done
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(timeout=60) == 130
        assert running.stdout.read() == b""
