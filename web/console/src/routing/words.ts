// The service's codes as texts, and which fields go with them; pure.
import type { MenuStep, Refusal, RuleKind, Strategy, Week } from "@/api/setup";
import type { Key } from "@/i18n";

export const STRATEGIES: Record<Strategy, Key> = {
  longest_idle: "strategy.longestIdle",
  least_recent: "strategy.leastRecent",
  fewest_calls: "strategy.fewestCalls",
  best_skill: "strategy.bestSkill",
  round_robin: "strategy.roundRobin",
  ordered: "strategy.ordered",
};

export const STEP_KINDS: Record<MenuStep["kind"], Key> = {
  queue: "stepKind.queue",
  menu: "stepKind.menu",
  repeat: "stepKind.repeat",
  number: "stepKind.number",
  voicemail: "stepKind.voicemail",
  message: "stepKind.message",
  callback: "stepKind.callback",
  hangup: "stepKind.hangup",
};

interface Target {
  label: Key;
  from: "house" | "prompts" | "number";
  required: boolean;
}
/** What a kind of step needs besides; null: nothing. */
export const TARGETS: Record<MenuStep["kind"], Target | null> = {
  queue: { label: "routing.queue", from: "house", required: true },
  menu: { label: "routing.menu", from: "house", required: true },
  repeat: null,
  number: { label: "routing.phoneNumber", from: "number", required: true },
  voicemail: { label: "routing.greeting", from: "prompts", required: false },
  message: { label: "routing.prompt", from: "prompts", required: true },
  callback: { label: "routing.callbackQueue", from: "house", required: false },
  hangup: null,
};

/** Name and what it does, in the order that rules usually have. */
export const RULES: Record<RuleKind, readonly [Key, Key]> = {
  block_list: ["step.blockList", "rule.blockList"],
  calendar: ["step.calendar", "rule.calendar"],
  direct_agent: ["step.directAgent", "rule.directAgent"],
  account_number: ["step.accountNumber", "rule.accountNumber"],
  customer_level: ["step.customerLevel", "rule.customerLevel"],
  language: ["step.language", "rule.language"],
  ticket_owner: ["step.ticketOwner", "rule.ticketOwner"],
  account_manager: ["step.accountManager", "rule.accountManager"],
  last_agent: ["step.lastAgent", "rule.lastAgent"],
  announcement: ["step.announcement", "rule.announcement"],
};

export const REFUSALS: Record<Refusal, Key> = { reject: "refusal.reject", busy: "refusal.busy", dead_air: "refusal.deadAir" };

export const DAYS: Record<keyof Week, Key> = {
  monday: "day.monday",
  tuesday: "day.tuesday",
  wednesday: "day.wednesday",
  thursday: "day.thursday",
  friday: "day.friday",
  saturday: "day.saturday",
  sunday: "day.sunday",
};

export const CLOSED: Record<string, Key> = { holiday: "calendar.holiday", special_day: "calendar.specialDay", outside_hours: "calendar.outsideHours" };

export const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "*", "#"] as const;
export const keyOptions = KEYS.map((value) => ({ value: value as string, text: value as string }));

/** As the service takes names: letters of any language, digits, `_`, `.` and `-`. */
export const NAME_FORM = "[\\p{L}\\p{N}_.\\-]+";
