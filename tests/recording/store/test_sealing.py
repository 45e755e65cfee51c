"""Encrypted files: every part opens by itself, and nothing opens that was touched."""

from __future__ import annotations

import base64
import random
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.store import sealing
from recording.store.keyring import BadKeys, KeyMissing, KeyRing
from recording.store.reader import unsealed
from recording.store.sealing import CHUNK, HEAD, STRIDE, NotOurs, Seal, chunks_of, sealed_size

KEY = bytes(range(32))
SIZES = [0, 1, 15, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7]


def sealed(plain: bytes, key: bytes = KEY) -> bytes:
    seal = Seal(key, len(plain))
    parts = [plain[n * CHUNK : (n + 1) * CHUNK] for n in range(chunks_of(len(plain)))]
    return HEAD + b"".join(seal.close(number, part) for number, part in enumerate(parts))


def plain_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311 - not a secret


async def opened(data: bytes, size: int, start: int, end: int) -> tuple[bytes, int]:
    """The plain bytes, and how many had to be read for them."""
    seen = 0

    async def read(first: int, last: int) -> AsyncIterator[bytes]:
        nonlocal seen
        for at in range(first, last, 5_000):
            piece = data[at : min(at + 5_000, last)]
            seen += len(piece)
            yield piece

    pieces = [piece async for piece in unsealed(read, KEY, size, range(start, end))]
    return b"".join(pieces), seen


@pytest.mark.parametrize("size", SIZES)
async def test_the_whole_comes_back(size: int) -> None:
    data = sealed(plain_of(size))
    assert len(data) == sealed_size(size)
    assert (await opened(data, size, 0, size))[0] == plain_of(size)


@given(st.data())
@settings(max_examples=60, deadline=None)
async def test_any_part_comes_back_without_what_lies_before(data: st.DataObject) -> None:
    size = data.draw(st.sampled_from(SIZES[1:]))
    start = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(start + 1, size))
    found, seen = await opened(sealed(plain_of(size)), size, start, end)
    assert found == plain_of(size)[start:end]
    assert seen <= ((end - 1) // CHUNK - start // CHUNK + 1) * STRIDE


async def test_what_was_touched_cut_off_swapped_or_anothers_does_not_open() -> None:
    size = 3 * CHUNK
    whole = sealed(plain_of(size))
    first, second = whole[16 : 16 + STRIDE], whole[16 + STRIDE : 16 + 2 * STRIDE]
    damaged = [
        whole[:40] + bytes([whole[40] ^ 1]) + whole[41:],
        whole[: 16 + 2 * STRIDE],
        whole[:-1],
        HEAD + second + first + whole[16 + 2 * STRIDE :],
        sealed(plain_of(size), bytes(32)),
    ]
    for data in damaged:
        with pytest.raises(NotOurs):
            await opened(data, size, 0, size)


async def test_a_file_cut_off_at_the_edge_of_a_chunk_is_not_taken_for_a_shorter_one() -> None:
    whole = sealed(plain_of(3 * CHUNK))
    with pytest.raises(NotOurs):
        await opened(whole[: sealed_size(2 * CHUNK)], 2 * CHUNK, 0, 2 * CHUNK)


def ring(*names: str) -> KeyRing:
    keys = " ".join(f"{n}:{base64.b64encode(n.encode().ljust(32, b'.')).decode()}" for n in names)
    return KeyRing.parse(keys)


def test_the_first_key_is_used_and_the_others_open() -> None:
    made = ring("a").fresh("recording")
    assert made is not None
    key, wrapped = made
    both = ring("b", "a")
    assert both.current == "b"
    assert both.unwrap(wrapped, "recording") == key
    again = both.wrap(key, "recording")
    assert (again.by, ring("b").unwrap(again, "recording")) == ("b", key)


def test_a_key_that_is_missing_or_not_the_one_is_named() -> None:
    made = ring("a").fresh("one")
    assert made is not None
    with pytest.raises(KeyMissing, match="'a'"):
        ring("b").unwrap(made[1], "one")
    with pytest.raises(KeyMissing, match="not the one"):
        ring("a").unwrap(made[1], "another")
    assert KeyRing({}).fresh("one") is None


@pytest.mark.parametrize(
    "text",
    ["a", "a:", "a:AAAA", ":AAAA", "a b", f"ä:{'A' * 43}=", f"a:{'A' * 43}= a:{'A' * 43}="],
)
def test_what_is_no_list_of_keys_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(BadKeys) as refused:
        KeyRing.parse(text)
    assert "AAAA" not in str(refused.value)


def test_two_files_never_share_a_key() -> None:
    keys = {made[0] for _ in range(50) if (made := ring("a").fresh("one"))}
    assert len(keys) == 50
    assert sealing.CHUNK % 4096 == 0
