"""Two sides become one file: left the customer, right the agent, whatever happens on the way."""

from __future__ import annotations

import array
import wave
from pathlib import Path

from recording.audio import examine
from recording.stereo import join
from recording.tapes import AGENT, CUSTOMER, HALF, tape
from tests.recording.conftest import write_wave


def sides(folder: Path, left: list[int], right: list[int]) -> Path:
    mixed = write_wave(folder / "call-1.wav", 0.5)
    for side, samples in ((CUSTOMER, left), (AGENT, right)):
        mixed.with_suffix(f".{side}{HALF}").write_bytes(array.array("h", samples).tobytes())
    return mixed


def read(path: Path) -> tuple[list[int], list[int]]:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        both = array.array("h", file.readframes(file.getnframes())).tolist()
    return both[0::2], both[1::2]


def test_each_side_is_on_its_own(tmp_path: Path) -> None:
    mixed = sides(tmp_path, [1, 2, 3], [-1, -2, -3])
    assert join(mixed) is None
    assert read(mixed) == ([1, 2, 3], [-1, -2, -3])
    assert [path.name for path in tmp_path.iterdir()] == ["call-1.wav"]


def test_a_side_that_is_shorter_ends_in_silence(tmp_path: Path) -> None:
    mixed = sides(tmp_path, [1, 2, 3], [-1])
    join(mixed)
    assert read(mixed) == ([1, 2, 3], [-1, 0, 0])


def test_without_both_sides_the_mixed_file_stays(tmp_path: Path) -> None:
    mixed = sides(tmp_path, [1], [2])
    mixed.with_suffix(f".{AGENT}{HALF}").unlink()
    before = mixed.read_bytes()
    assert join(mixed) is None
    assert mixed.read_bytes() == before


def test_what_was_begun_and_not_finished_is_done_again(tmp_path: Path) -> None:
    mixed = sides(tmp_path, [1, 2], [3, 4])
    mixed.with_suffix(".stereo").write_bytes(b"half of it")
    join(mixed)
    assert read(mixed) == ([1, 2], [3, 4])


def test_it_is_examined_as_what_it_became(tmp_path: Path) -> None:
    loud = [8000 if n % 20 < 10 else -8000 for n in range(8000)]
    sound = examine(str(sides(tmp_path, loud, loud)))
    assert (sound.channels, round(sound.seconds, 3), sound.problem) == (2, 1.0, None)


def test_names_are_ours_and_the_customer_is_left_whoever_called() -> None:
    called = tape("/m", "1700000000.12", "f" * 16, 1_700_000_000.0, customer="in")
    assert called.file == f"/m/2023/11/14/call-1700000000.12-{'f' * 16}.wav"
    base = called.base
    assert called.options == f"br({base}.customer.sln)t({base}.agent.sln)S"
    dials = tape("/m/", "$(rm -rf)", "f" * 16, 0.0, customer="out")
    assert dials.base == f"/m/1970/01/01/call-{'f' * 16}"
    assert dials.options == f"br({dials.base}.agent.sln)t({dials.base}.customer.sln)S"
    assert tape("/m", "", "f" * 16, 0.0, stereo=False, customer="in").options == "b"
