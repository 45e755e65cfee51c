"""What each kind of message is about, in both languages: pages and documentation offer it."""

from __future__ import annotations

from collections.abc import Mapping

# name → (Chinese, English)
WORDS: Mapping[str, tuple[str, str]] = {
    "call.started": ("来电或去电开始", "A call begins"),
    "call.changed": ("通话信息有更新", "More is known of a call"),
    "call.merged": ("两段通话其实是一段", "Two calls turn out to be one"),
    "call.ended": ("通话结束", "A call is over"),
    "call.queued": ("进入队列等待", "A caller waits in a queue"),
    "call.left_queue": ("离开队列", "A caller no longer waits"),
    "call.offered": ("话机振铃", "A telephone rings"),
    "call.offer_ended": ("振铃结束", "A telephone no longer rings"),
    "call.routed": ("分配依据", "Why a call went where it went"),
    "call.talk_started": ("双方开始通话", "Two parties begin to talk"),
    "call.talk_ended": ("双方通话结束", "Two parties no longer talk"),
    "call.held": ("通话保持", "A call is put on hold"),
    "call.resumed": ("取消保持", "A call is taken back from hold"),
    "call.transferred": ("转接、前转或代接", "A transfer, forward or pickup"),
    "call.identified": ("查到来电客户", "It is known who is calling"),
    "call.logged": ("通话已记入客户时间线", "A call is in a customer's timeline"),
    "recording.ready": ("录音可以收听", "A recording can be listened to"),
    "recording.changed": ("录音暂停、恢复或停止", "A recording is paused or goes on"),
    "voicemail.left": ("收到语音留言", "A caller left a message"),
    "callback.requested": ("客户要求回拨", "A caller wants to be called"),
    "satisfaction.given": ("客户评分", "A caller said how it was"),
    "call.steered": ("班长调度了等待中的来电", "A supervisor moved a waiting call"),
    "alarm.changed": ("看板告警有变化", "An alarm of the board"),
    "agent.changed": ("坐席状态变化", "An agent's state"),
    "work.changed": ("未接来电或回拨有变化", "A missed call or a callback"),
    "ticket.changed": ("工单有变化", "A ticket was opened or changed"),
    "queue.member_changed": ("交换机队列成员变化", "A member of a queue of the PBX"),
    "pbx.lost": ("与交换机的连接断开", "The PBX is no longer heard"),
    "pbx.restored": ("与交换机的连接恢复", "The PBX is heard again"),
}
