"""Uploaded sounds become what every Asterisk plays; what is no sound is refused."""

from __future__ import annotations

import io
import struct
import wave
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.errors import InvalidInput
from routing import prompts


def tone(seconds: float = 0.5, rate: int = 44_100, channels: int = 2, width: int = 2) -> bytes:
    """A WAV file that is not silent."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(width)
        wav.setframerate(rate)
        sample = (b"\x00" * (width - 1) + b"\x20", b"\x00" * (width - 1) + b"\xe0")
        frames = b"".join(sample[n // 50 % 2] * channels for n in range(int(rate * seconds)))
        wav.writeframes(frames)
    return file.getvalue()


@pytest.mark.parametrize(
    ("rate", "channels", "width"), [(44_100, 2, 2), (8000, 1, 2), (48_000, 1, 3), (11_025, 2, 1)]
)
def test_whatever_is_inside_a_wav_file_is_converted(rate: int, channels: int, width: int) -> None:
    made, seconds = prompts.converted(tone(0.5, rate, channels, width))
    with wave.open(io.BytesIO(made)) as wav:
        shape = (wav.getnchannels(), wav.getsampwidth(), wav.getframerate())
        samples = wav.readframes(wav.getnframes())
        assert wav.getnframes() / 8000 == pytest.approx(seconds)
    assert shape == (1, 2, 8000)
    assert seconds == pytest.approx(0.5, abs=0.01)
    assert max(abs(one) for (one,) in struct.iter_unpack("<h", samples)) > 1000


@pytest.mark.parametrize(
    "data", [b"", b"ID3 an mp3", b"RIFF\x00\x00\x00\x00WAVE", tone(0.5)[:30], tone(0.0)]
)
def test_what_is_no_sound_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        prompts.converted(data)
    assert refused.value.field == "body"


def test_what_is_longer_than_anybody_listens_is_refused() -> None:
    with pytest.raises(InvalidInput, match="longer"):
        prompts.converted(tone(prompts.LONGEST + 1, 8000, 1))


@settings(deadline=None)  # the first one loads the codecs
@given(st.binary(max_size=300), st.integers(0, 60))
def test_a_damaged_file_is_refused_or_converted_and_never_more(junk: bytes, at: int) -> None:
    whole = tone(0.01, 8000, 1)
    with suppress(InvalidInput):
        prompts.converted(whole[:at] + junk + whole[at + len(junk) :])


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "..", ".hidden"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        prompts.path_of(tmp_path, name)


def test_a_file_is_replaced_in_one_move_and_readable_for_the_pbx(tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    for data in (b"old", b"new"):
        prompts.write(folder, "hello", data)
    (file,) = folder.iterdir()
    assert (file.name, file.read_bytes(), file.stat().st_mode & 0o777) == (
        "hello.wav",
        b"new",
        0o644,
    )
    prompts.delete(folder, "hello")
    prompts.delete(folder, "hello")
    assert list(folder.iterdir()) == []
