"""Events on disk keep their order and survive crashes, half-written records and a full disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from callcenter import spill as module
from callcenter.events import CallerIdentified, DomainEvent, LinkLost
from callcenter.spill import Spill
from callcenter.wire import decode, encode

MIB = 1 << 20
Open = Callable[..., Spill]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens the spill of this test, again and again as if restarted; all are closed at the end."""
    spills: list[Spill] = []

    def open_(max_bytes: int = MIB) -> Spill:
        spills.append(Spill(tmp_path / "s", max_bytes=max_bytes))
        return spills[-1]

    yield open_
    for spill in spills:
        spill.close()


def lost(n: int) -> LinkLost:
    return LinkLost(at=float(n), pbx="p")


def numbers(events: list[DomainEvent]) -> list[float | None]:
    return [event.at for event in events]


def fill(spill: Spill, *range_: int) -> None:
    for n in range(*range_):
        assert spill.append(lost(n))


def test_events_come_back_in_order(opened: Open) -> None:
    spill = opened()
    fill(spill, 5)
    assert numbers(spill.read(3)) == [0, 1, 2]
    spill.advance()
    fill(spill, 5, 7)
    assert spill.waiting == 4
    assert numbers(spill.read(10)) == [3, 4, 5, 6]


def test_what_was_read_but_not_advanced_over_is_there_after_a_crash(opened: Open) -> None:
    spill = opened()
    fill(spill, 3)
    spill.read(2)
    assert numbers(opened().read(10)) == [0, 1, 2]


def test_a_half_written_record_is_dropped_at_opening(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "s"
    fill(opened(), 2)
    path.write_bytes(path.read_bytes()[:-3])
    spill = opened()
    fill(spill, 7, 8)
    assert numbers(spill.read(10)) == [0, 7]


def test_the_bound_is_kept_and_counted(opened: Open) -> None:
    spill = opened(100)
    taken = [spill.append(lost(n)) for n in range(10)]
    assert taken == sorted(taken, reverse=True)
    assert spill.dropped == taken.count(False) > 0
    assert spill.waiting == taken.count(True) > 0


def test_room_freed_by_reading_is_used_again(opened: Open) -> None:
    spill = opened(100)
    while spill.append(lost(1)):
        pass
    spill.read(1)
    spill.advance()
    assert spill.append(lost(2))


def test_the_front_is_cut_off_when_much_is_done_with(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMPACT_BYTES", 100)
    spill = opened()
    fill(spill, 50)
    before = spill.path.stat().st_size
    spill.read(40)
    spill.advance()
    assert spill.path.stat().st_size < before / 4
    fill(spill, 50, 52)
    assert numbers(spill.read(100)) == [*range(40, 52)]


def test_little_is_not_copied_again_and_again(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backlog of an hour is not rewritten for each batch that leaves it."""
    monkeypatch.setattr(module, "COMPACT_BYTES", 100)
    spill = opened()
    fill(spill, 1000)
    size = spill.path.stat().st_size
    copied = 0
    for _ in range(100):
        before = spill.path.stat().st_size
        spill.read(10)
        spill.advance()
        after = spill.path.stat().st_size
        copied += after if after < before else 0
    assert (spill.waiting, spill.path.stat().st_size) == (0, 0)
    assert copied < size


def test_no_room_for_a_copy_ends_nothing(
    opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "COMPACT_BYTES", 100)
    spill = opened()
    fill(spill, 50)
    (tmp_path / "s.new").mkdir()  # as if the disk took no second file
    spill.read(40)
    spill.advance()
    spill.prepend([lost(1)])
    assert (spill.waiting, spill.dropped) == (10, 1)
    assert numbers(spill.read(100)) == [*range(40, 50)]


def test_prepended_events_come_first(opened: Open) -> None:
    spill = opened()
    fill(spill, 5, 7)
    spill.prepend([lost(1), lost(2)])
    spill.close()
    again = opened()
    assert (again.waiting, numbers(again.read(10))) == (4, [1, 2, 5, 6])


def test_an_unreadable_record_does_not_stop_the_next(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(b"\x00\x00\x00\x02{}")
    spill = opened()
    fill(spill, 3, 4)
    assert numbers(spill.read(10)) == [3]
    spill.advance()
    assert spill.waiting == 0


def test_a_card_travels_as_it_is() -> None:
    event = CallerIdentified(
        at=1.0, pbx="p", interaction="i", number="1", customer=None,
        card=msgspec.Raw(b'{"match":"unknown"}'),
    )  # fmt: skip
    back = decode(encode(event))
    assert isinstance(back, CallerIdentified)
    assert bytes(back.card) == b'{"match":"unknown"}'
