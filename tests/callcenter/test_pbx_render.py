"""`callcenter pbx render`: two files that belong together, whole, and for nobody else to read."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.store.database import Database
from callcenter.store.migrate import upgrade
from routing.queries import Phone, change_agent, create_agent

CONFIG = """
data_dir = "{data}"
[ami]
host = "127.0.0.1"
username = "callcenter"
secret = "f3a9c1"
name = "main"
[phones]
pjsip_file = "{output}"
"""


async def _agents(url: str) -> None:
    await upgrade(url)
    database = Database(url)
    async with database.session() as session:
        await create_agent(
            session,
            name="王芳",
            user=None,
            phones=[Phone("main", "PJSIP/web-1001"), Phone("branch", "PJSIP/web-7")],
        )
        gone = await create_agent(
            session, name="Gone", user=None, phones=[Phone("main", "PJSIP/2009")]
        )
        await change_agent(session, gone, {"active": False})
        await create_agent(session, name="Li", user=None, phones=[Phone("main", "PJSIP/1001")])
        await session.commit()
    await database.close()


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Configuration of an installation with three agents, whose PBX has 1001 already."""
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "asterisk").mkdir()
    (tmp_path / "asterisk" / "phones.conf").write_text("[1001](phone)\n")
    output = tmp_path / "asterisk" / "pjsip.d" / "callcenter.conf"
    path = tmp_path / "callcenter.toml"
    path.write_text(CONFIG.format(data=data, output=output))
    asyncio.run(_agents(f"sqlite:///{data / 'callcenter.db'}"))
    return path


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_telephones_and_their_passwords_are_written(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pbx", "render", "--config", str(house)]) == 0
    secrets = house.parent / "data" / "phones.json"
    output = house.parent / "asterisk" / "pjsip.d" / "callcenter.conf"
    [(name, password)] = json.loads(secrets.read_text())["phones"].items()
    assert name == "web-1001"
    assert f"password = {password}" in output.read_text()
    assert (mode(secrets), mode(output)) == (0o600, 0o600)
    said = capsys.readouterr()
    assert "module reload res_pjsip.so" in said.out
    assert "'PJSIP/1001' is known to the PBX already" in said.err
    assert password not in said.out + said.err
    assert sorted(one.name for one in output.parent.iterdir()) == ["callcenter.conf"]


def test_rendering_again_changes_nothing_but_what_is_renewed(house: Path) -> None:
    output = house.parent / "telephones.conf"
    arguments = ["pbx", "render", "--config", str(house), "--output", str(output)]
    assert main(arguments) == 0
    first = output.read_text()
    assert main(arguments) == 0
    assert output.read_text() == first
    assert main([*arguments, "--renew", "PJSIP/web-1001"]) == 0
    assert output.read_text() != first


def test_what_else_is_in_the_file_with_the_passwords_stays(house: Path) -> None:
    secrets = house.parent / "data" / "phones.json"
    secrets.write_text(json.dumps({"ami": "x", "phones": {"1001": "kept-as-it-is"}}))
    assert main(["pbx", "render", "--config", str(house)]) == 0
    written = json.loads(secrets.read_text())
    assert (written["ami"], written["phones"]["1001"]) == ("x", "kept-as-it-is")


def test_a_place_that_cannot_be_written_is_named(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = house / "impossible.conf"  # below a file
    assert main(["pbx", "render", "--config", str(house), "--output", str(output)]) == 2
    assert "phones.pjsip_file" in capsys.readouterr().err


def test_a_file_with_passwords_that_is_none_is_left_alone(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = house.parent / "data" / "phones.json"
    secrets.write_text("not ours")
    assert main(["pbx", "render", "--config", str(house)]) == 1
    assert secrets.read_text() == "not ours"
    assert "phones.json" in capsys.readouterr().err
