"""Records what a real Asterisk says about each scenario, for tests that need no Asterisk.

``python -m tests.pbx.record_traces [SCENARIO ...] [--version 16] [--list]``
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import wave
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callcenter.pbx.asterisk import Asterisk, PbxError
from callcenter.pbx.tones import loudness, read_wav
from tests.pbx.harness import AmiRecorder, Stage, asterisk
from tests.pbx.scenarios import SCENARIOS, Scenario, Scene

TRACES = Path(__file__).resolve().parents[1] / "traces"
# Whole enough to show every event, small enough to be read by a person and kept in the history.
#: Recordings are named in the traces as on a PBX of its own, not where this machine had them.
USUAL_ROOT = "/var/spool/asterisk/monitor"
_MAX_BYTES = 400_000


async def record(scenario: Scenario, version: int, workdir: Path) -> tuple[bytes, dict[str, Any]]:
    """Play one scenario on a fresh PBX; returns the AMI bytes and the description."""
    async with asterisk(workdir, version, **scenario.settings) as pbx, Stage(pbx) as stage:
        await stage.add_phones(*scenario.phones)
        for command in scenario.prepare:
            await pbx.cli(command)
        version_text = (await pbx.cli("core show version")).split()[1]
        await asyncio.sleep(0.3)
        async with AmiRecorder(pbx) as recorder:
            began = stage.begin()
            truths = await scenario.play(Scene(stage, recorder))
            await stage.no_channels()
            await recorder.quiet()
        described = _describe(scenario, stage, truths) | {"asterisk": version_text}
        described["started"] = datetime.fromtimestamp(began, UTC).isoformat()
        return _cleaned(recorder.data, pbx), described


def _cleaned(data: bytes, pbx: Asterisk) -> bytes:
    """Cut after the last whole message and make sure that no password got in."""
    for secret in (pbx.ami_secret, *pbx.secrets.phones.values()):
        if secret.encode() in data:
            raise PbxError("a password is in the trace")
    return data[: data.rindex(b"\r\n\r\n") + 4]


def _describe(scenario: Scenario, stage: Stage, truths: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "story": scenario.story,
        "asterisk": "",
        "started": "",
        "settings": scenario.settings,
        "phones": list(scenario.phones),
        "interactions": truths,
        "recordings_root": str(stage.pbx.recordings),
        "recordings": _recordings(stage.pbx),
        "steps": stage.journal,
    }


def _recordings(pbx: Asterisk) -> list[dict[str, Any]]:
    found = []
    for path in sorted(pbx.recordings.rglob("*.wav")):
        name = str(path.relative_to(pbx.recordings))
        found.append({"file": name, "bytes": path.stat().st_size, **_listened(path)})
    return found


def _listened(path: Path) -> dict[str, Any]:
    try:
        samples = read_wav(path)
    except (wave.Error, EOFError):  # a PBX that crashed leaves a file without its header
        return {"broken": True}
    return {"seconds": round(len(samples) / 8000, 2), "silent": loudness(samples) < 10}


def write(directory: Path, data: bytes, described: dict[str, Any]) -> None:
    """Write a trace and its description, one step to a line."""
    if len(data) > _MAX_BYTES:
        raise PbxError(f"the trace has {len(data)} bytes, more than {_MAX_BYTES}")
    directory.mkdir(parents=True, exist_ok=True)
    root = described["recordings_root"]
    (directory / "ami.txt").write_bytes(data.replace(root.encode(), USUAL_ROOT.encode()))
    described = described | {"recordings_root": USUAL_ROOT}
    steps = [json.dumps(step, ensure_ascii=False) for step in described["steps"]]
    rest = json.dumps(described | {"steps": []}, ensure_ascii=False, indent=1)
    listed = '"steps": [\n  ' + ",\n  ".join(steps) + "\n ]"
    text = rest.replace('"steps": []', listed) if steps else rest
    (directory / "scenario.json").write_text(text + "\n", encoding="utf-8")


async def _record_one(scenario: Scenario, version: int, target: Path) -> str:
    with tempfile.TemporaryDirectory(prefix="callcenter-trace-") as workdir:
        data, described = await record(scenario, version, Path(workdir))
    write(target / scenario.name, data, described)
    events = data.count(b"Event: ")
    return f"{scenario.name}: {events} events, {len(data)} bytes"


async def _record_all(names: list[str], version: int) -> int:
    target = TRACES if version == 22 else TRACES / f"asterisk{version}"
    failed = 0
    for name in names or list(SCENARIOS):
        try:
            sys.stdout.write(await _record_one(SCENARIOS[name], version, target) + "\n")
        except PbxError as error:
            sys.stderr.write(f"{name}: {error}\n")
            return 1
        except Exception as error:  # one scenario's trouble must not stop the rest
            failed += 1
            sys.stderr.write(f"{name}: {type(error).__name__}: {error}\n")
        sys.stdout.flush()
    return 1 if failed else 0


def main() -> int:
    """Read the command line and record; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    parser.add_argument("--version", type=int, default=22)
    parser.add_argument("--list", action="store_true", help="show the scenarios and their stories")
    chosen = parser.parse_args()
    if chosen.list:
        sys.stdout.writelines(f"{s.name}: {s.story}\n" for s in SCENARIOS.values())
        return 0
    unknown = set(chosen.scenarios) - set(SCENARIOS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return asyncio.run(_record_all(chosen.scenarios, chosen.version))


if __name__ == "__main__":
    sys.exit(main())
