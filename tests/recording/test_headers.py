"""A WAV file that was cut short says so; everything else is nobody's problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from recording.audio import examine
from recording.headers import cut_short
from tests.recording.conftest import write_wave


def test_a_whole_file_is_whole(tmp_path: Path) -> None:
    path = write_wave(tmp_path / "a.wav", 5)
    assert cut_short(path) is None
    assert examine(str(path)).problem is None


def test_a_truncated_file_says_how_much_is_there(tmp_path: Path) -> None:
    path = write_wave(tmp_path / "a.wav", 60)
    path.write_bytes(path.read_bytes()[: 44 + 20 * 16_000])
    assert cut_short(path) == "cut short: 20 of 60 s are there"
    sound = examine(str(path))
    assert (round(sound.seconds), sound.silent) == (20, False)  # what is there can be heard
    assert sound.problem == "cut short: 20 of 60 s are there"


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_writer_that_never_came_to_its_end_promised_nothing(tmp_path: Path, size: int) -> None:
    path = write_wave(tmp_path / "a.wav", 2)
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + size.to_bytes(4, "little") + whole[44:])
    assert cut_short(path) is None


@pytest.mark.parametrize("content", [b"", b"RIFF", b"OggS" * 9, b"RIFF1234WAVE" + b"junk" * 3])
def test_what_is_no_wav_is_none_of_its_business(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    assert cut_short(tmp_path / "a.wav") is None
    assert cut_short(tmp_path / "gone.wav") is None
