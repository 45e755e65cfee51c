"""A name from the PBX leads into the folder or nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import NotFound
from recording.files import Folder, UnsafeFile
from tests.recording.conftest import write_wave

PBX = "/var/spool/asterisk/monitor"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    write_wave(tmp_path / "monitor" / "2026" / "a.wav", 0.1)
    write_wave(tmp_path / "secret.wav", 0.1)
    return Folder(tmp_path / "monitor", PBX)


@pytest.mark.parametrize("file", ["2026/a.wav", f"{PBX}/2026/a.wav", f"{PBX}//2026/./a.wav"])
def test_the_pbx_name_becomes_ours(folder: Folder, file: str) -> None:
    assert folder.name_of(file) == "2026/a.wav"
    assert folder.path_of(file).read_bytes()[:4] == b"RIFF"


def test_our_own_absolute_name_is_understood_too(folder: Folder) -> None:
    assert folder.name_of(str(folder.path / "2026" / "a.wav")) == "2026/a.wav"


@pytest.mark.parametrize(
    "file",
    [
        "../secret.wav",
        "2026/../../secret.wav",
        f"{PBX}/../secret.wav",
        "/etc/passwd",
        "/var/spool/asterisk/monitor2/a.wav",
        "a\x00.wav",
        "a\n.wav",
        "\ud800.wav",
        "",
        ".",
        PBX,
        "x" * 2_000,
    ],
)
def test_hostile_names_are_refused(folder: Folder, file: str) -> None:
    with pytest.raises(UnsafeFile):
        folder.name_of(file)
    with pytest.raises(UnsafeFile):
        folder.path_of(file)


def test_links_out_of_the_folder_are_not_followed(folder: Folder, tmp_path: Path) -> None:
    (folder.path / "out.wav").symlink_to(tmp_path / "secret.wav")
    (folder.path / "dir").symlink_to(tmp_path)
    (folder.path / "round.wav").symlink_to("round.wav")
    (folder.path / "in.wav").symlink_to(folder.path / "2026" / "a.wav")
    for name in ("out.wav", "dir/secret.wav"):
        with pytest.raises(UnsafeFile):
            folder.path_of(name)
    with pytest.raises(NotFound):
        folder.path_of("round.wav")
    assert folder.path_of("in.wav").name == "a.wav"


@pytest.mark.parametrize("name", ["none.wav", "2026", "2026/a.wav/x"])
def test_what_is_not_a_file_is_not_found(folder: Folder, name: str) -> None:
    with pytest.raises(NotFound):
        folder.path_of(name)
    assert folder.look(name) is None


def test_a_scan_gives_sounds_only(folder: Folder, tmp_path: Path) -> None:
    (folder.path / "notes.txt").write_text("x")
    (folder.path / "bad\nname.wav").write_bytes(b"x")
    (folder.path / "link.wav").symlink_to(tmp_path / "secret.wav")
    write_wave(folder.path / "new.wav", 0.1)
    os.utime(folder.path / "2026" / "a.wav", (1_000, 1_000))
    assert {seen.name for seen in folder.scan()} == {"2026/a.wav", "new.wav"}
    assert {seen.name for seen in folder.scan(since=2_000)} == {"new.wav"}
    assert list(Folder(tmp_path / "none").scan()) == []


@given(st.text(max_size=60))
def test_no_name_leads_out(file: str) -> None:
    folder = Folder("/srv/recordings", PBX)
    try:
        name = folder.name_of(file)
    except UnsafeFile:
        return
    assert os.path.normpath(folder.path / name).startswith("/srv/recordings/")
