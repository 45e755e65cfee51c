// The closed sets of tickets as texts, icons and tones: one table each.
import type { Word } from "@/agent/words";
import type { Priority, Sharing } from "@/api/tickets";
import type { Key } from "@/i18n";
import type { IconName } from "@/ui/icons";

export const STATUSES = ["open", "new", "assigned", "in_progress", "pending", "resolved", "feedback", "archived"] as const;
export type StatusName = (typeof STATUSES)[number];
export const STATUS_TEXT: Record<StatusName, Key> = {
  open: "tk.statusOpen",
  new: "status.new",
  assigned: "status.assigned",
  in_progress: "status.inProgress",
  pending: "status.pending",
  resolved: "status.resolved",
  feedback: "status.feedback",
  archived: "status.archived",
};

export const PRIORITIES: readonly Priority[] = ["low", "normal", "high", "urgent"];
export const PRIORITY: Record<Priority, Word> = {
  low: { text: "tk.low", icon: "down", tone: "plain" },
  normal: { text: "tk.normal", icon: "ring", tone: "plain" },
  high: { text: "tk.high", icon: "up", tone: "warn" },
  urgent: { text: "tk.urgent", icon: "alarm", tone: "bad" },
};

export const SHARING: Record<Sharing, Key> = { personal: "tk.forMe", team: "tk.forTeam", shared: "tk.forAll" };

export interface StepWord {
  text: Key;
  icon: IconName;
  /** The key that does it. */
  key: string;
}
/** The steps that people take; of what the service offers, the others happen by themselves. */
export const STEPS = {
  start: { text: "tk.start", icon: "play", key: "s" },
  assign: { text: "tk.assign", icon: "person", key: "a" },
  pend: { text: "tk.pend", icon: "pause", key: "p" },
  wake: { text: "tk.wake", icon: "play", key: "w" },
  resolve: { text: "tk.resolve", icon: "check", key: "d" },
  reopen: { text: "tk.reopen", icon: "undo", key: "o" },
  archive: { text: "tk.archive", icon: "tray", key: "z" },
  merge: { text: "tk.merge", icon: "merge", key: "g" },
} as const satisfies Record<string, StepWord>;
export type StepName = keyof typeof STEPS;
export const isStep = (name: string): name is StepName => Object.hasOwn(STEPS, name);

const PROBLEMS: Record<string, Key> = {
  step_refused: "tk.stepRefused",
  read_only: "tk.readOnly",
  merge_cycle: "tk.mergeCycle",
  not_found: "error.notFound",
  conflict: "error.conflict",
  stale_version: "error.conflict",
  forbidden: "error.forbidden",
};
/** Why something was not done with a ticket, where there are words for it. */
export const problemKey = (code: string | null | undefined): Key | null => (code && Object.hasOwn(PROBLEMS, code) ? (PROBLEMS[code] as Key) : null);
