"""What every figure is called and what exactly it means, in both languages; pure.

The page shows the definition at the figure, and files carry the names.
"""
# ruff: noqa: E501 - a definition is one line in each language

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    zh: str
    en: str
    what_zh: str
    what_en: str


def _w(zh: str, en: str, what_zh: str, what_en: str) -> Words:
    return Words(zh, en, what_zh, what_en)


def _exit(zh: str, en: str) -> Words:
    return Words(zh, en, f"以“{zh}”离开队列的排队。", f"Queue entries that ended as: {en.lower()}.")


def _state(zh: str, en: str) -> Words:
    return Words(
        zh + "时长",
        f"Time {en}",
        f"座席处于“{zh}”状态的时间，在时段边界处切分。",
        f"Time for which agents were {en}, split at the borders of intervals.",
    )


WORDS: Mapping[str, Words] = {
    "offered": _w(
        "呼入量", "Offered",
        "进入队列的次数；计入进入队列的时段。",
        "Entries into the queue; each counts in the interval in which it joined.",
    ),
    "answered": _w(
        "接听量", "Answered",
        "座席与客户通话而离开队列的次数。转入的另计。",
        "Entries that ended because an agent and the customer heard each other.",
    ),
    "abandoned": _w(
        "放弃量", "Abandoned",
        "客户在排队时挂断；请求回呼、超时或溢出不算放弃。",
        "The customer hung up while waiting. A callback, a timeout or an overflow is none.",
    ),
    "short_abandons": _w(
        "短放弃", "Short abandons",
        "等待不超过短放弃阈值（进入队列时的设置，默认 5 秒）的放弃。",
        "Abandoned after at most the threshold set when they joined (5 s unless set).",
    ),
    "service_level": _w(
        "服务水平", "Service level",
        "按所选公式；默认：阈值内接听 ÷（接听 + 放弃 − 短放弃）。阈值以进入队列时为准。",
        "By the chosen formula; by default answered within the threshold / (answered + abandoned - "
        "short abandons). The threshold is the one in force when the caller joined.",
    ),
    "in_time": _w(
        "阈值内接听", "Answered in time",
        "等待不超过服务水平阈值的接听。",
        "Answered after waiting at most the service level's threshold.",
    ),
    "asa": _w(
        "平均应答速度", "ASA",
        "已接听排队的等待时间之和 ÷ 接听量。",
        "Sum of the waits of answered entries / answered.",
    ),
    "longest_wait": _w(
        "最长等待", "Longest wait",
        "时段内进入队列者的最长等待，不含丢失的通话。",
        "The longest wait of those who joined, without lost calls.",
    ),
    "average_abandon_wait": _w(
        "平均放弃等待", "Time to abandon",
        "放弃者的等待时间之和 ÷ 放弃量。",
        "Sum of the waits of abandoned entries / abandoned.",
    ),
    "answer_rate": _w("接通率", "Answer rate", "接听量 ÷ 呼入量。", "Answered / offered."),
    "abandon_rate": _w("放弃率", "Abandon rate", "放弃量 ÷ 呼入量。", "Abandoned / offered."),
    "timed_out": _exit("等待超时", "Timed out"),
    "empty": _exit("无座席", "Nobody there"),
    "key_exit": _exit("按键退出", "Left by key"),
    "withdrawn": _exit("被移出", "Withdrawn"),
    "callback": _exit("请求回呼", "Asked for a callback"),
    "overflow": _exit("溢出", "Overflow"),
    "lost": _exit("丢失", "Lost"),
    "entries_transferred": _w(
        "转入排队", "Transferred in",
        "通话之后再次进入的排队。",
        "Entries that joined after a conversation in the same contact.",
    ),
    "handled": _w(
        "处理量", "Handled",
        "至少有一段与客户的通话已结束的联系。按队列：每次排队计一次；按座席：每人每次排队计一次。",
        "Contacts in which a conversation with the customer is over: by queue once for each entry, "
        "by agent once for each agent and entry.",
    ),
    "talk": _w(
        "通话时长", "Talk",
        "与客户的通话时间，不含座席保持的时间；计入进入队列的时段。",
        "Conversation with customers without the time on hold, in the interval of the entry.",
    ),
    "hold": _w(
        "保持时长", "Hold",
        "通话中由座席话机保持的时间。",
        "Time of conversations in which the agent's telephone held the customer.",
    ),
    "wrap_up": _w(
        "话后时长", "Wrap-up",
        "话后处理时间，计入座席该次联系；未结束的不计。",
        "Wrap-up that is over, counted with the contact it was for.",
    ),
    "average_talk": _w("平均通话", "Average talk", "通话时长 ÷ 处理量。", "Talk / handled."),
    "average_hold": _w("平均保持", "Average hold", "保持时长 ÷ 处理量。", "Hold / handled."),
    "average_wrap_up": _w(
        "平均话后", "Average wrap-up", "话后时长 ÷ 处理量。", "Wrap-up / handled."
    ),
    "aht": _w(
        "平均处理时长", "AHT",
        "（通话 + 保持 + 话后）÷ 处理量。",
        "(Talk + hold + wrap-up) / handled.",
    ),
    "transfers_out": _w(
        "转出", "Transfers out",
        "座席完成的转接（盲转、咨询转）。",
        "Transfers by agents that came to something: blind, attended, blonde.",
    ),
    "transfer_rate": _w(
        "转出率", "Transfer rate", "转出 ÷ 处理量。", "Transfers out / handled."
    ),
    "transfers_in": _w(
        "转入", "Transfers in",
        "此前已由另一座席通话的联系。",
        "Contacts with which another agent had spoken before.",
    ),
    "fcr": _w(
        "首次解决率", "First-contact resolution",
        "已处理且号码已知的呼入联系中，同一号码 7 天内未再呼入的占比。最近 7 天的数值尚未定。",
        "Of handled inbound contacts with a known number, those whose number did not call in again "
        "within 7 days. Of the last 7 days it is not final yet.",
    ),
    "offers": _w(
        "振铃次数", "Offers", "向座席发起的每一次呼叫尝试。", "Attempts at an agent."
    ),
    "offers_answered": _w(
        "振铃接听", "Offers answered", "座席接听的尝试。", "Attempts that the agent answered."
    ),
    "rona": _w(
        "无应答", "RONA",
        "振铃到时而座席未接的尝试。",
        "Attempts that rang out: the agent did not answer.",
    ),
    "rona_rate": _w("无应答率", "RONA rate", "无应答 ÷ 振铃次数。", "RONA / offers."),
    "offers_rejected": _w(
        "拒接", "Rejected", "座席拒绝或占线的尝试。", "Attempts that were rejected or met a busy phone."
    ),
    "offers_failed": _w(
        "振铃失败", "Failed offers", "话机无法呼叫的尝试。", "Attempts that did not reach a telephone."
    ),
    "average_ring": _w(
        "平均振铃", "Average ring", "振铃时间 ÷ 振铃次数。", "Ringing time / offers."
    ),
    "callbacks": _w(
        "回呼请求", "Callbacks",
        "承诺的回呼，计入承诺的时段。",
        "Callbacks promised, in the interval of the promise.",
    ),
    "callbacks_reached": _w(
        "回呼成功", "Callbacks done", "其中已联系到客户的。", "Of those, in which the customer was reached."
    ),
    "callbacks_failed": _w(
        "回呼失败", "Callbacks failed", "其中尝试用尽的。", "Of those, given up after the last attempt."
    ),
    "callbacks_cancelled": _w(
        "回呼取消", "Callbacks cancelled", "其中被取消的。", "Of those, cancelled."
    ),
    "callback_attempts": _w(
        "回呼尝试", "Callback attempts", "座席拨打的回呼次数。", "Times the agent called back."
    ),
    "callbacks_spoken": _w(
        "回呼接通", "Callbacks reached", "其中接通客户的。", "Of those, in which the customer answered."
    ),
    "scores": _w("评价数", "Ratings", "客户给出的评价数。", "Ratings customers gave."),
    "satisfaction": _w(
        "满意度", "Satisfaction",
        "客户评分（1 至 5）的平均值，计入评价的时段。",
        "Mean of the customers' ratings, 1 to 5, in the interval in which they were given.",
    ),
    "handled_inbound": _w("呼入处理", "Handled inbound", "处理量中的呼入。", "Handled, inbound."),
    "handled_outbound": _w("呼出处理", "Handled outbound", "处理量中的呼出。", "Handled, outbound."),
    "consults": _w(
        "咨询次数", "Consults", "与其他座席的通话。", "Conversations with other agents."
    ),
    "consult_talk": _w(
        "咨询时长", "Consult time",
        "与其他座席通话的时间，不计入通话时长。",
        "Conversation with other agents; no part of talk.",
    ),
    "occupancy": _w(
        "占用率", "Occupancy",
        "（通话及保持 + 话后）÷（前者 + 就绪），按状态时间，在时段边界切分。",
        "(Busy + wrap-up) / (that + ready) by the agents' states, split at borders; busy is talk "
        "and hold.",
    ),
    "signed_in": _w(
        "签入时长", "Signed in",
        "除离线外所有状态的时间。",
        "Time in any state but offline.",
    ),
    "state_ready": _state("就绪", "ready"),
    "state_not_ready": _state("未就绪", "not ready"),
    "state_offered": _state("振铃", "being rung"),
    "state_busy": _state("通话中", "busy"),
    "state_wrap_up": _state("话后", "in wrap-up"),
    "recordings_scored": _w(
        "已质检录音", "Recordings scored",
        "评分已提交的录音，计入通话的时段。",
        "Recordings whose score was submitted, in the interval of the call.",
    ),
    "quality": _w("质检得分", "Quality", "已提交评分的平均值。", "Mean of the submitted scores."),
    "tickets_opened": _w(
        "新建工单", "Tickets opened", "时段内创建的工单，不含已合并的。",
        "Tickets opened in the interval, without merged ones.",
    ),
    "tickets_resolved": _w(
        "已解决工单", "Resolved", "其中现已解决的。", "Of those, resolved by now."
    ),
    "first_response": _w(
        "首次响应", "First response",
        "从创建到首次人工公开回复或接听的平均时间（自然时间）。",
        "Mean elapsed time from opening to the first public message or answered call of a person.",
    ),
    "resolution": _w(
        "解决时间", "Resolution", "从创建到解决的平均时间（自然时间）。",
        "Mean elapsed time from opening to the resolution.",
    ),
    "tickets_reopened": _w(
        "重开工单", "Reopened", "其中至少重开一次的。", "Of those, reopened at least once."
    ),
    "reopen_rate": _w(
        "重开率", "Reopen rate", "重开工单 ÷ 曾经解决的工单。", "Reopened / ever resolved."
    ),
    "respond_kept": _w(
        "响应 SLA 达成", "Response SLA kept",
        "承诺了首次响应且已响应或已到期的工单中，按时响应的占比（工作时间）。",
        "Of tickets with a promised first response that was given or is due, those in time.",
    ),
    "resolve_kept": _w(
        "解决 SLA 达成", "Resolution SLA kept",
        "承诺了解决且已解决或已到期的工单中，按时解决的占比（工作时间）。",
        "Of tickets with a promised resolution that was given or is due, those in time.",
    ),
    "ticket_satisfaction": _w(
        "工单满意度", "Satisfaction", "客户评分（1 至 5）的平均值。",
        "Mean of the customers' ratings, 1 to 5.",
    ),
}  # fmt: skip
KEYS: Mapping[str, tuple[str, str]] = {
    "queue": ("队列", "Queue"),
    "agent": ("座席", "Agent"),
    "team": ("团队", "Team"),
    "disposition": ("小结", "Disposition"),
    "category": ("类别", "Category"),
    "none": ("全部", "All"),
}
TITLES: Mapping[str, tuple[str, str]] = {
    "queues": ("队列报表", "Queues"),
    "agents": ("座席报表", "Agents"),
    "dispositions": ("小结报表", "Dispositions"),
    "tickets": ("工单报表", "Tickets"),
}
# In what a column of bare numbers is counted; counts need no word.
UNITS: Mapping[str, tuple[str, str]] = {
    "seconds": ("（秒）", " (s)"),
    "share": ("（0–1）", " (0–1)"),
    "percent": ("（%）", " (%)"),
    "score": ("（1–5）", " (1–5)"),
}
PERIOD = ("期间", "Period")
THIS, WHOLE, BEFORE = (
    ("本期", "This period"),
    ("本期合计", "Whole period"),
    ("上期", "Period before"),
)
FROM, TOTAL, NOBODY = ("开始", "From"), ("合计", "Total"), ("未分配", "None")


def title(name: str, language: str) -> str:
    words = WORDS[name]
    return words.zh if language == "zh" else words.en
