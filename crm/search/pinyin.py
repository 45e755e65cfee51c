"""How a Chinese name reads, so that it is found by people who type letters.

The result is a row of words with a blank before each: first the initials, then the whole reading,
each in every way the name is likely to be read (单晓明 is " sxm dxm shanxiaoming danxiaoming").
A name without Chinese has none. The dictionaries are loaded with the first name that needs them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

LONGEST_WORD = 4  # letters of a word whose reading is looked up as a whole
LONGEST = 60  # letters of a name that are read; more is no name any more

# Read differently as a surname than elsewhere. Two letters are looked up before one.
SURNAMES: dict[str, str] = {
    "单": "shan",
    "曾": "zeng",
    "解": "xie",
    "仇": "qiu",
    "任": "ren",
    "查": "zha",
    "朴": "piao",
    "区": "ou",
    "盖": "ge",
    "乐": "yue",
    "翟": "zhai",
    "覃": "qin",
    "员": "yun",
    "华": "hua",
    "冼": "xian",
    "洗": "xian",
    "缪": "miao",
    "宓": "mi",
    "黑": "he",
    "秘": "bi",
    "折": "she",
    "繁": "po",
    "召": "shao",
    "种": "chong",
    "重": "chong",
    "燕": "yan",
    "盛": "sheng",
    "石": "shi",
    "都": "du",
    "令": "ling",
    "尉": "wei",
    "祭": "zhai",
    "晟": "cheng",
    "钻": "zuan",
    "牟": "mu",
    "柏": "bai",
    "尉迟": "yu chi",
    "万俟": "mo qi",
    "长孙": "zhang sun",
    "澹台": "tan tai",
    "令狐": "ling hu",
    "单于": "chan yu",
}

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_PIECES = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+|[a-z0-9]+", re.IGNORECASE)


def has_han(text: str) -> bool:
    return _HAN.search(text) is not None


def letters(text: str) -> str:
    """What is left of typed letters: `Zhāng wěi`, `lü` and `xi'an` are zhangwei, lv and xian."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    plain = plain.replace("u\u0308", "v")
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def column_of(context: Any) -> str:
    """The default of a `pinyin` column: it reads the `name` that is written beside it."""
    values = context.get_current_parameters(isolate_multiinsert_groups=True)
    return spell(str(values.get("name") or ""))


def with_pinyin(values: dict[str, Any]) -> dict[str, Any]:
    """What a row is to be changed to; with a new name comes how it reads."""
    return {**values, "pinyin": spell(values["name"])} if "name" in values else values


@lru_cache(maxsize=65_536)
def spell(name: str) -> str:
    """The words a name is found by when it is typed in letters; empty without Chinese in it."""
    text = unicodedata.normalize("NFKC", name).casefold()[:LONGEST]
    if not has_han(text):
        return ""
    ways = _readings(text)
    initials = ("".join(part[0] for part in way) for way in ways)
    whole = ("".join(way) for way in ways)
    return "".join(f" {word}" for word in _once([*initials, *whole]))


def _readings(text: str) -> list[tuple[str, ...]]:
    pieces = _PIECES.findall(text)
    usual = [part for piece in pieces for part in _read(piece)]
    surname = _as_surname(pieces[0]) if pieces else None
    ways = [tuple(usual)]
    if surname is not None:
        ways.insert(0, (*surname, *usual[len(surname) :]))
    return list(_once(ways))


def _read(piece: str) -> list[str]:
    """Its syllables. Words are read as a whole: 重庆 is chongqing, 银行 yinhang."""
    if not has_han(piece):
        return [piece]
    from pypinyin.constants import PHRASES_DICT

    found: list[str] = []
    at = 0
    while at < len(piece):
        lengths = range(min(LONGEST_WORD, len(piece) - at), 1, -1)
        length = next((n for n in lengths if piece[at : at + n] in PHRASES_DICT), 1)
        found += _syllables(piece[at : at + length])
        at += length
    return found


@lru_cache(maxsize=65_536)
def _syllables(word: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin

    read = lazy_pinyin(word, style=Style.NORMAL, errors="ignore")
    return tuple(syllable.replace("ü", "v") for syllable in read)


def _as_surname(piece: str) -> list[str] | None:
    for length in (2, 1):
        found = SURNAMES.get(piece[:length])
        if found is not None:
            return found.split()
    return None


def _once(values: Iterable[Any]) -> Any:
    return dict.fromkeys(values)


def load() -> None:
    """Load the dictionaries now: half a second, so in a thread and before the first name."""
    spell("单晓明")
