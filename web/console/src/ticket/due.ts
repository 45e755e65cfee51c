// How much time a promise leaves, as word, icon and tone; pure.
import type { TicketLine } from "@/api/tickets";
import type { Key } from "@/i18n";
import type { IconName } from "@/ui/icons";
import type { Tone } from "@/ui/Mark.vue";

const SOON = 3600; // s

export interface Due {
  at: number;
  text: Key;
  icon: IconName;
  tone: Tone;
}

const OVER = new Set(["resolved", "feedback", "archived"]);

export const isOver = (status: string): boolean => OVER.has(status);

/** One promise: broken, soon broken, or with time left. */
export function dueOf(at: number, now: number): Due {
  if (at < now) return { at, text: "due.overdue", icon: "alarm", tone: "bad" };
  return { at, text: "due.in", icon: "clock", tone: at - now < SOON ? "warn" : "plain" };
}

/** What counts for a ticket in a list: the soonest promise, else when it wakes. */
export function dueOfRow(row: Pick<TicketLine, "due" | "status" | "wake_at">, now: number): Due | null {
  if (isOver(row.status)) return null;
  if (row.due !== null) return dueOf(row.due, now);
  return row.status === "pending" && row.wake_at !== null ? { at: row.wake_at, text: "due.wakes", icon: "pause", tone: "plain" } : null;
}
