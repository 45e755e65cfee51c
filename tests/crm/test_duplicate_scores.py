"""How sure it is that two customers are one, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.merge.names import core, inside, similarity
from crm.merge.scoring import LIKELY, POSSIBLE, Facts, Why, compare

NUMBER = {"+8613800138000": False}
BOARD = {"+861062345678": True}


def why(one: Facts, other: Facts) -> list[Why]:
    return [reason.why for reason in compare(one, other).reasons]


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("北京云山科技有限公司", "云山科技"),
        ("云山科技股份有限公司", "云山科技"),
        ("云山科技集团", "云山科技"),
        ("华为技术有限公司（深圳）", "华为技术"),
        ("Acme Co., Ltd.", "acme"),
        ("Acme GmbH", "acme"),
        ("集团", "集团"),
        ("公司", "公司"),
        ("张伟", "张伟"),
    ],
)
def test_what_every_company_has_in_its_name_does_not_count(name: str, bare: str) -> None:
    assert core(name) == bare


def test_a_company_under_two_legal_forms_is_likely_one() -> None:
    one = Facts("北京云山科技有限公司", company=True)
    verdict = compare(one, Facts("云山科技股份有限公司", company=True))
    assert [reason.why for reason in verdict.reasons] == [Why.NAME]
    assert verdict.score >= LIKELY


def test_companies_of_one_name_in_two_cities_are_two() -> None:
    here, there = (
        Facts("北京云山科技有限公司", company=True),
        Facts("上海云山科技有限公司", company=True),
    )
    assert compare(here, there).score < LIKELY
    assert compare(here, Facts("云山科技有限公司", company=True)).score >= LIKELY


def test_two_people_of_the_same_name_are_only_possibly_one() -> None:
    verdict = compare(Facts("张伟"), Facts("张 伟"))
    assert POSSIBLE <= verdict.score < LIKELY


def test_a_shared_number_and_the_same_name_are_nearly_sure() -> None:
    alone = compare(Facts("王芳", numbers=NUMBER), Facts("李强", numbers=NUMBER))
    both = compare(Facts("王芳", numbers=NUMBER), Facts("王芳", numbers=NUMBER))
    assert LIKELY <= alone.score < both.score
    assert [reason.why for reason in both.reasons] == [Why.NUMBER, Why.NAME]


def test_a_switchboard_says_little() -> None:
    assert compare(Facts("a1", numbers=BOARD), Facts("b2", numbers=BOARD)).score < LIKELY
    assert why(Facts("a1", numbers=BOARD), Facts("b2", numbers=BOARD)) == [Why.SWITCHBOARD]


def test_ten_shared_numbers_are_one_fact() -> None:
    many = {f"+861380013800{n}": False for n in range(10)}
    one = compare(Facts("王芳", numbers=NUMBER), Facts("李强", numbers=NUMBER))
    assert compare(Facts("王芳", numbers=many), Facts("李强", numbers=many)).score == one.score


def test_the_same_key_however_it_is_written() -> None:
    one = Facts("甲", account_number="000123", tax_number="91-110000 MA")
    other = Facts("乙", account_number="123", tax_number="91110000ma")
    assert set(why(one, other)) == {Why.ACCOUNT, Why.TAX_NUMBER}
    assert compare(one, other).score > 0.95


def test_a_name_with_a_letter_too_many_is_similar() -> None:
    one, other = (
        Facts("Smithson Trading Ltd", company=True),
        Facts("Smithsons Trading", company=True),
    )
    assert why(one, other) == [Why.SIMILAR_NAME]


def test_nothing_in_common_is_no_reason() -> None:
    assert compare(Facts("王芳"), Facts("李强")).score == 0
    assert compare(Facts(""), Facts("李强")).reasons == ()


def test_parts_of_a_name_leave_out_what_all_have() -> None:
    assert inside("北京云山科技有限公司") == ("云山科", "山科技")
    assert inside("张伟") == ()
    assert len(inside("A very long name of a company with many words in it")) <= 6


NAMES = st.text(alphabet="张伟云山科技有限公司集团 abcLtd.()%_'\"\\", max_size=20)


@given(NAMES, NAMES)
def test_either_way_round_is_as_sure(one: str, other: str) -> None:
    there = compare(Facts(one, company=True), Facts(other, company=True)).score
    back = compare(Facts(other, company=True), Facts(one, company=True)).score
    assert there == back
    assert 0 <= there <= 1
    assert similarity(one, other) == similarity(other, one)
