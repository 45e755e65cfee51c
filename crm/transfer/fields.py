"""What a column of a file can be, by what names people call it, and what is proposed for a header.

One table for both ways: an export is headed by these names, and an import knows them again.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Language = Literal["zh", "en"]
CUSTOM = "field."  # before the name of a field that administrators defined


class Key(StrEnum):
    """What says that a row and a customer are the same."""

    EXTERNAL_ID = "external_id"
    ACCOUNT_NUMBER = "account_number"
    PHONE = "phone"
    EMAIL = "email"


class Existing(StrEnum):
    """What becomes of a customer who is there already."""

    SKIP = "skip"
    UPDATE = "update"
    FILL = "fill"  # only what is empty


@dataclass(frozen=True, slots=True)
class Field:
    """`several`: more than one column may be this. `also`: what else people write above it."""

    code: str
    zh: str
    en: str
    also: str = ""  # with slashes between
    several: bool = False

    def name(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


_NAMES = (
    "姓名/名称/客户/客户姓名/公司/公司名称/企业名称/单位名称"
    "/customer/customer name/company/company name/full name"
)
_NUMBERS = (
    "电话号码/手机/手机号/手机号码/联系电话/号码/座机/固话/固定电话/办公电话/电话1/电话2/电话3"
    "/mobile/mobile phone/cell/tel/telephone/number/numbers/phones/phone number"
    "/phone 1/phone 2/phone 3"
)
_EMAILS = "电子邮箱/电子邮件/邮件/邮箱地址/mail/email/email address"
_TAXES = "纳税人识别号/统一社会信用代码/社会信用代码/vat/vat number/tax id"
_STREETS = "街道/详细地址/通讯地址/联系地址/street/address line 1"
_IDS = "客户编号/编号/客户id/外部id/id/customer id/crm id"
_ACCOUNTS = "账户/帐号/户号/客户号/会员号/account/account no"
_OWNERS = "负责人/归属人/业务员/销售/account manager/sales/owner name"

FIELDS: tuple[Field, ...] = (
    Field("external_id", "外部编号", "External ID", _IDS),
    Field("account_number", "账号", "Account number", _ACCOUNTS),
    Field("name", "客户名称", "Name", _NAMES),
    Field("kind", "公司或个人", "Kind", "性质/客户性质/company or person"),
    Field("type", "客户类型", "Type", "类型/customer type/行业/industry"),
    Field("level", "等级", "Level", "客户等级/级别/客户级别/会员等级/grade"),
    Field("source", "来源", "Source", "客户来源/渠道/channel/lead source"),
    Field("tax_number", "税号", "Tax number", _TAXES),
    Field("owner", "客户经理", "Owner", _OWNERS),
    Field("team", "团队", "Team", "部门/小组/department"),
    Field("language", "语言", "Language", "语种"),
    Field("birthday", "生日", "Birthday", "出生日期/date of birth/birth date/dob"),
    Field("do_not_call", "请勿致电", "Do not call", "勿扰/免打扰/禁呼/dnc"),
    Field("tags", "标签", "Tags", "tag/labels", several=True),
    Field("phone", "电话", "Phone", _NUMBERS, several=True),
    Field("email", "邮箱", "E-mail", _EMAILS, several=True),
    Field("contact.name", "联系人", "Contact", "联系人姓名/contact name/contact person"),
    Field("contact.role", "联系人职务", "Contact's role", "职务/职位/role/position/job title"),
    Field("contact.phone", "联系人电话", "Contact's phone", "联系人手机/contact mobile"),
    Field("contact.email", "联系人邮箱", "Contact's e-mail"),
    Field("address.label", "地址名称", "Address label", "地址类型/address type"),
    Field("address.country", "国家", "Country", "国家地区/country code"),
    Field("address.region", "省份", "Region", "省/州/province/state"),
    Field("address.city", "城市", "City", "市/town"),
    Field("address.street", "地址", "Address", _STREETS),
    Field("address.postcode", "邮编", "Postcode", "邮政编码/zip/zip code/postal code"),
    Field("notes", "备注", "Notes", "说明/note/remark/remarks/comment/comments"),
)
# Behind what was refused we write why; these columns are not the file's.
REPORT = {"zh": ("原行号", "未导入原因"), "en": ("Original row", "Why not imported")}

_NOISE = re.compile(r"[\s_\-*:：()（）\[\]【】.'’]+")


def known(custom: Sequence[Field] = ()) -> dict[str, Field]:
    """Every field by its code; what administrators defined comes last."""
    return {field.code: field for field in (*FIELDS, *custom)}


def normalised(header: str) -> str:
    """A header without what people write around it."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", header).casefold())


_REPORTED = {normalised(name) for names in REPORT.values() for name in names}


def headers_key(headers: Iterable[str]) -> str:
    """The same for files with the same columns, in whatever order; with our report or without."""
    names = sorted({normalised(header) for header in headers} - _REPORTED)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def propose(
    headers: Sequence[str],
    custom: Sequence[Field] = (),
    remembered: Mapping[str, Sequence[str | None]] | None = None,
) -> list[str | None]:
    """A field for each column, None where nothing fits. What was chosen before comes first.

    `remembered`: header as `normalised` gives it → what its columns were, in their order.
    """
    fields = known(custom)
    names = _names(fields.values())
    left = {header: list(codes) for header, codes in (remembered or {}).items()}
    chosen: list[str | None] = []
    for header in map(normalised, headers):
        if header in left:
            code = left[header].pop(0) if left[header] else None
        else:
            code = names.get(header) or None
        free = code in fields and (fields[code].several or code not in chosen) if code else False
        chosen.append(code if free else None)
    return chosen


def remembered_of(
    headers: Sequence[str], columns: Sequence[str | None]
) -> dict[str, list[str | None]]:
    """What `propose` takes the next time."""
    found: dict[str, list[str | None]] = {}
    for header, code in zip(headers, columns, strict=True):
        found.setdefault(normalised(header), []).append(code)
    return found


def _names(fields: Iterable[Field]) -> dict[str, str]:
    """Every name → code; the first field has it."""
    found = {"": ""}  # a column without a name is nothing
    for field in fields:
        for name in (field.zh, field.en, field.code, *field.also.split("/")):
            found.setdefault(normalised(name), field.code)
    return found
