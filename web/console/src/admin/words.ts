// Rights, roles and what is audited, as texts: one table each; what is not known here is shown by its own name.
import type { Scope } from "@/api/admin";
import type { Key } from "@/i18n";

export const ROLES: Record<string, Key> = {
  administrator: "role.administrator",
  supervisor: "role.supervisor",
  agent: "role.agent",
  online_support: "role.onlineSupport",
  account_manager: "role.accountManager",
  sales_supervisor: "role.salesSupervisor",
  executive: "role.executive",
};

export const SCOPES: Record<Scope, Key> = { own: "scope.own", team: "scope.team", all: "scope.all" };

/** By what they are about, in the order of the matrix. */
export const AREAS: readonly { name: string; text: Key }[] = [
  { name: "customer", text: "area.customer" },
  { name: "ticket", text: "area.ticket" },
  { name: "interaction", text: "area.interaction" },
  { name: "call", text: "area.call" },
  { name: "recording", text: "area.recording" },
  { name: "quality", text: "area.quality" },
  { name: "report", text: "area.report" },
  { name: "agent", text: "area.agent" },
  { name: "queue", text: "area.queue" },
  { name: "other", text: "area.other" },
];

export const RIGHTS: Record<string, Key> = {
  "customer.read": "right.customerRead",
  "customer.write": "right.customerWrite",
  "customer.merge": "right.customerMerge",
  "customer.import": "right.customerImport",
  "customer.export": "right.customerExport",
  "customer.assign": "right.customerAssign",
  "crm.configure": "right.crmConfigure",
  "ticket.read": "right.ticketRead",
  "ticket.write": "right.ticketWrite",
  "ticket.assign": "right.ticketAssign",
  "ticket.resolve": "right.ticketResolve",
  "ticket.archive": "right.ticketArchive",
  "ticket.merge": "right.ticketMerge",
  "ticket.export": "right.ticketExport",
  "ticket.configure": "right.ticketConfigure",
  "interaction.read": "right.interactionRead",
  "interaction.write": "right.interactionWrite",
  "call.control": "right.callControl",
  "call.dial_abroad": "right.callDialAbroad",
  "work.handle": "right.workHandle",
  "recording.read": "right.recordingRead",
  "recording.listen": "right.recordingListen",
  "agent.state": "right.agentState",
  "agent.manage": "right.agentManage",
  "queue.manage": "right.queueManage",
  "queue.simulate": "right.queueSimulate",
  "board.read": "right.boardRead",
  "directory.read": "right.directoryRead",
  "gap.read": "right.gapRead",
  "user.manage": "right.userManage",
  "role.manage": "right.roleManage",
  "team.manage": "right.teamManage",
  "audit.read": "right.auditRead",
  "recording.control": "right.recordingControl",
  "recording.download": "right.recordingDownload",
  "recording.share": "right.recordingShare",
  "recording.delete": "right.recordingDelete",
  "recording.configure": "right.recordingConfigure",
  "person.erase": "right.personErase",
  "quality.read": "right.qualityRead",
  "quality.score": "right.qualityScore",
  "quality.configure": "right.qualityConfigure",
  "call.listen": "right.callListen",
  "call.whisper": "right.callWhisper",
  "call.barge": "right.callBarge",
  "queue.steer": "right.queueSteer",
  "report.read": "right.reportRead",
  "report.schedule": "right.reportSchedule",
  "alarm.manage": "right.alarmManage",
  "webhook.manage": "right.webhookManage",
};

export const FIELD_KINDS = {
  text: "fieldKind.text",
  number: "fieldKind.number",
  date: "fieldKind.date",
  choice: "fieldKind.choice",
  choices: "fieldKind.choices",
} as const satisfies Record<string, Key>;

export const DICTIONARIES = {
  level: "dict.level",
  type: "dict.type",
  source: "dict.source",
  pending_reason: "dict.pendingReason",
  close_reason: "dict.closeReason",
} as const satisfies Record<string, Key>;
