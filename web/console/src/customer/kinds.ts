// Kinds of activity as icon and word; one that is not known here is still shown, by its own name.
import type { Activity } from "@/api/types";
import type { Key } from "@/i18n";
import { eventText } from "@/ticket/steps";
import type { IconName } from "@/ui/icons";

interface Kind {
  icon: IconName;
  text: Key | null;
}

const CALLS: Record<string, Kind> = {
  inbound: { icon: "phoneIn", text: "kind.callIn" },
  outbound: { icon: "phoneOut", text: "kind.callOut" },
  internal: { icon: "phone", text: "kind.call" },
};
const KINDS: Record<string, Kind> = {
  call: { icon: "phone", text: "kind.call" },
  voicemail: { icon: "microphone", text: "kind.voicemail" },
  note: { icon: "note", text: "kind.note" },
  task: { icon: "task", text: "kind.task" },
  ticket: { icon: "ticket", text: "kind.ticket" },
  ticket_step: { icon: "ticket", text: "kind.ticketStep" },
  satisfaction: { icon: "check", text: "kind.satisfaction" },
  merge: { icon: "merge", text: "kind.merge" },
};

/** What a timeline can be narrowed down to: a word for it, and the kinds it stands for. */
export const FILTERS: readonly { name: string; text: Key; kinds: readonly string[] }[] = [
  { name: "calls", text: "kind.calls", kinds: ["call", "voicemail"] },
  { name: "notes", text: "kind.notes", kinds: ["note"] },
  { name: "tickets", text: "kind.tickets", kinds: ["ticket", "ticket_step"] },
  { name: "tasks", text: "kind.tasks", kinds: ["task"] },
  { name: "satisfaction", text: "kind.satisfaction", kinds: ["satisfaction"] },
  { name: "merges", text: "kind.merges", kinds: ["merge"] },
];

/** The kinds of the chosen filters, as the service is asked for them; none chosen is everything. */
export const kindsOf = (chosen: readonly string[]): string => FILTERS.filter(({ name }) => chosen.includes(name)).flatMap(({ kinds }) => kinds).join(",");
const RESULTS: Record<string, Key> = {
  answered: "result.answered",
  completed: "result.answered",
  abandoned: "result.missed",
  missed: "result.missed",
  no_answer: "end.noAnswer",
  timed_out: "end.noAnswer",
  busy: "end.busy",
  rejected: "end.rejected",
  cancelled: "end.cancelled",
  failed: "end.failed",
  lost: "end.lost",
  // of tasks and merges
  created: "result.created",
  done: "result.done",
  reopened: "result.reopened",
  merged: "result.merged",
  undone: "result.undone",
};
const UNANSWERED = new Set(["abandoned", "missed", "no_answer", "timed_out", "cancelled"]);

interface Happened {
  kind: string;
  direction?: string | null;
  result?: string | null;
}

export function kindOf(activity: Happened): Kind {
  if (activity.kind !== "call") return KINDS[activity.kind] ?? { icon: "dot", text: null };
  const kind = CALLS[activity.direction ?? ""] ?? { icon: "phone", text: "kind.call" };
  return isUnanswered(activity.result) ? { ...kind, icon: "phoneMissed" } : kind;
}

/** How it went, in words, where there are some; of a step of a ticket, which it was. */
export function resultText({ kind, result }: Pick<Happened, "kind" | "result">): Key | null {
  if (!result) return null;
  return kind === "ticket_step" ? eventText(result) : (RESULTS[result] ?? null);
}
export const isUnanswered = (result: string | null | undefined) => UNANSWERED.has(result ?? "");

/** The ticket that a line of the timeline speaks of. Pure. */
export function ticketOf({ data }: Pick<Activity, "data">): number | null {
  const ticket = (data as Record<string, unknown> | null)?.ticket;
  return typeof ticket === "number" ? ticket : null;
}
