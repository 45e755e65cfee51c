"""Spans are covered by blocks without a gap, without a quarter twice, and by few of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.reports.blocks import LONGEST_FIRST, cover

SPANS = st.tuples(st.integers(0, 4_000_000), st.integers(0, 10_000))


@given(SPANS)
def test_each_quarter_is_in_exactly_one_block(span: tuple[int, int]) -> None:
    first, last = span[0], span[0] + span[1]
    runs, at = cover(first, last, 7), first
    for run in runs:
        assert run.first == at
        assert run.first < run.last
        assert run.first % run.size == run.last % run.size == 0
        assert run.size in LONGEST_FIRST
        assert run.number == 7
        at = run.last
    assert at == last
    # Up and down again: never more runs than there are sizes each way.
    assert len(runs) <= 2 * len(LONGEST_FIRST) - 1


def test_a_day_of_shanghai_is_six_blocks_and_one_of_nepal_is_few() -> None:
    shanghai, kathmandu = -8 * 4, -5 * 4 - 3  # quarters before UTC's midnight
    day = 20_000 * 96
    counts = [
        sum((run.last - run.first) // run.size for run in cover(day + off, day + off + 96))
        for off in (shanghai, kathmandu)
    ]
    assert counts[0] == 6
    assert counts[1] <= 12
