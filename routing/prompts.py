"""Makes what administrators upload into what every Asterisk can play: 8 kHz, one channel, 16 bit.

Only WAV is read, whatever is inside it. Work for a thread: nothing here may be called on the loop.
"""

from __future__ import annotations

import io
import wave
from pathlib import Path

import av
import av.error

from callcenter import files
from callcenter.errors import InvalidInput

RATE = 8000  # samples a second: what telephones carry and format_wav of the PBX reads
LOWEST, HIGHEST, CHANNELS = 4000, 192_000, 8  # beyond is no recording but a broken header
LONGEST = 600.0  # seconds
FIELD = "body"


def converted(data: bytes) -> tuple[bytes, float]:
    """(a WAV file, its seconds). InvalidInput for what is no sound, or a longer one."""
    if data[:4] not in {b"RIFF", b"RF64"} or data[8:12] != b"WAVE":
        raise InvalidInput("send a WAV file", field=FIELD)
    try:
        samples = _samples(data)
    except (av.error.FFmpegError, ValueError, IndexError, OverflowError) as error:
        raise InvalidInput(f"not readable as sound: {error}"[:200], field=FIELD) from None
    if not samples:
        raise InvalidInput("there is no sound in it", field=FIELD)
    return _wav(samples), len(samples) / 2 / RATE


def _samples(data: bytes) -> bytes:
    found = bytearray()
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(io.BytesIO(data), mode="r", format="wav") as container:
        stream = container.streams.audio[0]
        # A stream that no codec reads has neither.
        rate, channels = getattr(stream, "rate", 0), getattr(stream, "channels", 0)
        if not (LOWEST <= rate <= HIGHEST and 1 <= channels <= CHANNELS):
            raise InvalidInput(f"{rate} Hz, {channels} channels: no recording", field=FIELD)
        for frame in container.decode(stream):
            for made in resampler.resample(frame):
                found += bytes(made.planes[0])[: made.samples * 2]
            if len(found) > LONGEST * RATE * 2:
                raise InvalidInput(f"longer than {LONGEST:.0f} seconds", field=FIELD)
        for made in resampler.resample(None):
            found += bytes(made.planes[0])[: made.samples * 2]
    return bytes(found)


def _wav(samples: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(samples)
    return file.getvalue()


def path_of(folder: Path, name: str) -> Path:
    """Where a prompt is; names hold no slash (the API's pattern), and are checked again here."""
    if not name or Path(name).name != name or name.startswith("."):
        raise InvalidInput("not the name of a prompt", field="name")
    return folder / f"{name}.wav"


def write(folder: Path, name: str, wav: bytes) -> None:
    """In one move, so that the PBX never reads half of it; it may run as another user."""
    path = path_of(folder, name)
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    files.replace(path, wav, lambda made: made.chmod(0o644))


def delete(folder: Path, name: str) -> None:
    path_of(folder, name).unlink(missing_ok=True)
