"""Whose value a merged customer has, and what the undo gives back: rules without a database."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import InvalidInput
from crm.merge.fields import choose, give_back

BASE: dict[str, Any] = {
    "name": "甲",
    "level": None,
    "owner_id": None,
    "owned_at": None,
    "do_not_call": False,
    "account_number": None,
    "field.size": [],
}


def side(**values: Any) -> dict[str, Any]:
    return {**BASE, **values}


def test_what_nobody_chose_is_the_targets() -> None:
    chosen = choose(side(name="甲", level="VIP"), side(name="乙", level="gold"), {})
    assert (chosen.target, chosen.source, chosen.sides) == ({}, {}, {})


def test_what_the_target_does_not_have_is_the_sources() -> None:
    assert choose(side(), side(level="gold"), {}).target == {"level": "gold"}


def test_what_was_chosen_is_taken_also_when_it_is_empty() -> None:
    chosen = choose(side(level="VIP"), side(), {"level": "source"})
    assert (chosen.target, chosen.sides) == ({"level": None}, {"level": "source"})


def test_who_asked_not_to_be_called_is_not_called() -> None:
    assert choose(side(), side(do_not_call=True), {}).target == {"do_not_call": True}
    assert choose(side(), side(do_not_call=True), {"do_not_call": "target"}).target == {}


def test_a_number_that_only_one_may_have_changes_places() -> None:
    one, other = side(account_number="1"), side(account_number="2")
    chosen = choose(one, other, {"account_number": "source"})
    assert chosen.target == {"account_number": "2"}
    assert chosen.source == {"account_number": "1"}


def test_since_when_somebody_owns_it_goes_with_the_owner() -> None:
    one, other = side(owner_id=1, owned_at=10.0), side(owner_id=2, owned_at=20.0)
    assert choose(one, other, {}).target == {}
    chosen = choose(one, other, {"owner_id": "source"})
    assert chosen.target == {"owner_id": 2, "owned_at": 20.0}


@pytest.mark.parametrize("name", ["id", "version", "owned_at", "field.nothing", "x' OR 1=1"])
def test_a_field_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        choose(side(), side(), {name: "source"})
    assert refused.value.field == f"fields.{name}"


def test_what_was_changed_since_stays() -> None:
    before: dict[str, dict[str, Any]] = {
        "target": {"name": "甲", "level": None},
        "source": {"name": "乙", "level": "gold"},
    }
    after = {"target": {"name": "乙", "level": "gold"}, "source": {}}
    now = {"target": {"name": "乙", "level": "VIP"}, "source": {}}
    back = give_back(now, before, after)
    assert (back.target, back.source, back.kept) == ({"name": "甲"}, {}, ["level"])


VALUES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["甲", "乙"]),
        "level": st.sampled_from([None, "VIP", "gold"]),
        "owner_id": st.sampled_from([None, 1, 2]),
        "owned_at": st.none(),
        "do_not_call": st.booleans(),
        "account_number": st.sampled_from([None, "1", "2"]),
        "field.size": st.sampled_from([[], [{"text": "a"}]]),
    }
)
SIDES = st.dictionaries(
    st.sampled_from(["name", "level", "owner_id", "do_not_call", "account_number", "field.size"]),
    st.sampled_from(["source", "target"]),
)


@given(VALUES, VALUES, SIDES)
def test_merged_and_parted_again_all_is_as_before(
    target: dict[str, Any], source: dict[str, Any], asked: dict[str, Any]
) -> None:
    chosen = choose(target, source, asked)
    now = {"target": target | chosen.target, "source": source | chosen.source}
    before = {"target": target, "source": source}
    back = give_back(now, before, {"target": chosen.target, "source": chosen.source})
    assert back.kept == []
    assert now["target"] | back.target == target
    assert now["source"] | back.source == source
