"""The words that sample customers are made of, and the fields and tags a company like that has."""

from __future__ import annotations

from typing import Final, NamedTuple

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
GIVEN = ("伟", "芳", "娜", "秀英", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛")
GIVEN_MORE = ("欣怡", "子涵", "浩然", "宇轩", "雨桐", "思远", "嘉豪", "志强", "建国", "晓明")
FIRST = ("Olivia", "James", "Emma", "Noah", "Sophia", "Liam", "Ava", "Lucas", "Mia", "Henry")
LAST = ("Smith", "Johnson", "Brown", "Taylor", "Wilson", "Davies", "Clark", "Walker", "Young")
TRADES = ("科技", "贸易", "物流", "医疗器械", "电子", "食品", "建材", "教育咨询", "汽车服务")
ENGLISH_TRADES = ("Logistics", "Trading", "Medical", "Electronics", "Foods", "Consulting")
ROLES = ("采购经理", "财务", "技术负责人", "前台", "总经理")
ENGLISH_ROLES = ("Purchasing", "Finance", "Head of IT", "Reception", "Managing director")
# City, province, area code, postcode, and a street there.
PLACES = (
    ("北京", "北京", "010", "100020", "朝阳区建国路"),
    ("上海", "上海", "021", "200120", "浦东新区世纪大道"),
    ("广州", "广东", "020", "510623", "天河区珠江东路"),
    ("深圳", "广东", "0755", "518052", "南山区科苑路"),
    ("杭州", "浙江", "0571", "310012", "西湖区文三路"),
    ("成都", "四川", "028", "610041", "高新区天府大道"),
    ("南京", "江苏", "025", "210019", "建邺区江东中路"),
    ("武汉", "湖北", "027", "430074", "洪山区珞喻路"),
    ("西安", "陕西", "029", "710075", "雁塔区高新路"),
    ("苏州", "江苏", "0512", "215028", "工业园区星湖街"),
)
ENGLISH_PLACES = (
    ("London", "England", "EC2A 4NE", "Great Eastern Street", "GB"),
    ("Manchester", "England", "M2 5BQ", "Deansgate", "GB"),
    ("Singapore", "Singapore", "018956", "Marina Boulevard", "SG"),
    ("Sydney", "NSW", "2000", "George Street", "AU"),
)
LEVELS = ("VIP", "gold", "silver", "standard", "standard", None)
TYPES = ("customer", "customer", "customer", "prospect", "partner", "former", None)
SOURCES = ("call", "website", "referral", "exhibition", "campaign", None)
TAGS = ("重点客户", "月结", "含税", "需要发票", "投诉过", "新签", "续约中", "VIP 通道")
ENGLISH_TAGS = ("key account", "invoice by post", "renewal", "newsletter", "complained")
MATTERS = (
    "咨询发票开具进度",
    "报修：设备无法启动",
    "查询订单物流",
    "投诉送货延迟",
    "续费与合同变更",
    "询问新产品报价",
    "预约上门安装",
)
ENGLISH_MATTERS = (
    "Asks where the invoice is",
    "Device does not start",
    "Asks for the delivery date",
    "Complains about a late delivery",
    "Wants to extend the contract",
    "Asks for a quotation",
)
CUSTOMER_NOTES = (
    "每月 25 日对账，联系财务确认。",
    "只在工作日上午接听电话。",
    "签约前需提供三家比价。",
)
ENGLISH_CUSTOMER_NOTES = (
    "Prefers e-mail to calls before noon.",
    "Orders need a purchase order number.",
)
TASKS = ("回访设备使用情况", "发送新版报价单", "确认续约意向", "寄送发票", "预约上门培训")
ENGLISH_TASKS = (
    "Call back about the quotation",
    "Send the revised contract",
    "Ask whether they renew",
    "Check that the replacement arrived",
)


class SampleField(NamedTuple):
    """A custom field of the sample company: name, kind, labels, unique, shown on the pop."""

    name: str
    kind: str
    label_zh: str
    label_en: str
    once: bool = False
    on_pop: bool = False


FIELDS: Final = (
    SampleField("contract", "text", "合同号", "Contract", once=True, on_pop=True),
    SampleField("renewal", "date", "续约日期", "Renewal date", on_pop=True),
    SampleField("employees", "number", "员工人数", "Employees"),
    SampleField("industry", "choice", "行业", "Industry"),
    SampleField("products", "choices", "使用产品", "Products", on_pop=True),
)
CHOICES: Final = {
    "industry": (
        ("manufacturing", "制造业", "Manufacturing"),
        ("trade", "贸易", "Trade"),
        ("logistics", "物流", "Logistics"),
        ("health", "医疗", "Health care"),
        ("education", "教育", "Education"),
    ),
    "products": (
        ("terminal", "智能终端", "Smart terminal"),
        ("gateway", "网关", "Gateway"),
        ("cloud", "云服务", "Cloud service"),
        ("support", "维保", "Support contract"),
    ),
}
