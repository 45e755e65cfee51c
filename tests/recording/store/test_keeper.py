"""Recordings get where they are kept, and none is lost on the way, wherever the way is cut off."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from callcenter.errors import NotFound
from callcenter.health import State
from recording.audio import examine
from recording.store import queries
from recording.store.disk import Disk
from recording.store.keeper import Keeper
from recording.store.keyring import KeyMissing
from recording.store.life import GIVE_UP, Step
from recording.store.places import FolderPlace
from recording.store.steps import Result, Shape
from tests.recording.conftest import NOW
from tests.recording.store.conftest import Archive, keys


class Killed(BaseException):
    """The process ends here, without a word."""


def seconds_of(data: bytes, tmp_path: Path) -> float:
    heard = tmp_path / "heard.ogg"
    heard.write_bytes(data)
    return round(examine(str(heard)).seconds, 2)


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


async def test_a_wave_becomes_an_encrypted_opus_file_and_the_original_goes(
    on_both: Archive, tmp_path: Path
) -> None:
    recording = await on_both.record(1, seconds=2.0)
    await on_both.settle()
    row = await on_both.row(recording)
    assert row is not None
    assert (row.stage, row.codec, row.local, row.original) == ("kept", "opus", True, False)
    assert files(on_both.folder.path) == []
    [kept] = files(on_both.local.folder)
    assert re.fullmatch(rf"2026/01/01/{recording}\.[0-9a-f]{{8}}\.ogg\.sealed", kept)
    sealed = (on_both.local.folder / kept).read_bytes()
    assert (b"OggS" in sealed, b"Opus" in sealed) == (False, False)
    whole = await on_both.hear(recording)
    assert seconds_of(whole, tmp_path) == 2.0
    assert (whole[:4], len(whole)) == (b"OggS", row.size)
    assert await on_both.hear(recording, 1000, 1500) == whole[1000:1500]


async def test_both_sides_stay_apart(archive: Archive, tmp_path: Path) -> None:
    await archive.record(1)
    archive.ring = keys()
    await archive.settle()
    [kept] = files(archive.local.folder)
    sound = examine(str(archive.local.folder / kept))
    assert (sound.channels, sound.codec, sound.silent) == (2, "opus", False)


CUTS = ["compressed", "sealed", "verified", "released"]


@pytest.mark.parametrize("cut", CUTS)
async def test_a_service_that_is_killed_between_two_steps_loses_nothing(
    cut: str, archive: Archive, tmp_path: Path
) -> None:
    recording = await archive.record(1)

    def kill(where: str) -> None:
        if where == cut:
            raise Killed

    keeper = archive.keeper(kill)
    with pytest.raises(Killed):
        for _ in range(10):
            archive.now += 4000
            await keeper.turn()
    keeper._steps.close()
    assert await archive.hear(recording)  # at every moment
    await archive.settle()
    assert len(files(archive.local.folder)) == 1
    assert seconds_of(await archive.hear(recording), tmp_path) == 0.5


@pytest.mark.parametrize("cut", ["removed one", "removed"])
async def test_a_deletion_that_is_cut_off_is_finished(cut: str, archive: Archive) -> None:
    recording = await archive.record(1)
    await archive.settle()
    await delete(archive, recording)
    with pytest.raises(NotFound):
        await archive.hear(recording)

    def kill(where: str) -> None:
        if where == cut:
            raise Killed

    keeper = archive.keeper(kill)
    with pytest.raises(Killed):
        archive.now += 4000
        await keeper.turn()
    await archive.settle()
    row = await archive.row(recording)
    assert row is not None
    assert (row.stage, row.wrapped, files(archive.local.folder)) == ("deleted", None, [])


async def test_what_was_never_kept_is_deleted_where_the_pbx_left_it(archive: Archive) -> None:
    archive.shape = Shape(place="pbx")
    one, two = await archive.record(1), await archive.record(2)
    await archive.settle()
    assert (await archive.row(one), len(files(archive.folder.path))) == (None, 2)
    async with archive.database.session() as session:
        await queries.delete(session, [one], "retention", archive.now)
        await session.commit()
    await archive.settle()
    assert files(archive.folder.path) == ["2026/2.wav"]
    assert await archive.hear(two)


async def delete(archive: Archive, recording: str) -> None:
    async with archive.database.session() as session:
        await queries.delete(session, [recording], "retention", archive.now)
        await session.commit()


async def test_a_recording_deleted_while_it_is_worked_on_leaves_nothing(on_both: Archive) -> None:
    recording = await on_both.record(1)
    keeper = on_both.keeper()
    original = keeper._steps.prepare

    async def slow(copy: queries.Copy) -> object:
        result = await original(copy)
        await delete(on_both, recording)
        return result

    keeper._steps._do["prepare"] = slow  # type: ignore[index, assignment]  # at this moment
    await on_both.settle(keeper)
    row = await on_both.row(recording)
    assert row is not None
    assert (row.stage, files(on_both.local.folder), files(on_both.folder.path)) == (
        "deleted", [], []
    )  # fmt: skip


async def test_a_truncated_recording_is_kept_with_what_is_there(
    archive: Archive, tmp_path: Path
) -> None:
    recording = await archive.record(1, seconds=2.0)
    path = archive.folder.path / "2026/1.wav"
    os.truncate(path, 44 + 16_000)  # half a second of two channels, under a header that says two
    await archive.settle()
    assert seconds_of(await archive.hear(recording), tmp_path) == 0.5


@pytest.mark.parametrize("content", [b"", b"RIFF", b"this is no sound at all" * 50])
async def test_what_cannot_be_compressed_is_kept_as_it_is(content: bytes, archive: Archive) -> None:
    recording = await archive.record(1)
    (archive.folder.path / "2026/1.wav").write_bytes(content)
    await archive.settle()
    row = await archive.row(recording)
    assert row is not None
    assert (row.stage, (row.problem or "")[:15]) == ("kept", "")
    assert await archive.hear(recording) == content


async def test_a_file_that_somebody_renamed_is_given_up_and_said(archive: Archive) -> None:
    recording = await archive.record(1)
    path = archive.folder.path / "2026/1.wav"
    path.rename(path.with_name("mine.wav"))
    keeper = archive.keeper()
    for _ in range(GIVE_UP):
        archive.now += 4000
        await keeper.turn()
    row = await archive.row(recording)
    assert row is not None
    assert (row.stage, row.problem) == (
        "lost", "the PBX's file is not where it was: removed or renamed"
    )  # fmt: skip
    with pytest.raises(NotFound):
        await archive.hear(recording)


async def test_a_file_that_comes_back_in_time_is_kept(archive: Archive) -> None:
    recording = await archive.record(1)
    path = archive.folder.path / "2026/1.wav"
    path.rename(path.with_name("mine.wav"))
    keeper = archive.keeper()
    archive.now += 4000
    await keeper.turn()
    path.with_name("mine.wav").rename(path)
    await archive.settle(keeper)
    assert (await archive.hear(recording))[:4] == b"OggS"


async def test_a_copy_that_is_damaged_before_it_is_verified_is_made_again(archive: Archive) -> None:
    recording = await archive.record(1)

    def damage(where: str) -> None:
        if where == "sealed" and not damaged:
            [kept] = archive.local.folder.rglob("*.sealed")
            kept.write_bytes(kept.read_bytes()[:-1] + b"x")
            damaged.append(kept)

    damaged: list[Path] = []
    await archive.settle(archive.keeper(damage))
    assert damaged
    assert (await archive.hear(recording))[:4] == b"OggS"


async def test_keys_are_renewed_and_the_old_one_can_be_taken_away(on_both: Archive) -> None:
    recording = await on_both.record(1)
    await on_both.settle()
    [kept] = on_both.local.folder.rglob("*.sealed")
    before, sound = kept.read_bytes(), await on_both.hear(recording)
    on_both.ring = keys("two", "one")
    await on_both.settle()
    on_both.ring = keys("two")
    assert await on_both.hear(recording) == sound
    assert kept.read_bytes() == before  # only the wrapping is new


async def test_a_key_that_is_missing_is_said_by_name(archive: Archive) -> None:
    recording = await archive.record(1)
    await archive.settle()
    archive.ring = keys("two")
    with pytest.raises(KeyMissing, match="'one'"):
        await archive.hear(recording)
    keeper = archive.keeper()
    archive.now += 4000
    await keeper.turn()
    assert keeper.health().state is State.DOWN
    assert "'one'" in keeper.health().detail


async def test_a_full_disk_is_an_alarm_and_the_oldest_uploaded_copies_go_first(
    on_both: Archive, tmp_path: Path
) -> None:
    on_both.places = {"s3": FolderPlace(tmp_path / "elsewhere")}
    on_both.shape = Shape(place="s3")
    recordings = [await on_both.record(number) for number in range(1, 5)]
    await on_both.settle()
    assert len(files(on_both.local.folder)) == 4
    row = await on_both.row(recordings[0])
    assert row is not None
    on_both.disk = Disk(total=10 * (row.kept_size or 0), free=round(0.5 * (row.kept_size or 0)))
    keeper = on_both.keeper()
    on_both.now += 4000
    await keeper.turn()
    assert keeper.health().state is State.DEGRADED
    assert "95% full" in keeper.health().detail
    left = files(on_both.local.folder)
    assert [name.split("/")[-1][:32] for name in left] == recordings[2:]
    for recording in recordings:  # those that went are heard from the store
        assert (await on_both.hear(recording))[:4] == b"OggS"
    on_both.disk = Disk(1000, 900)
    on_both.now += 4000
    await keeper.turn()
    assert keeper.health().state is State.OK


async def test_nothing_goes_that_is_not_in_a_store(archive: Archive) -> None:
    await archive.record(1)
    await archive.settle()
    archive.disk = Disk(1000, 1)
    await archive.settle()
    assert len(files(archive.local.folder)) == 1


async def test_two_services_do_each_step_once(on_both: Archive) -> None:
    await on_both.record(1)
    seen: list[str] = []
    one, two = on_both.keeper(seen.append), on_both.keeper(seen.append)
    for _ in range(6):
        on_both.now += 10
        await one.turn()
        await two.turn()
    assert seen == ["compressed", "sealed", "verified", "released"]
    assert on_both.now > NOW


LATE = [
    ("compressed", "folder"), ("prepare", "folder"), ("verify", "folder"), ("release", "folder"),
    ("compressed", "s3"), ("prepare", "s3"), ("upload", "s3"), ("verify", "s3"), ("release", "s3"),
]  # fmt: skip


@pytest.mark.parametrize("ends", ["before it", "after it"])
@pytest.mark.parametrize(("late", "place"), LATE)
async def test_who_overstays_a_step_takes_nothing_from_who_did_it_meanwhile(
    late: str, place: str, ends: str, archive: Archive, tmp_path: Path
) -> None:
    archive.places = {"s3": FolderPlace(tmp_path / "elsewhere")}
    archive.shape = Shape(place=place)
    recording = await archive.record(1)
    slow = archive.keeper()
    await overstay(slow, late, ends, archive)
    row = await archive.row(recording)
    assert row is not None
    assert (row.stage, files(archive.folder.path)) == ("kept", [])
    assert files(archive.local.folder) == [row.key]
    assert files(tmp_path / "elsewhere") == ([row.key] if place == "s3" else [])
    assert seconds_of(await archive.hear(recording), tmp_path) == 0.5
    if place == "s3":
        (archive.local.folder / row.key).unlink()
        assert seconds_of(await archive.hear(recording), tmp_path) == 0.5


async def overstay(slow: Keeper, step: str, ends: str, archive: Archive) -> None:
    """Another service does all that is left while `slow` is in this step."""
    steps, meanwhile = slow._steps, 0
    name = "_compressed" if step == "compressed" else step
    original = getattr(steps, name)

    async def slowly(*args: object) -> object:
        nonlocal meanwhile
        result = None if ends == "before it" else await original(*args)
        meanwhile += 1
        if meanwhile == 1:
            await archive.settle()
        return result or await original(*args)

    with pytest.MonkeyPatch.context() as patched:
        if step == "compressed":
            patched.setattr(steps, "_compressed", slowly)
        else:
            patched.setitem(steps._do, Step(step), slowly)
        for _ in range(5):
            archive.now += 4000
            await slow.turn()
    steps.close()
    assert meanwhile == 1


async def test_what_is_uploaded_after_it_was_deleted_goes_again(
    archive: Archive, tmp_path: Path
) -> None:
    archive.places = {"s3": FolderPlace(tmp_path / "elsewhere")}
    archive.shape = Shape(place="s3")
    recording = await archive.record(1)
    slow = archive.keeper()
    upload = slow._steps.upload

    async def late(copy: queries.Copy) -> Result:
        result = await upload(copy)
        await delete(archive, recording)
        await archive.settle()
        await slow._steps._places["s3"].put(copy.key, Path(__file__))  # it ends only now
        return result

    slow._steps._do[Step.UPLOAD] = late
    for _ in range(3):
        archive.now += 4000
        await slow.turn()
    slow._steps.close()
    left = files(archive.folder.path), files(archive.local.folder), files(tmp_path / "elsewhere")
    assert left == ([], [], [])


@pytest.mark.parametrize("cut", ["compressed", "sealed"])
async def test_what_was_deleted_after_an_attempt_was_cut_off_leaves_nothing(
    cut: str, archive: Archive
) -> None:
    recording = await archive.record(1)

    def kill(where: str) -> None:
        if where == cut:
            raise Killed

    keeper = archive.keeper(kill)
    with pytest.raises(Killed):
        await keeper.turn()
    keeper._steps.close()
    assert files(archive.local.folder)
    await delete(archive, recording)
    await archive.settle()
    assert (files(archive.local.folder), files(archive.folder.path)) == ([], [])
