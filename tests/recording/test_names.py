"""What the names of sound files tell of their calls, whoever named them."""

from __future__ import annotations

import pytest

from recording.names import clues


@pytest.mark.parametrize(
    ("name", "uniqueids"),
    [
        ("2026/01/02/queue-1767348900.42.wav", ("1767348900.42", "queue-1767348900.42")),
        ("q-600-138-20260102-1-1767348900.42.wav", ("1767348900.42", "1-1767348900.42")),
        ("out-00138-1001-2-1767348900.7.WAV", ("1767348900.7", "2-1767348900.7")),
        ("exten-x-1767348900.123456789.wav", ("1767348900.123456789", "x-1767348900.123456789")),
        ("pbx1-1767348900.42.wav", ("1767348900.42", "pbx1-1767348900.42")),
        ("1767348900.42-in.wav", ("1767348900.42",)),
        ("1767348900.42/plain.wav", ()),
        ("20260102-101500_13800138000_1001.wav", ()),
        ("13800138000.wav", ()),
        ("1.2.3.wav", ()),
        ("", ()),
    ],
)  # fmt: skip
def test_uniqueids(name: str, uniqueids: tuple[str, ...]) -> None:
    assert clues(name).uniqueids == uniqueids


def test_ids_of_ours() -> None:
    id_ = "0123456789abcdef" * 2
    assert clues(f"2026/{id_}-mono.wav").ids == (id_,)
    assert clues(f"{id_}0.wav").ids == ()
