"""The words that forms offer come from the dictionary, in order, and are never deleted."""

from __future__ import annotations

import pytest

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store.database import Database
from crm.dictionary.rules import DictionaryKind, check_value
from crm.dictionary.service import (
    EntryPatch,
    NewEntry,
    add_entry,
    change_entry,
    check,
    list_entries,
)

LEVEL = DictionaryKind.LEVEL


async def test_a_new_installation_has_words_of_every_kind(database: Database) -> None:
    async with database.reading() as session:
        for kind in DictionaryKind:
            entries = await list_entries(session, kind)
            assert entries, kind
            assert all(one.label_zh and one.label_en and not one.retired for one in entries)


async def test_words_are_added_ordered_and_retired(database: Database) -> None:
    async with database.session() as session:
        made = await add_entry(session, LEVEL, NewEntry("diamond", "钻石", "Diamond"))
        assert (await list_entries(session, LEVEL))[-1] == made
        patch = EntryPatch(position=0, label_zh="钻石客户")
        first = await change_entry(session, LEVEL, made.id, patch)
        assert "钻石客户" in [one.label_zh for one in (await list_entries(session, LEVEL))[:2]]
        assert await check(session, LEVEL, "diamond", field="level") == "diamond"
        retired = await change_entry(session, LEVEL, made.id, EntryPatch(retired=True))
        assert (retired.label_zh, retired.retired) == (first.label_zh, True)
        with pytest.raises(InvalidInput) as refused:
            await check(session, LEVEL, "diamond", field="level")
        assert refused.value.field == "level"
        assert await check(session, LEVEL, "diamond", field="level", kept="diamond") == "diamond"
        assert await check(session, LEVEL, None, field="level") is None
        with pytest.raises(Conflict):
            await add_entry(session, LEVEL, NewEntry("diamond", "钻石", "Diamond"))


async def test_a_word_of_one_kind_is_none_of_another(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(InvalidInput):
            await check(session, DictionaryKind.SOURCE, "VIP", field="source")
        vip = (await list_entries(session, LEVEL))[0]
        with pytest.raises(NotFound):
            await change_entry(session, DictionaryKind.SOURCE, vip.id, EntryPatch(retired=True))


@pytest.mark.parametrize("value", ["", " a", "a ", "a,b", "a\nb", "x" * 41])
def test_a_value_that_cannot_be(value: str) -> None:
    with pytest.raises(InvalidInput):
        check_value(value)
