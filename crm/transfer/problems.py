"""What can be wrong with a row, as a code for programs and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from crm.transfer.fields import Language

WORDS: dict[str, tuple[str, str]] = {
    "required": ("不能为空", "must not be empty"),
    "name_missing": ("新客户缺少名称", "a new customer without a name"),
    "required_missing": ("缺少必填字段", "a required field is missing"),
    "key_missing": ("缺少用来识别客户的值", "what customers are recognised by is missing"),
    "too_long": ("最多 {limit} 个字符", "at most {limit} characters"),
    "too_many": ("最多 {limit} 个", "at most {limit}"),
    "control_characters": ("含有控制字符", "holds control characters"),
    "undecodable": ("按此编码无法读取", "not readable in this encoding"),
    "not_a_phone": ("不是电话号码", "not a telephone number"),
    "not_an_email": ("不是邮箱地址", "not an e-mail address"),
    "not_digits": ("须为 1 至 20 位数字", "1 to 20 digits"),
    "not_a_date": ("不是日期，请写成 2026-01-31", "not a date; write 2026-01-31"),
    "not_a_tax_number": ("须为 4 至 32 位字母和数字", "4 to 32 letters and digits"),
    "not_numeric": ("不是数字", "not a number"),
    "not_yes_no": ("请写“是”或“否”", "write yes or no"),
    "not_a_kind": ("请写“公司”或“个人”", "write company or person"),
    "not_a_choice": ("没有这个选项", "not one of the choices"),
    "not_a_country": ("没有这个国家代码，请写如 CN", "no such country; write e.g. CN"),
    "unknown_user": ("没有这个用户", "no such user"),
    "unknown_team": ("没有这个团队", "no such team"),
    "several_such": ("不止一个叫这个名字", "more than one has this name"),
    "several_customers": ("有 {count} 个客户符合", "{count} customers have it"),
    "same_as_row": ("与第 {row} 行是同一个客户", "the same customer as in row {row}"),
    "taken": ("已属于另一个客户", "another customer has it"),
    "out_of_reach": ("不在您的权限范围内", "beyond the reach of your rights"),
    "contact_without_name": ("联系人没有姓名", "a contact without a name"),
    "no_commas": ("标签里不能有逗号", "a tag holds no commas"),
}


class Problem(msgspec.Struct, frozen=True, array_like=True):
    """`column` counts from 0; null when it is the row as a whole."""

    column: int | None
    code: str
    values: dict[str, int] = {}


class Refused(Exception):
    """A cell that cannot be taken; the caller knows which."""

    def __init__(self, code: str, **values: int) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def in_words(code: str, values: Mapping[str, Any], language: Language) -> str:
    zh, en = WORDS[code]
    return (zh if language == "zh" else en).format(**values)


def sentence(problem: Problem, headers: list[str], language: Language) -> str:
    """`电话：不是电话号码`."""
    words = in_words(problem.code, problem.values, language)
    if problem.column is None or problem.column >= len(headers):
        return words
    return f"{headers[problem.column]}{'：' if language == 'zh' else ': '}{words}"
