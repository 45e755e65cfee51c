"""How names read, as people would type them."""

from __future__ import annotations

import pytest

from crm.search.pinyin import letters, spell


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("张伟", ["zw", "zhangwei"]),
        ("单晓明", ["sxm", "dxm", "shanxiaoming", "danxiaoming"]),
        ("曾国藩", ["zgf", "cgf", "zengguofan", "cengguofan"]),
        ("尉迟恭", ["ycg", "yuchigong"]),
        ("重庆银行", ["cqyh", "chongqingyinhang"]),
        ("吕布", ["lb", "lvbu"]),
        ("北京 Oracle 云", ["bjoy", "beijingoracleyun"]),
        ("ＡＢＣ甲骨文", ["ajgw", "abcjiaguwen"]),
        ("John Smith", []),
        ("", []),
        ("%_\\'\"", []),
    ],
)
def test_a_name_is_found_by_how_it_reads(name: str, words: list[str]) -> None:
    assert spell(name).split() == words


def test_every_word_has_a_blank_before_it() -> None:
    assert spell("张伟") == " zw zhangwei"


def test_a_name_as_long_as_allowed_is_read_to_a_limit() -> None:
    assert len(spell("单" * 200)) < 1000


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Zhāng Wěi", "zhangwei"), ("lü", "lv"), ("LǛ", "lv"), ("xi'an", "xian"), ("ｚｗ", "zw")],
)
def test_typed_letters_are_read_without_tones_and_marks(typed: str, meant: str) -> None:
    assert letters(typed) == meant
