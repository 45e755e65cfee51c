"""What the company of the pictures says: customers, notes, comments, and the sheet it scores by."""

from __future__ import annotations

from recording.quality.rules import Choice, Question, QuestionKind
from recording.quality.sheets import SheetBody

CUSTOMERS: tuple[tuple[str, str], ...] = (
    ("王芳", "VIP"), ("Harbour Logistics", "gold"), ("陈志强", ""), ("上海晨光贸易有限公司", "VIP"),
    ("林晓雯", ""), ("Blue Ridge Hotels", "gold"), ("杭州云栖电子", ""), ("Nordwind GmbH", ""),
    ("赵鹏飞", ""), ("深圳华强物业", "gold"), ("Maria Lopez", ""), ("北京同仁堂分店", "VIP"),
    ("孙丽", ""), ("Oakfield Dental", ""), ("苏州工业园服务中心", ""), ("黄国栋", ""),
    ("Lotus Garden Restaurant", ""), ("成都蓉城快运", "gold"), ("高翔", ""), ("Anna Kowalska", ""),
)  # fmt: skip
OUTCOMES = ("resolved", "resolved", "resolved", "follow_up", "callback", "complaint", "sale")
NOTES = {
    "resolved": ("已告知退货流程，客户满意。", "Explained the invoice; nothing else is open."),
    "follow_up": ("明天上午回复报价。", "Sends photos of the damage; check on Thursday."),
    "callback": ("客户下午两点后方便。", "Wants to talk to the technician after 3 pm."),
    "complaint": ("物流延误三天，要求补偿。", "Delivered twice, charged twice."),
    "sale": ("续签一年，合同已发邮箱。", "Orders two more lines from December."),
}
COMMENTS = (
    (6.0, "Greets by name: well done."),
    (41.0, "核实身份后再谈订单，很规范。"),
    (88.0, "到货时间可以说得更具体一些。"),
)
SHEET = SheetBody(
    name="电话服务质检 Service calls",
    pass_mark=80,
    introduction="请先听完整段录音再评分。 Listen to the whole call first.",
    questions=(
        Question(text="报公司和姓名 Gives company and name", section="开场 Opening", weight=10),
        Question(
            text="核实客户身份 Verifies the customer",
            section="开场 Opening",
            weight=15,
            knock_out=True,
        ),
        Question(
            text="听清需求并复述 Understands and sums up",
            kind=QuestionKind.SCALE,
            section="解答 Solving",
            weight=25,
        ),
        Question(
            text="给出正确的方案 Offers the right solution",
            kind=QuestionKind.SCALE,
            section="解答 Solving",
            weight=30,
        ),
        Question(
            text="记录完整 Writes it down",
            kind=QuestionKind.CHOICE,
            choices=(
                Choice("完整 Complete", 100),
                Choice("部分 In part", 50),
                Choice("没有 Not at all", 0),
            ),
            section="收尾 Closing",
            weight=10,
        ),
        Question(
            text="语气亲切、不打断 Friendly, does not interrupt",
            kind=QuestionKind.SCALE,
            section="收尾 Closing",
            weight=10,
            optional=True,
        ),
    ),
)
