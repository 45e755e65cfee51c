"""The recorded traces as tests see them: raw bytes, messages, and the expected story."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callcenter.ami.protocol import AmiParser
from callcenter.replay import tell

if TYPE_CHECKING:
    from callcenter.ami.messages import Message

ROOT = Path(__file__).parent.parent / "traces"
ALL = sorted(path.parent for path in ROOT.glob("**/ami.txt"))


def name(trace: Path) -> str:
    return str(trace.relative_to(ROOT))


def raw(trace: Path) -> bytes:
    return (trace / "ami.txt").read_bytes()


def messages(trace: Path) -> list[Message]:
    """The messages somebody reads; None as receive time, as in a replay."""
    return AmiParser().feed(raw(trace), None)


def story(data: bytes, chunk: int) -> list[dict[str, Any]]:
    return list(tell(io.BytesIO(data), chunk))


def expected(trace: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((trace / "story.json").read_text("utf-8"))
    return loaded


def update(trace: Path, told: list[dict[str, Any]]) -> None:
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (trace / "story.json").write_text(text + "\n", "utf-8")
