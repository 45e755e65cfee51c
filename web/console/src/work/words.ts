// The service's codes for what is owed to callers as texts, marks and ages; pure.
import type { CallbackItem, WorkItem } from "@/api/types";
import type { Key } from "@/i18n";
import type { IconName } from "@/ui/icons";
import type { Tone } from "@/ui/Mark.vue";

interface Sign {
  text: Key;
  icon: IconName;
  tone: Tone;
}

export const KINDS: Record<WorkItem["kind"], Sign> = {
  abandoned: { text: "missed.abandoned", icon: "phoneMissed", tone: "plain" },
  unanswered: { text: "missed.unanswered", icon: "phoneMissed", tone: "warn" },
  voicemail: { text: "missed.voicemail", icon: "sound", tone: "accent" },
};

/** What people say when they have taken care of it, in the order of the menu. */
export const REASONS = {
  called_back: "missed.reasonCalledBack",
  not_reached: "missed.reasonNotReached",
  not_needed: "missed.reasonNotNeeded",
  wrong_number: "missed.reasonWrongNumber",
  other: "missed.reasonOther",
} as const satisfies Record<string, Key>;

const ALL_REASONS: Record<string, Key> = { ...REASONS, answered: "missed.reasonAnswered" };
export const reasonKey = (reason: string): Key | null => (Object.hasOwn(ALL_REASONS, reason) ? (ALL_REASONS[reason] ?? null) : null);

export const CALLBACK_STATES: Record<CallbackItem["state"], Sign> = {
  waiting: { text: "callback.waiting", icon: "clock", tone: "plain" },
  offered: { text: "callback.offered", icon: "ringing", tone: "accent" },
  dialling: { text: "callback.dialling", icon: "phoneOut", tone: "accent" },
  done: { text: "callback.done", icon: "done", tone: "good" },
  failed: { text: "callback.failed", icon: "warning", tone: "bad" },
  cancelled: { text: "callback.cancelled", icon: "close", tone: "plain" },
};

const RESULTS: Record<string, Key> = {
  answered: "callback.resultAnswered",
  busy: "callback.resultBusy",
  no_answer: "callback.resultNoAnswer",
  agent_no_answer: "callback.resultAgentAway",
  cancelled: "callback.cancelled",
  lost: "callback.resultLost",
};
/** What went wrong otherwise is the telephone system's affair: said as one thing. */
export const resultKey = (result: string): Key => (Object.hasOwn(RESULTS, result) && RESULTS[result]) || "callback.resultFailed";

const OVER = new Set(["done", "failed", "cancelled"]);
export const isOver = (state: string) => OVER.has(state);

const LATE = 15 * 60; // seconds
const TOO_LATE = 60 * 60;

/** How pressing it is that somebody has waited so long. */
export function ageTone(since: number, now: number): Tone {
  const age = now - since;
  if (age >= TOO_LATE) return "bad";
  return age >= LATE ? "warn" : "plain";
}
