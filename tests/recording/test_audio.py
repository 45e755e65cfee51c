"""What is in a file is read from the file, whatever its header or its name claims."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import av
import pytest

from recording.audio import POINTS, Sound, examine
from recording.examiner import Examiner
from tests.recording.conftest import write_wave


def test_length_channels_and_peaks(tmp_path: Path) -> None:
    sound = examine(str(write_wave(tmp_path / "a.wav", 3, channels=2)))
    assert (sound.seconds, sound.channels, sound.codec) == (3.0, 2, "pcm_s16le")
    assert (sound.silent, sound.problem) == (False, None)
    peaks = memoryview(sound.peaks).cast("b")
    assert len(peaks) == POINTS * 2
    assert (min(peaks), max(peaks)) == (-31, 31)  # 8,000 of 32,768


def test_peaks_are_where_the_sound_is(tmp_path: Path) -> None:
    quiet = write_wave(tmp_path / "quiet.wav", 1, level=0).read_bytes()
    loud = write_wave(tmp_path / "loud.wav", 1, level=32_000).read_bytes()
    both = write_wave(tmp_path / "both.wav", 2, level=0)
    both.write_bytes(both.read_bytes()[:44] + quiet[44:] + loud[44:])
    peaks = memoryview(examine(str(both)).peaks).cast("b")
    half = len(peaks) // 2
    assert max(peaks[: half - 2]) == 0
    assert max(peaks[half + 2 :]) == 125


@pytest.mark.parametrize(("level", "silent"), [(0, True), (20, True), (60, False)])
def test_silence(tmp_path: Path, level: int, silent: bool) -> None:
    assert examine(str(write_wave(tmp_path / "a.wav", 1, level=level))).silent is silent


def test_a_file_cut_short_has_the_length_it_has(tmp_path: Path) -> None:
    path = write_wave(tmp_path / "a.wav", 3)
    path.write_bytes(path.read_bytes()[: 44 + 16_000])
    sound = examine(str(path))
    assert (sound.seconds, sound.silent) == (1.0, False)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty file"),
        (b"RIFF", "not readable"),
        (b"<html>" * 500, "not readable"),
        (os.urandom(5_000), "not readable"),
    ],
)
def test_what_is_no_sound_is_said(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    sound = examine(str(path))
    assert sound.seconds == 0.0
    assert problem in (sound.problem or "")


def test_a_header_alone_is_a_whole_recording_of_nothing(tmp_path: Path) -> None:
    path = write_wave(tmp_path / "a.wav", 1)
    path.write_bytes(path.read_bytes()[:44])
    sound = examine(str(path))
    assert (sound.seconds, sound.silent, sound.codec, sound.problem) == (0, True, "pcm_s16le", None)


@pytest.mark.parametrize(("ending", "codec"), [("ulaw", "pcm_mulaw"), ("alaw", "pcm_alaw")])
def test_files_without_a_header(tmp_path: Path, ending: str, codec: str) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(bytes(range(256)) * 125)
    sound = examine(str(path))
    assert (sound.seconds, sound.codec, sound.silent) == (4.0, codec, False)


@pytest.mark.parametrize(
    ("ending", "codec", "rate"), [("g722", "g722", 16_000), ("ogg", "flac", 8_000)]
)
def test_compressed_files(tmp_path: Path, ending: str, codec: str, rate: int) -> None:
    source = av.open(str(write_wave(tmp_path / "source.wav", 2)))
    path = tmp_path / f"a.{ending}"
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        shape = av.AudioResampler(stream.format, stream.layout, rate)
        for frame in source.decode(audio=0):
            for fitted in shape.resample(frame):
                out.mux(stream.encode(fitted))
        out.mux(stream.encode(None))
    sound = examine(str(path))
    assert sound.seconds == pytest.approx(2.0, abs=0.1)
    assert (sound.silent, sound.problem) == (False, None)


def test_gsm_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.gsm"
    path.write_bytes((bytes([0xD4]) + os.urandom(32)) * 100)  # 20 ms each
    sound = examine(str(path))
    assert sound.seconds == pytest.approx(2.0, abs=0.05)
    assert sound.codec == "gsm"


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    path = write_wave(tmp_path / "long.wav", 1)
    second = path.read_bytes()[44:]
    header = b"RIFF" + b"\xff" * 4 + path.read_bytes()[8:40] + b"\xff" * 4
    with path.open("wb") as out:
        out.write(header)
        for _ in range(3_600):
            out.write(second)
    examine(str(write_wave(tmp_path / "short.wav", 1)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sound = examine(str(path))
    assert sound.seconds == pytest.approx(3_600, abs=0.1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


async def test_the_reading_process_may_die(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_wave(tmp_path / "a.wav", 1)
    examiner = Examiner()
    with monkeypatch.context() as patch:
        patch.setattr("recording.examiner.examine", _die)
        assert (await examiner.examine(path)).problem == "reading it crashed"
    assert (await examiner.examine(path)).seconds == 1.0
    missing = await examiner.examine(tmp_path / "none.wav")
    assert "cannot be opened" in (missing.problem or "")
    examiner.close()


async def test_the_reading_process_may_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = Examiner(patience=2.0)
    monkeypatch.setattr("recording.examiner.examine", _hang)
    sound = await examiner.examine(write_wave(tmp_path / "a.wav", 1))
    assert sound.problem == "reading it took over 2 s"
    examiner.close()


def _die(path: str) -> Sound:
    os._exit(1)


def _hang(path: str) -> Sound:
    import time

    time.sleep(60)
    return Sound()
